"""`python -m bench.screen`: from Enter to the first word on the screen, as Chromium saw it.

Chromium's own trace has every step of it by one clock: the key, requests and answers, the word in
the page, and its paint. Source of the events' names: Chromium's DevTools, timeline model.
"""

import asyncio
import json
import os
import statistics
from collections.abc import Callable, Iterator
from typing import Any

from faults.machine import describe_machine
from playwright.async_api import Browser, Page, async_playwright

from bench.person import question
from bench.stage import open_stage

SENDS, WARM_UP = 20, 3
CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing"]
PAINTED = """() => new Promise((resolve) => {
  const words = () => [...document.querySelectorAll(".message.assistant .body")].at(-1).textContent;
  const count = document.querySelectorAll(".message.assistant").length;
  new MutationObserver((_, observer) => {
    if (document.querySelectorAll(".message.assistant").length === count || !words().trim()) return;
    observer.disconnect();
    performance.mark("first word in the page");
    requestAnimationFrame(() => setTimeout(() => {
      performance.mark("first word painted");
      setTimeout(resolve, 50);
    }));
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
})"""

Event = dict[str, Any]
Step = tuple[str, Callable[[Event], bool]]


def _is(name: str, **data: str) -> Callable[[Event], bool]:
    """Whether an event has this name and, in its data, these values or addresses ending so."""

    def holds(event: Event) -> bool:
        args = event.get("args", {})
        given = args.get("data", {})
        return event["name"] == name and all(part in str(given.get(k)) for k, part in data.items())

    return holds


# In their order: each is the first of its kind after the one before.
STEPS: list[Step] = [
    ("the key is pressed", _is("EventDispatch", type="keydown")),
    ("the message is sent", _is("ResourceSendRequest", url="/generate/")),
    ("its answer comes", _is("ResourceReceiveResponse")),
    ("the stream is asked for", _is("ResourceSendRequest", url="/events")),
    ("the stream begins", _is("ResourceReceiveResponse")),
    ("the first word is in the page", _is("first word in the page")),
    ("paint", _is("Paint")),
    ("the frame is done", _is("first word painted")),
]


def read_steps(events: list[Event]) -> Iterator[tuple[str, float]]:
    """Milliseconds from the key to each step. LookupError if one is missing."""
    ordered = iter(sorted((e for e in events if "ts" in e), key=lambda event: event["ts"]))
    began = None
    for name, is_it in STEPS:
        event = next((event for event in ordered if is_it(event)), None)
        if event is None:
            raise LookupError(f"the trace doesn't show that {name}")
        began = began or event["ts"]
        yield name, (event["ts"] - began) / 1000


async def measure(browser: Browser, page: Page, number: int) -> dict[str, float]:
    """One send."""
    await page.get_by_label("Your message").fill(question(number))
    seen = asyncio.ensure_future(page.evaluate(PAINTED))
    await asyncio.sleep(0.3)
    await browser.start_tracing(page=page, categories=CATEGORIES)
    await page.get_by_label("Your message").press("Enter")
    await seen
    trace = json.loads(await browser.stop_tracing())
    await page.locator("[data-unfinished]").wait_for(state="detached", timeout=60_000)
    return dict(read_steps(trace["traceEvents"]))


async def main() -> None:
    """Prints the table: medians over some sends in one chat."""
    program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    async with open_stage(reply_tokens=8) as stage, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = await browser.new_page(base_url=stage.url)
        await page.goto("/")
        await page.get_by_label("Your name").fill("Ann")
        await page.get_by_role("button", name="Start chatting").click()
        await page.wait_for_url("**/chats/*")
        seen = [await measure(browser, page, number) for number in range(WARM_UP + SENDS)][WARM_UP:]
        await browser.close()
    print(f"{describe_machine()}; medians of {SENDS} sends, in ms from the key\n")
    print("| step | ms |\n|---|---|")
    for name, _ in STEPS:
        print(f"| {name} | {statistics.median(each[name] for each in seen):.1f} |")


if __name__ == "__main__":
    asyncio.run(main())
