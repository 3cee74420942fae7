"""The browser ground notices what it is there to notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from tests.support.browser import AXE_TAGS, COLOUR_RULES, LiveServer, axe_violations, check_axe, watch_csp

pytestmark = pytest.mark.browser
PAGE = '<!doctype html><html lang="en"{attributes}><head><title>Case</title><link rel="stylesheet" href="/style.css"></head><body><main><h1>Case</h1>{body}</main></body></html>'
STYLE = "body { background: #fff; color: #222 } [data-bs-theme=dark] body { background: #111; color: #333 } .ok { color: inherit }"
GOOD_STYLE = STYLE.replace("color: #333", "color: #eee")
POLICY = "default-src 'none'; style-src 'self'; script-src 'self'"

Serve = Callable[[Any], LiveServer]


def application(body: str, style: str = GOOD_STYLE) -> Any:
    @Request.application
    def answer(request: Request) -> Response:
        if request.path == "/style.css":
            return Response(style, mimetype="text/css")
        return Response(PAGE.format(attributes="", body=body), mimetype="text/html", headers={"Content-Security-Policy": POLICY})

    return answer


def test_a_good_page_passes_in_both_themes(page: Any, live_server: Serve) -> None:
    complaints = watch_csp(page)
    page.goto(live_server(application("<p>Due in 24 hours.</p>")).url)
    check_axe(page)
    complaints.check()
    assert page.evaluate("() => document.documentElement.hasAttribute('data-bs-theme')") is False


def test_a_fault_that_only_dark_shows_is_found(page: Any, live_server: Serve) -> None:
    page.goto(live_server(application("<p>Due in 24 hours.</p>", STYLE)).url)
    check_axe(page, themes=("light",))
    with pytest.raises(AssertionError, match=r"\[dark\] color-contrast \(serious\)"):
        check_axe(page)


def test_the_tags_reach_axe(page: Any, live_server: Serve) -> None:
    page.goto(live_server(application('<img src="/x.png"><h3>Skips a level</h3>')).url)
    assert {line.split()[0] for line in axe_violations(page)} == {"image-alt", "heading-order"}
    assert {line.split()[0] for line in axe_violations(page, AXE_TAGS[:1])} == {"image-alt"}


@pytest.mark.parametrize("body", ['<p style="color: red">red</p>', "<script>document.title = 'x'</script>"])
def test_a_violated_policy_is_heard(page: Any, live_server: Serve, body: str) -> None:
    complaints = watch_csp(page)
    page.goto(live_server(application(body)).url)
    with pytest.raises(AssertionError, match="Content Security Policy"):
        complaints.check()


def test_a_script_error_is_heard(page: Any, live_server: Serve) -> None:
    complaints = watch_csp(page)
    page.goto(live_server(application("")).url)
    page.evaluate("() => setTimeout(() => { throw new Error('broken') }, 0)")
    page.wait_for_timeout(50)
    assert complaints == ["script error: broken"]


def test_a_fault_that_is_no_colour_and_only_in_dark_is_found(page: Any, live_server: Serve) -> None:
    style = GOOD_STYLE + " img { display: none } [data-bs-theme=dark] img { display: block }"
    page.goto(live_server(application('<img src="/x.png">', style)).url)
    check_axe(page, themes=("light",))
    with pytest.raises(AssertionError, match=r"\[dark\] image-alt \(critical\)"):
        check_axe(page)


def test_the_rules_about_colours_are_known(page: Any, live_server: Serve) -> None:
    page.goto(live_server(application("<p>Due.</p>")).url)
    assert axe_violations(page) == []
    about = page.evaluate("tags => axe.getRules(tags).filter(rule => rule.tags.includes('cat.color')).map(rule => rule.ruleId)", list(AXE_TAGS))
    assert sorted(about) == sorted(COLOUR_RULES)
