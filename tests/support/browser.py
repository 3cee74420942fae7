"""Headless Chromium for tests: the system's browser, a server for the application, axe, and the security policy.

Use pytest-playwright's own fixtures (`page`, `context`, `browser`) and mark the tests with `browser`.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import Any, Self

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOUR_RULES = ("color-contrast", "link-in-text-block")
"""The rules of axe, within the tags above, that read colours."""
RUN_AXE = """async ([tags, rules]) => {
    const wanted = rules === null ? null : axe.getRules(tags).map(rule => rule.ruleId).filter(rule => rules.includes(rule));
    if (wanted !== null && wanted.length === 0) return [];
    const runOnly = wanted === null ? {type: 'tag', values: tags} : {type: 'rule', values: wanted};
    const {violations} = await axe.run({runOnly, resultTypes: ['violations']});
    return violations.flatMap(rule => rule.nodes.map(node => [rule.id, rule.impact, rule.help, node.target, node.failureSummary || '']));
}"""
SHOWN = """() => document.body.outerHTML + Array.from(document.querySelectorAll('body *'), element => {
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    return [box.x, box.y, box.width, box.height, element.checkVisibility(), style.visibility, style.opacity, style.overflow, style.pointerEvents].join();
}).join(';')"""
"""Everything that is on the page, whether it is seen, and where; without colours."""
THEMES = ("light", "dark")


def executable() -> str | None:
    """Return the browser to use: the one CHROMIUM names, else the first on the path."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return chosen
    return next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)


@functools.cache
def version() -> str:
    """Return name and main version of the browser, such as `Chromium 156`."""
    path = executable()
    if path is None:
        return "no Chromium"
    words = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=30).stdout.split()
    number = next((word for word in words if word[:1].isdigit()), "of unknown version")
    return f"Chromium {number.partition('.')[0]}"


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Launch the system's Chromium, quiet towards the network; skips with the reason when there is none."""
    path = executable()
    if path is None:
        pytest.skip("no Chromium here: install the package chromium or name a browser in CHROMIUM")
    return {"executable_path": path, "args": list(ARGUMENTS)}


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  the base class names it so
        """Keep the test's output free of one line per request."""


class LiveServer:
    """A WSGI application behind a real port of this machine, each request in a thread. Use it with `with`."""

    def __init__(self, application: Any, port: int = 0) -> None:
        self._server = make_server("127.0.0.1", port, application, threaded=True, request_handler=_Quiet)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        """Address without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def live_server() -> Iterator[Callable[[Any], LiveServer]]:
    """Serve an application for the length of a test: `url = live_server(app).url`."""
    running: list[LiveServer] = []

    def serve(application: Any) -> LiveServer:
        server = LiveServer(application)
        running.append(server)
        return server.__enter__()

    yield serve
    for server in running:
        server.__exit__()


def axe_violations(page: Any, tags: tuple[str, ...] = AXE_TAGS, *, colours_only: bool = False) -> list[str]:
    """Return what axe finds on the page as it stands, one line per element; `colours_only` asks what depends on colours."""
    if not page.evaluate("() => 'axe' in window"):
        from axe_playwright_python.base import AXE_SCRIPT

        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(RUN_AXE, [list(tags), list(COLOUR_RULES) if colours_only else None])
    return [f"{rule} ({impact}): {said}: {' '.join(map(str, target))}: {' '.join(summary.split())}" for rule, impact, said, target, summary in found]


def check_axe(page: Any, *, themes: tuple[str, ...] = THEMES, tags: tuple[str, ...] = AXE_TAGS) -> None:
    """Fail when axe finds anything on the page, in light or in dark, WCAG 2.2 AA and best practice.

    A theme that shows the same elements in the same places as the one before can differ in colours alone, so then only the rules
    about colours are asked again; whether it does is looked at each time.
    """
    before = page.evaluate("() => ['data-theme', 'data-bs-theme'].map(name => document.documentElement.getAttribute(name))")
    found: list[str] = []
    shown = None
    for theme in themes:
        # Colours that are still fading would be measured half-way.
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        _set_theme(page, [theme, theme])
        shows = page.evaluate(SHOWN)
        found += [f"[{theme}] {line}" for line in axe_violations(page, tags, colours_only=shows == shown)]
        shown = shows
    page.emulate_media(color_scheme="null", reduced_motion="null")
    _set_theme(page, before)
    assert not found, f"axe found on {page.url}:\n" + "\n".join(found)


def _set_theme(page: Any, values: list[str | None]) -> None:
    page.evaluate(
        """values => ['data-theme', 'data-bs-theme'].forEach((name, i) => values[i] === null
            ? document.documentElement.removeAttribute(name) : document.documentElement.setAttribute(name, values[i]))""",
        values,
    )


class Complaints(list[str]):
    """What the browser complained about while a page was used."""

    def check(self) -> None:
        """Fail when there was any complaint."""
        assert not self, "the browser complained:\n" + "\n".join(self)


def watch_csp(page: Any) -> Complaints:
    """Collect violations of the content security policy and script errors, from now on; end with `.check()`."""
    complaints = Complaints()

    def heard(message: Any) -> None:
        if "content security policy" in message.text.lower() or "content-security-policy" in message.text.lower():
            complaints.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
    return complaints
