"""The focus, and how the Tab key moves it."""

from playwright.sync_api import Locator

HAS_FOCUS = "element => element === document.activeElement"
IS_BEFORE = """element => Boolean(element.compareDocumentPosition(document.activeElement)
    & Node.DOCUMENT_POSITION_FOLLOWING)"""


def tab_to(locator: Locator, most: int = 80) -> None:
    """Walks there with the Tab key, forwards or backwards."""
    locator.wait_for(state="attached")
    key = "Shift+Tab" if locator.evaluate(IS_BEFORE) else "Tab"
    for _ in range(most):
        if locator.evaluate(HAS_FOCUS):
            return
        locator.page.keyboard.press(key)
    raise AssertionError(f"{key} does not lead to {locator}")
