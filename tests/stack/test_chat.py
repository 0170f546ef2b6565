"""A person chats through nginx, and finds the chat again."""

import httpx

from tests.stack.stack import Stack
from tests.support.person import ask, messages, open_chat
from tests.support.waiting import answers, wait_until
from tests.whole.test_documents import (
    test_a_pdf_s_text_is_read,
    test_a_photograph_is_read_and_shown,
    test_a_scan_is_read,
    test_exact_words_of_a_pdf_are_quoted_on_their_page,
)
from tests.whole.test_question import (
    busy_chat,
    test_questions_are_answered_and_still_there_after_a_reload,
    test_stop_ends_a_real_reply,
    test_the_growing_page_streams_through_the_gateway,
    test_words_reach_the_browser_while_the_model_is_still_writing,
)

__all__ = [
    "busy_chat",
    "test_a_pdf_s_text_is_read",
    "test_a_photograph_is_read_and_shown",
    "test_a_scan_is_read",
    "test_exact_words_of_a_pdf_are_quoted_on_their_page",
    "test_questions_are_answered_and_still_there_after_a_reload",
    "test_stop_ends_a_real_reply",
    "test_the_growing_page_streams_through_the_gateway",
    "test_words_reach_the_browser_while_the_model_is_still_writing",
]


def test_a_stranger_does_not_find_my_chat(stack: Stack, chat: str) -> None:
    with httpx.Client(base_url=stack.url, timeout=60) as stranger:
        open_chat(stranger, "Ada")
        assert stranger.get(chat).status_code == 404


def test_chats_survive_down_and_up(stack: Stack, browser: httpx.Client, chat: str) -> None:
    before = messages(ask(browser, chat, "Please tell me a short story about a lighthouse."))
    stack.compose("down", "--timeout", "10")
    stack.compose("up", "--detach")
    wait_until(lambda: answers(f"{stack.url}/health"))
    assert messages(browser.get(chat).text) == before
