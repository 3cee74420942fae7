"""The laws of the house that a reader of one file cannot see, checked over the whole tree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*sorted((ROOT / "dpa").rglob("*.py")), ROOT / "app.py"]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# A program for readers who have nothing of ours: one file by promise, so it is long and reads the time itself.
STANDS_ALONE = "dpa/evidence/trail/offline/verify_trail.py"
MAX_FILE = 400
MAX_FUNCTION = 40


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def calls(path: Path) -> list[tuple[int, str]]:
    """Every call in a file as (line, dotted name)."""
    tree = ast.parse(path.read_text("utf-8"))
    return [(node.lineno, ast.unparse(node.func)) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def test_only_the_unit_commits() -> None:
    found = [
        f"{relative(path)}:{line}"
        for path in SOURCES
        if relative(path) != "dpa/unit.py"
        for line, name in calls(path)
        if name.endswith(".commit")
    ]
    assert not found, f"only dpa/unit.py may commit: {found}"


def test_only_the_clock_reads_the_time() -> None:
    forbidden = re.compile(r"(^|\.)(utcnow|today)$|^(datetime\.)?datetime\.now$|^time\.(time|time_ns|monotonic|localtime|gmtime)$")
    found = [
        f"{relative(path)}:{line} {name}"
        for path in SOURCES
        if relative(path) not in {"dpa/clock.py", STANDS_ALONE}
        for line, name in calls(path)
        if forbidden.search(name)
    ]
    assert not found, f"only dpa/clock.py may read the time: {found}"


def test_files_and_functions_stay_small() -> None:
    long_files = [
        f"{relative(path)} {n}"
        for path in SOURCES
        if (n := len(path.read_text("utf-8").splitlines())) > MAX_FILE and relative(path) != STANDS_ALONE
    ]
    long_functions = [
        f"{relative(path)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION
    ]
    assert not long_files
    assert not long_functions


def test_every_package_states_its_duty() -> None:
    silent = [relative(path) for path in SOURCES if path.name == "__init__.py" and not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert not silent


@pytest.mark.parametrize("template", TEMPLATES, ids=relative)
def test_templates_hold_no_inline_script_or_style(template: Path) -> None:
    text = template.read_text("utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "inline script: the content security policy forbids it"
    assert not re.search(r"<style|\sstyle\s*=", text), "inline style: the content security policy forbids it"
    assert not re.search(r"\son[a-z]+\s*=|hx-on|javascript:", text), "inline handler: the content security policy forbids it"
    assert not re.search(r"\|\s*safe\b", text), "a template may not switch escaping off"


@pytest.mark.parametrize("template", [t for t in TEMPLATES if "emails" not in t.parts and "components" not in t.parts and "layouts" not in t.parts], ids=relative)
def test_every_page_has_a_title(template: Path) -> None:
    text = template.read_text("utf-8")
    if "{% extends" in text:
        assert re.search(r"{% block title %}.*\S.*{% endblock", text), "a page needs a title"


PURE = [
    "dpa.deadlines",
    "dpa.agreements.terms",
    "dpa.alerts.ladder",
    "dpa.people.roles",
    "dpa.evidence.trail.tree",
    "dpa.evidence.trail.notes",
    "dpa.evidence.trail.rules",
    "dpa.docket.rules",
    "dpa.breaches.rules",
    "dpa.breaches.facts",
    "dpa.evidence.pdf",
    "dpa.evidence.verification.judging",
]


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_load_without_web_and_database(module: str) -> None:
    code = (
        f"import sys, {module}\n"
        "bad = sorted({m.split('.')[0] for m in sys.modules} & {'flask', 'sqlalchemy', 'werkzeug', 'wtforms'})\n"
        "sys.exit(', '.join(bad) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{module} loads {result.stderr.strip()}"


def test_import_contracts_hold() -> None:
    result = subprocess.run([Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_nothing_names_a_download_host_or_the_builders_machine() -> None:
    words = re.compile(r"--index-url|--extra-index-url|registry\.npmjs|files\.pythonhosted|/work/|\.library/")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    found = [
        name
        for name in tracked
        if name != "tests/architecture/test_house.py"
        and (ROOT / name).is_file()
        and (ROOT / name).suffix in {".py", ".md", ".txt", ".toml", ".html", ".lock", ".json", ".in", ".css", ".js", ""}
        and words.search((ROOT / name).read_text("utf-8", errors="ignore"))
    ]
    assert not found
