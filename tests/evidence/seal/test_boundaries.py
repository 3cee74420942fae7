"""Who may know the libraries of seals, and that the pages start without them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
IMPORT = re.compile(r"^\s*(?:from|import)\s+(pyhanko|pyhanko_certvalidator|pkcs11)\b", re.MULTILINE)


def test_only_seals_and_their_verification_know_pyhanko() -> None:
    found = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "dpa").rglob("*.py")) if IMPORT.search(path.read_text("utf-8"))]
    assert found
    assert [path for path in found if not path.startswith(("dpa/evidence/seal/", "dpa/evidence/verification/"))] == []


def test_pages_start_without_the_libraries_of_seals() -> None:
    code = (
        "import sys, dpa.slices, dpa.factory, dpa.evidence.seal.jobs, dpa.evidence.seal.queries, dpa.evidence.seal.rules, dpa.evidence.seal.stamping\n"
        "sys.exit(', '.join(sorted({m.split('.')[0] for m in sys.modules} & {'pyhanko', 'pkcs11', 'asn1crypto', 'aiohttp'})) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_signing_knows_no_database_and_no_web() -> None:
    code = (
        "import sys, dpa.evidence.seal.sealing, dpa.evidence.seal.tokens, dpa.evidence.seal.certificates, dpa.evidence.seal.recipe, dpa.evidence.seal.keyfiles\n"
        "sys.exit(', '.join(sorted({m.split('.')[0] for m in sys.modules} & {'flask', 'sqlalchemy', 'werkzeug'})) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
