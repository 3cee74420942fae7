"""The engine is pure, and alone in knowing its libraries; there is no way for text to become markup."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "dpa" / "evidence" / "pdf"
IMPORT = re.compile(r"^\s*(?:from|import)\s+(reportlab|pikepdf)\b", re.MULTILINE)


def test_only_this_package_knows_reportlab_and_pikepdf() -> None:
    found = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "dpa").rglob("*.py")) if IMPORT.search(path.read_text("utf-8"))]
    outside = [path for path in found if not path.startswith("dpa/evidence/pdf/")]
    assert found
    assert not outside


def test_no_markup_parser_is_used() -> None:
    for path in sorted(PACKAGE.glob("*.py")):
        assert not re.search(r"platypus|Paragraph\(|paraparser|drawString\(|linkURL|linkRect", path.read_text("utf-8")), path.name


def test_the_engine_loads_without_web_database_and_clock() -> None:
    code = (
        "import sys, dpa.evidence.pdf\n"
        "bad = sorted(m for m in sys.modules if m.split('.')[0] in {'flask', 'sqlalchemy', 'werkzeug', 'pyhanko'} or m in {'dpa.clock', 'dpa.unit', 'dpa.database'}\n"
        "             or m.startswith('reportlab.platypus'))\n"
        "sys.exit(', '.join(bad) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
