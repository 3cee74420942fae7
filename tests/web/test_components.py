"""The components on sample pages: sound HTML without inline code, colours that can be read, and a look by axe in a browser."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from functools import cache, partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from dpa.web import icons, words
from dpa.web.assets import STATIC
from tests.web import preview
from tests.web.test_filters import DUE

TEMPLATES = preview.ROOT / "templates"
COMPONENTS = sorted((TEMPLATES / "components").glob("*.html"))
OURS = [*COMPONENTS, *sorted((TEMPLATES / "layouts").glob("*.html"))]
CASES = [(page, theme) for page in preview.PAGES for theme in preview.THEMES]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")

rendered = cache(preview.render)


def in_browser(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a browser test; a plug-in of the browser fixtures still declares one in a way that pytest 10 will refuse."""
    old = pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods:pytest.PytestRemovedIn10Warning")
    return pytest.mark.browser(old(test))


class Outline(HTMLParser):
    """What a page consists of: every tag with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"<{tag}> repeats an attribute"
        self.tags.append((tag, dict(attrs)))

    def values(self, attribute: str) -> list[str]:
        return [attrs[attribute] or "" for _, attrs in self.tags if attribute in attrs]


@pytest.mark.parametrize(("page", "theme"), CASES)
def test_pages_are_sound(page: str, theme: str) -> None:
    outline = Outline(rendered(page, theme))
    ids = outline.values("id")
    assert len(ids) == len(set(ids)), "an id occurs twice"
    assert [tag for tag, _ in outline.tags].count("h1") == 1
    for attribute in ("for", "aria-describedby", "aria-labelledby", "popovertarget"):
        for value in outline.values(attribute):
            assert set(value.split()) <= set(ids), f"{attribute}={value!r} leads nowhere"
    for link in outline.values("href"):
        assert not re.fullmatch(r"#[a-z][a-z0-9_-]*", link) or link[1:] in ids or link == "#index", link
    assert all("action" in attrs for tag, attrs in outline.tags if tag == "form")


@pytest.mark.parametrize(("page", "theme"), CASES)
def test_pages_hold_no_inline_code(page: str, theme: str) -> None:
    for tag, attrs in Outline(rendered(page, theme)).tags:
        assert tag != "style", "styles live in files"
        assert tag != "script" or "src" in attrs
        assert not [name for name in attrs if name == "style" or name.startswith(("on", "hx-on"))]


def test_every_form_that_changes_something_carries_the_token() -> None:
    for page in preview.PAGES:
        for form in re.findall(r"<form\b.*?</form>", rendered(page, "light"), re.DOTALL):
            assert ('method="post"' in form) == ('name="csrf_token"' in form), form[:120]


def test_what_people_type_is_escaped() -> None:
    env = preview.environment()
    page = env.from_string('{% from "components/badge.html" import badge %}{{ badge(word) }}{% from "components/copy.html" import code %}{{ code(word) }}')
    assert "<img" not in page.render(word='"><img src=x>')


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.name)
def test_each_component_explains_its_macros(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    comments = " ".join(re.findall(r"\{#(.*?)#\}", text, re.DOTALL))
    inner = {"notes", "described", "control", "option_list", "due_date", "step_list"}
    for macro in set(re.findall(r"\{% macro (\w+)\(", text)) - inner:
        assert f"{macro}(" in comments, f"{macro} is not described on top of {path.name}"


def test_icons_named_in_templates_exist() -> None:
    named = {name for path in TEMPLATES.rglob("*.html") for name in re.findall(r"""\bicon\(\s*['"]([a-z0-9-]+)['"]""", path.read_text(encoding="utf-8"))}
    assert named
    assert named <= set(icons.names())


def test_macros_that_templates_import_exist() -> None:
    for path in TEMPLATES.rglob("*.html"):
        for source, macros in re.findall(r'{%-?\s*from "(components/[^"]+)" import ([^%]+?)-?%}', path.read_text(encoding="utf-8")):
            defined = set(re.findall(r"\{%-? (?:macro|set) (\w+)", (TEMPLATES / source).read_text(encoding="utf-8")))
            wanted = {word.strip().split(" as ")[0].removesuffix(" with context") for word in macros.split(",")}
            assert wanted <= defined, f"{path.relative_to(TEMPLATES)} imports what {source} does not have"


def _tokens() -> dict[str, tuple[str, str]]:
    pairs = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", (STATIC / "css/tokens.css").read_text(encoding="utf-8"))
    return {name: (light, dark) for name, light, dark in pairs}


def _contrast(first: str, second: str) -> float:
    """WCAG 2.2 contrast ratio of two colours."""
    def luminance(colour: str) -> float:
        parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TINTS = ("late", "soon", "running", "met", "off")
PAIRS = [*((tint, f"{tint}-ground") for tint in TINTS), *((tint, "card") for tint in TINTS), *((tint, "ground") for tint in TINTS),
         *((text, back) for text in ("ink", "muted", "accent") for back in ("card", "ground", "hover")), ("muted", "off-ground"),
         ("on-accent", "accent"), ("on-accent", "accent-strong"), ("accent", "accent-ground")]


@pytest.mark.parametrize(("text", "back"), PAIRS)
def test_colours_can_be_read_in_both_themes(text: str, back: str) -> None:
    tokens = _tokens()
    for theme in (0, 1):
        assert _contrast(tokens[text][theme], tokens[back][theme]) >= 4.5
    if text == "muted":
        assert all(_contrast(tokens["line-strong"][theme], tokens["card"][theme]) >= 3 for theme in (0, 1)), "edges of inputs"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if not CHROMIUM:
        reason = "Chromium is not installed (set CHROMIUM to its path)"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    return {**browser_type_launch_args, "executable_path": CHROMIUM,
            "args": ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("preview")
    preview.write(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@in_browser
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_overflows(page: Any, address: str, theme: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_viewport_size({"width": width, "height": 900})
    for name in preview.PAGES:
        page.goto(f"{address}/{name}-{theme}.html")
        found = Axe().run(page, options={"runOnly": TAGS}).response["violations"]
        assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") == width, f"{name} is wider than the screen"
    assert complaints == []


@in_browser
def test_the_browser_counts_down_in_the_same_words(page: Any, address: str) -> None:
    seconds = [0, 1, -1, 59, 60, -60, 3599, 3600, 3660, 35000, -35000, 86399, 86400, 90000, -93600, 299000, 2591999, 2592000, 130000000]
    page.goto(f"{address}/board-light.html")
    told = page.evaluate("list => list.map(s => window.dpaWords.left(s * 1000, 0))", seconds)
    assert told == [words.left(DUE, DUE - preview.timedelta(seconds=s)) for s in seconds]
    assert "h 4" in page.locator(".act-count").inner_text()


@in_browser
def test_pages_work_without_scripts(browser: Any, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, color_scheme="dark", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{address}/board-auto.html")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(11, 17, 27)"
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Agreements").wait_for(state="visible")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="why this time?").first.click()
    page.get_by_text("86,400 seconds").locator("visible=true").first.wait_for()
    context.close()
