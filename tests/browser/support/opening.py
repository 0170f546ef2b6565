"""Ways in which a person comes to a page."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.support.people import Someone

QUESTION = "How do I find the distance between two points, and which language is quickest?"


def at(path: str) -> Callable[[Someone], Page]:
    return lambda someone: someone.open(path.replace("CHAT", someone.chat))


def first_visit(path: str) -> Callable[[Someone], Page]:
    def open_page(someone: Someone) -> Page:
        someone.context.clear_cookies()
        return someone.open(path)

    return open_page


def in_another_chat(open_page: Callable[[Someone], Page]) -> Callable[[Someone], Page]:
    def open_and_return(someone: Someone) -> Page:
        before = someone.chat
        someone.talk("How far is it from here to there?", "Measure it along a straight line.")
        page = open_page(someone)
        someone.chat = before
        return page

    return open_and_return
