"""The commands: they explain themselves, install only what is pinned, and say in one sentence what a machine lacks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.databases import ROOT

LOCKS = ("runtime", "all", "uv")
PIN = re.compile(r"^([a-z0-9._-]+)(\[[a-z,]+\])?==([^\s;\\]+)", re.MULTILINE)
SHELL = shutil.which("sh") or "/bin/sh"

# Stand-ins for Python: one that is too old, one without the venv module, one that makes a venv of stand-ins.
TOO_OLD = "exit 1\n"
NO_VENV = 'case "$2" in *version_info*) exit 0;; *) exit 1;; esac\n'
FAKE = """
case "$*" in
    *"-m venv"*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; [ -z "${NO_UV:-}" ] && cp "$0" "$3/bin/uv" ;;
    *"-m pip"* | "pip "*) echo "$(basename "$0") $*" >> "$CALLS"; case "$*" in *uv.txt*) exit "${NO_UV:-0}";; esac ;;
    --version) echo "uv $UV_PIN (stand-in)" ;;
    "- "*) cat > /dev/null; echo "link" >> "$CALLS" ;;
esac
exit 0
"""


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{SHELL}\n{body}")
    path.chmod(0o755)
    return path


class Checkout:
    """A copy of the scripts and requirements, with a stand-in for Python."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a checkout"  # Spaces in a path must not matter.
        for part in ("scripts", "requirements"):
            shutil.copytree(ROOT / part, self.folder / part)
        shutil.copy(ROOT / "Makefile", self.folder)
        self.calls = folder / "calls"
        self.surroundings = {"UV_PIN": pins("uv")["uv"], "CALLS": str(self.calls)}

    def prepare(self, want: str, python: str = FAKE, **surroundings: str) -> subprocess.CompletedProcess[str]:
        fake = script(self.folder.parent / "fake-python", python)
        environment = {"PATH": os.environ["PATH"], "PYTHON": str(fake)} | self.surroundings | surroundings
        self.calls.write_text("")
        return subprocess.run(["scripts/prepare", want], cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def called(self) -> list[str]:
        return self.calls.read_text().splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def pins(name: str) -> dict[str, str]:
    return {package: version for package, _, version in PIN.findall((ROOT / "requirements" / f"{name}.txt").read_text("utf-8"))}


def test_help_tells_of_every_command() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", text, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    told = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert phony is not None
    assert targets == set(phony[1].split()) == set(re.findall(r"^  make ([a-z]+) +\w", told, re.MULTILINE))
    assert {"help", "setup", "run", "test", "lint", "bench"} <= targets


@pytest.mark.parametrize(("python", "sentence"), [
    (TOO_OLD, "DPA Desk needs Python 3.11 or newer; on Debian or Ubuntu, install it with: apt-get install python3 python3-venv\n"),
    (NO_VENV, "Python's venv module is missing here; on Debian or Ubuntu, install it with: apt-get install python3-venv\n"),
])  # fmt: skip
def test_what_python_lacks_is_said_in_one_sentence(checkout: Checkout, python: str, sentence: str) -> None:
    done = checkout.prepare("runtime", python)
    assert (done.returncode, done.stderr, done.stdout) == (2, sentence, "")
    assert not (checkout.folder / ".venv").exists()


def test_make_itself_ends_with_2_then(checkout: Checkout) -> None:
    fake = script(checkout.folder.parent / "fake-python", NO_VENV)
    done = subprocess.run(["make", "run"], cwd=checkout.folder, env=os.environ | {"PYTHON": str(fake)}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("Python's venv module is missing here")


@pytest.mark.parametrize("want", ["runtime", "all"])
def test_set_up_installs_the_lock_once(checkout: Checkout, want: str) -> None:
    done = checkout.prepare(want)
    assert done.returncode == 0, done.stderr
    [sync, link] = checkout.called()
    assert sync == f"uv pip sync --quiet --python .venv/bin/python --require-hashes requirements/{want}.txt"
    assert link == "link"
    assert checkout.prepare(want).returncode == 0
    assert checkout.called() == []


def test_running_after_testing_keeps_everything(checkout: Checkout) -> None:
    checkout.prepare("runtime")
    checkout.prepare("all")
    assert checkout.prepare("runtime").returncode == 0
    assert checkout.called() == []
    with (checkout.folder / "requirements" / "all.txt").open("a") as lock:
        lock.write("# changed\n")
    checkout.prepare("runtime")
    assert "requirements/all.txt" in checkout.called()[0]


def test_a_changed_lock_and_a_moved_folder_are_noticed(checkout: Checkout) -> None:
    checkout.prepare("runtime")
    with (checkout.folder / "requirements" / "runtime.txt").open("a") as lock:
        lock.write("# changed\n")
    checkout.prepare("runtime")
    assert "pip sync" in checkout.called()[0]
    checkout.folder = checkout.folder.rename(checkout.folder.with_name("elsewhere"))
    done = checkout.prepare("runtime")
    assert "Making .venv" in done.stderr
    assert "pip sync" in checkout.called()[0]


def test_without_uv_pip_installs_with_hashes(checkout: Checkout) -> None:
    done = checkout.prepare("runtime", NO_UV="1")
    assert done.returncode == 0, done.stderr
    assert [call for call in checkout.called() if "pip" in call] == [
        "python -m pip install --quiet --only-binary :all: --require-hashes -r requirements/uv.txt",
        "python -m pip install --quiet --require-hashes -r requirements/runtime.txt",
    ]


def test_a_failed_installation_says_what_to_do_and_is_tried_again(checkout: Checkout) -> None:
    failing = FAKE.replace('exit "${NO_UV:-0}";;', 'exit "${NO_UV:-0}";; *sync*) exit 1;;')
    done = checkout.prepare("runtime", failing)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("The packages could not be installed (see above); check that a package index can be reached")
    assert not (checkout.folder / ".venv" / ".dpa-runtime").exists()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_and_hashes_everything_and_names_no_host(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#")))
    assert entries
    for entry in entries:
        assert PIN.match(entry), entry[:60]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:60]
    assert not re.search(r"://|index-url|find-links|trusted-host|@ ", text)


def test_the_locks_follow_what_was_asked_for() -> None:
    for name, needs in (("runtime", ("runtime",)), ("all", ("runtime", "all"))):
        locked = pins(name)
        for source in needs:
            for package, _, version in PIN.findall((ROOT / "requirements" / f"{source}.in").read_text("utf-8")):
                assert locked[package] == version, f"{package} in {name}.txt; run make lock"
    assert pins("runtime").items() <= pins("all").items()


def test_no_file_of_another_installer_is_kept() -> None:
    """Their locks name the hosts they were made with."""
    assert not [name for name in ("uv.lock", "poetry.lock", "Pipfile.lock", "package-lock.json") if (ROOT / name).exists()]


class Machine:
    """A machine with hardly any commands, on which .ci/run can be watched."""

    def __init__(self, folder: Path) -> None:
        self.bin, self.calls = folder / "bin", folder / "calls"
        self.bin.mkdir()
        for name in ("dirname", "env"):
            (self.bin / name).symlink_to(shutil.which(name) or f"/usr/bin/{name}")
        script(self.bin / "id", "echo 0\n")
        script(self.bin / "apt-get", 'echo "apt-get $*" >> "$CALLS"\n')
        self.provide("make")

    def provide(self, name: str, body: str = 'echo "make $* CI=$CI" >> "$CALLS"; exit "${RESULT:-0}"\n') -> None:
        script(self.bin / name, body)

    def run(self, **surroundings: str) -> tuple[int, list[str]]:
        # No home, so no Python of a version manager either.
        environment = {"PATH": str(self.bin), "CALLS": str(self.calls), "PYENV_ROOT": str(self.bin)} | surroundings
        done = subprocess.run([shutil.which("bash") or "bash", str(ROOT / ".ci" / "run")], env=environment, capture_output=True, check=False)
        return done.returncode, self.calls.read_text().splitlines()


def test_ci_installs_what_is_missing_then_tests(tmp_path: Path) -> None:
    code, calls = Machine(tmp_path).run(JAVA_JARS=str(tmp_path))
    assert code == 0
    assert calls == [
        "apt-get update -q",
        "apt-get install -q -y --no-install-recommends python3 python3-venv chromium default-jre-headless libjaxb-java openssl poppler-utils libnss3-tools softhsm2 pypy3",
        "make test CI=true",
    ]


def test_ci_installs_nothing_on_a_machine_that_has_it_and_hands_the_result_on(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.provide("python3", "echo 3 12\n")
    machine.provide("pypy3", "echo 3 9\n")
    for name in ("chromium", "java", "openssl", "pdfsig", "certutil", "softhsm2-util"):
        machine.provide(name, "exit 0\n")
    (tmp_path / "jaxb-runtime.jar").touch()
    assert machine.run(RESULT="1", JAVA_JARS=str(tmp_path)) == (1, ["make test CI=true"])


def test_benchmarks_are_found_and_a_wrong_name_is_refused() -> None:
    done = subprocess.run([sys.executable, "-m", "bench", "no-such"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert re.fullmatch(r"There is no benchmark no-such; there are: [a-z_, ]*deadlines[a-z_, ]*\.\n", done.stderr)
