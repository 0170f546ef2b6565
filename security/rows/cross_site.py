"""What a page of another site can have a browser do, branch by branch of the rule in
chat-ui/app/security.py, through nginx.

The rule is written down here once more, as the browsers' vendors would say it: a request that
changes something is refused if the browser says that it comes from another site, or, from a browser
that doesn't say, if its Origin or else its Referer names another host.
"""

from collections import Counter
from itertools import product

import httpx
from tests.support.local_stack import LocalStack
from tests.support.person import open_chat

from security.found import Found
from security.stage import Stage

SITES = ("same-origin", "same-site", "cross-site", "none", None)
SOURCES = ("same", "other", "null", None)
OTHER = "http://other.example"
TEXT_BROWSER = {"User-Agent": "w3m/0.5.3+git20230121"}


def check(found: Found, stage: Stage, short: bool) -> None:
    """Each combination of headers with each of the methods; a post must change nothing where it
    is refused, and something where it is not."""
    parley = stage.parley()
    with httpx.Client(base_url=parley.url, timeout=60) as browser:
        chat, answers = open_chat(browser), Counter[str]()
        for number, (site, origin, referer) in enumerate(product(SITES, SOURCES, SOURCES)):
            headers = describe(parley, site, origin, referer)
            refused = is_refused(site, origin, referer)
            post(found, browser, chat, headers, f"title {number}", refused=refused)
            answer = browser.get(chat, headers=headers)
            found.expect(answer.status_code == 200, f"GET with {headers}: {answer.status_code}")
            answers["posts refused" if refused else "posts taken"] += 1
            answers["pages opened"] += 1
        post(found, browser, chat, TEXT_BROWSER, "as w3m", refused=False)
    found.see(", ".join(f"{count} {what}" for what, count in answers.items()))
    found.see("1 of a text browser taken")


def post(
    found: Found,
    browser: httpx.Client,
    chat: str,
    headers: dict[str, str],
    title: str,
    *,
    refused: bool,
) -> None:
    """Renames the chat with these headers, and looks."""
    answer = browser.post(f"{chat}/rename", data={"title": title}, headers=headers)
    renamed = title in browser.get(chat).text
    told = f"POST with {headers}: {answer.status_code}, {'stored' if renamed else 'not stored'}"
    found.expect(answer.status_code == (403 if refused else 303), told)
    found.expect(renamed != refused, told)


def describe(
    parley: LocalStack, site: str | None, origin: str | None, referer: str | None
) -> dict[str, str]:
    """The headers."""
    names = {"same": parley.url, "other": OTHER, "null": "null"}
    headers = {"Sec-Fetch-Site": site} if site else {}
    if origin:
        headers["Origin"] = names[origin]
    if referer:
        headers["Referer"] = f"{names[referer]}/chats/1"
    return headers


def is_refused(site: str | None, origin: str | None, referer: str | None) -> bool:
    """By the rule."""
    if site:
        return site not in ("same-origin", "none")
    return (origin or referer or "same") != "same"
