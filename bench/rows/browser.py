"""The pages in a real browser: what they weigh, when one can type, and whether they ever stall."""

import asyncio
import os
import statistics
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

from bench.figures import Found, Row
from bench.options import Size
from bench.stage import Stage

MOST_REQUESTS, MOST_KB, READY_GOAL, TASK_GOAL = 8, 60, 300, 50  # ms
TOKENS = 2000
POEM = "Write a very long poem of 100 verses about the sea."  # the small model does not stop

# Collected from the first moment on. A task is long from 50 ms on, by the standard's definition.
WATCH_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longTasks.push(task.duration);
}).observe({ type: "longtask", buffered: true });
"""
FIRST_WORD = """() => new Promise((resolve) => {
  let pressed;
  addEventListener("submit", () => (pressed = performance.now()), { capture: true, once: true });
  const bodies = () => document.querySelectorAll(".message.assistant .body");
  const before = bodies().length;
  const watcher = new MutationObserver(() => {
    if (!pressed || !bodies()[before]?.textContent.trim()) return;
    watcher.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - pressed)));
  });
  watcher.observe(document.body, { childList: true, subtree: true, characterData: true });
  document.querySelector("#composer").requestSubmit();
})"""


async def measure(stage: Stage, size: Size) -> Found:
    """In a thread of its own, as Playwright's plain interface waits in place."""
    return await asyncio.to_thread(_measure, stage, size)


def _measure(stage: Stage, size: Size) -> Found:
    with sync_playwright() as playwright:
        program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        firsts = [_visit(browser.new_context(base_url=stage.url)) for _ in range(size.starts + 2)]
        context = browser.new_context(base_url=stage.url)
        page = _open_chat(context)
        words = [_first_word(page, number) for number in range(size.starts + 2)]
        tokens = TOKENS if size.rounds > 10 else 200
        tasks, wrote = _watch_long_reply(page, tokens)
        browser.close()
    requests, kilobytes = firsts[-1]["requests"], firsts[-1]["bytes"] / 1000
    ready = statistics.median(first["ready"] for first in firsts)
    longest = max(tasks, default=0)
    rows = [
        Row(
            "first page in a real browser",
            f"≤ {MOST_REQUESTS} requests, ≤ {MOST_KB} kB, ready to type ≤ 0.3 s",
            f"{requests} requests, {kilobytes:.1f} kB, {ready / 1000:.2f} s",
            requests <= MOST_REQUESTS and kilobytes <= MOST_KB and ready <= READY_GOAL,
        ),
        Row(
            "from Send to the first word on the screen",
            "",
            f"{statistics.median(words):.0f} ms ({min(words):.0f}–{max(words):.0f})",
            None,
        ),
        Row(
            f"main-thread work while a reply of {wrote} tokens streams",
            "no task over 50 ms",
            f"{len(tasks)} tasks over 50 ms, the longest {longest:.0f} ms",
            # A reply that ended early has shown nothing.
            not tasks if wrote >= tokens * 0.9 else None,
        ),
    ]
    return Found(rows)


def _visit(context: BrowserContext) -> dict[str, float]:
    """A first visit with an empty cache: requests, bytes on the wire, ms until one can type."""
    page = context.new_page()
    sizes: list[int] = []
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto("/", wait_until="networkidle")
    assert page.evaluate("document.activeElement.name") == "username"
    ready = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    context.close()
    return {"requests": len(sizes), "bytes": sum(sizes), "ready": ready}


def _open_chat(context: BrowserContext) -> Page:
    page = context.new_page()
    page.add_init_script(WATCH_TASKS)
    page.goto("/")
    page.get_by_label("Your name").fill("Ann")
    page.get_by_role("button", name="Start chatting").click()
    page.wait_for_url("**/chats/*")
    return page


def _first_word(page: Page, number: int) -> float:
    page.get_by_label("Your message").fill(f"What is the number {number} good for?")
    took: float = page.evaluate(FIRST_WORD)
    page.locator("[data-unfinished]").wait_for(state="detached", timeout=60_000)
    return took


def _watch_long_reply(page: Page, tokens: int) -> tuple[list[float], int]:
    """The long tasks while a long reply came, and how many tokens it had in the end."""
    chat = page.url.partition("/chats/")[2].partition("#")[0]
    form: dict[str, str | float | bool] = {"system_prompt": "Tell.", "reply_tokens": tokens}
    page.request.post(f"/chats/{chat}/settings", form=form)
    page.reload()
    page.get_by_label("Your message").fill(POEM)
    page.evaluate("window.longTasks.length = 0")
    page.get_by_role("button", name="Send").click()
    page.locator("[data-unfinished]").wait_for(timeout=10_000)
    page.locator("[data-unfinished]").wait_for(state="detached", timeout=600_000)
    tasks: list[float] = page.evaluate("window.longTasks")
    export: Any = page.request.get(f"/chats/{chat}/export.json").json()
    return tasks, int(export["messages"][-1]["reply"]["completion_tokens"])
