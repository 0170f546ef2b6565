"""axe-core in a page: what keeps people out that a machine can find."""

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOUR_RULES = ["color-contrast", "link-in-text-block"]  # all of those that look at colours


@cache
def _source() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text()


def findings(page: Page, rules: list[str] = TAGS) -> list[str]:
    """One line for each element that breaks one of these rules: by default WCAG 2.x, A or AA, and
    best practice."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{_source()}; true")
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run({ runOnly: rules, resultTypes: ['violations'] })", rules
    )
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']} in {node['html'][:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
