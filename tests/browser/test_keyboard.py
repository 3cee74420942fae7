"""From the board to a released notice without a mouse: only keys, and on each stop one can see where one is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Desk

pytestmark = [pytest.mark.browser, pytest.mark.slow]
STOPS = 120
"""Presses of Tab after which a page counts as one on which something cannot be reached."""
FOCUSED = """() => {
  const e = document.activeElement;
  const labels = [...(e.labels || [])].map(label => label.innerText).join(' ');
  // The link of a row draws its line around the whole row; the native parts of a date are marked by the browser.
  const drawn = style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none';
  const shown = drawn(getComputedStyle(e)) || drawn(getComputedStyle(e, '::after'));
  return {name: `${labels} ${e.getAttribute('aria-label') || ''} ${e.innerText || ''}`.trim(), tag: e.tagName, type: e.type || '', shown, checked: !!e.checked};
}"""


class Keys:
    """Somebody who has a keyboard and nothing else."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, name: str, tag: str) -> None:
        """Go from stop to stop until the one of this name is reached."""
        passed = []
        for _ in range(STOPS):
            self.page.keyboard.press("Tab")
            here = self.page.evaluate(FOCUSED)
            assert here["shown"] or here["tag"] == "BODY", f"nothing shows that the focus is on {here}"
            if here["tag"] == tag and name in here["name"]:
                return
            passed.append(here["name"][:40])
        raise AssertionError(f"{name!r} cannot be reached by Tab; passed {passed}")

    def press(self, name: str, tag: str = "BUTTON") -> None:
        self.reach(name, tag)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def write(self, label: str, text: str, tag: str = "TEXTAREA") -> None:
        self.reach(label, tag)
        self.page.keyboard.type(text)

    def write_time(self, label: str, day: str, hour: str) -> None:
        """Type into the parts of a date and time, as an American browser orders them."""
        self.write(label, day, "INPUT")
        self.page.keyboard.press("Tab")  # A year may have more than four digits; the next part is the hour.
        self.page.keyboard.type(hour)

    def choose(self, name: str) -> None:
        """Go along a group of choices with the arrows until this one is chosen."""
        for _ in range(10):
            here = self.page.evaluate(FOCUSED)
            if here["checked"] and name in here["name"]:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{name!r} cannot be chosen with the arrows")


def test_a_notice_is_released_with_keys_alone(desk: Desk, page: Page) -> None:
    page.goto(desk.link())
    keys = Keys(page)
    page.keyboard.press("Tab")
    keys.press("Sign in")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)["name"] == "Skip to the page"
    page.keyboard.press("Enter")
    keys.press("Record an incident", "A")
    keys.press("Lemon Learning")
    keys.write("What happened, in a few words", "Lost laptop", "INPUT")
    keys.write("What is known so far", "A laptop was left in a train.")
    keys.write_time("First noticed", "11222026", "0930A")
    keys.write_time("Aware since", "11222026", "0930A")
    keys.press("Record the incident")
    keys.reach("Customers of these systems", "INPUT")
    keys.choose("All running agreements")
    keys.press("Show the clocks this starts")
    keys.press("Start the clocks")
    keys.press("Write the notice", "A")
    keys.write("Contact that answers now", "Ana Duarte, +33 1 99 00 12 34, at any hour")
    keys.press("Save and review")
    keys.press("Release to 8 customers")
    assert page.get_by_text("The notice is released to 8 customers.").is_visible()
