"""The pages in a real browser: what they weigh, when one can type, and whether they ever stall."""

import os
import statistics

from playwright.async_api import BrowserContext, Page, async_playwright

from bench.figures import Found, Row
from bench.options import Size
from bench.stage import Stage

MOST_REQUESTS, MOST_KB, READY_GOAL = 8, 60, 300  # ms
POEM = "Write a very long poem of 100 verses about the sea."  # the small model does not stop

# Collected from the first moment on. A task is long from 50 ms on, by the standard's definition.
WATCH_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longTasks.push(task.duration);
}).observe({ type: "longtask", buffered: true });
"""


async def measure(stage: Stage, size: Size) -> Found:
    """First visits, then one long reply."""
    async with async_playwright() as playwright:
        program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        contexts = [await browser.new_context(base_url=stage.url) for _ in range(size.starts + 1)]
        visits = [await _visit(context) for context in contexts[1:]]
        page = await _open_chat(contexts[0])
        tasks, wrote = await _watch_long_reply(page, size.poem)
        await browser.close()
    requests, kilobytes, _ = visits[-1]
    ready = statistics.median(ready for *_, ready in visits)
    rows = [
        Row(
            "first page in a real browser",
            f"≤ {MOST_REQUESTS} requests, ≤ {MOST_KB} kB, ready to type ≤ 0.3 s",
            f"{requests} requests, {kilobytes:.1f} kB, {ready / 1000:.2f} s",
            requests <= MOST_REQUESTS and kilobytes <= MOST_KB and ready <= READY_GOAL,
        ),
        Row(
            f"main-thread work while a reply of {wrote} tokens streams",
            "no task over 50 ms",
            f"{len(tasks)} tasks over 50 ms, the longest {max(tasks, default=0):.0f} ms",
            # A reply that ended early has shown nothing.
            not tasks if wrote >= size.poem * 0.9 else None,
        ),
    ]
    return Found(rows)


async def _visit(context: BrowserContext) -> tuple[int, float, float]:
    """A first visit with an empty cache: requests, kB on the wire, ms until one can type."""
    page = await context.new_page()
    sizes: list[int] = []
    devtools = await context.new_cdp_session(page)
    await devtools.send("Network.enable")
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    await page.goto("/", wait_until="networkidle")
    assert await page.evaluate("document.activeElement.name") == "username"
    ready = await page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    return len(sizes), sum(sizes) / 1000, ready


async def _open_chat(context: BrowserContext) -> Page:
    page = await context.new_page()
    await page.add_init_script(WATCH_TASKS)
    await page.goto("/")
    await page.get_by_label("Your name").fill("Ann")
    await page.get_by_role("button", name="Start chatting").click()
    await page.wait_for_url("**/chats/*")
    return page


async def _watch_long_reply(page: Page, tokens: int) -> tuple[list[float], int]:
    """The long tasks while a long reply came, and how many tokens it had in the end."""
    chat = page.url.partition("#")[0]
    form: dict[str, str | float | bool] = {"system_prompt": "Tell.", "reply_tokens": tokens}
    await page.request.post(f"{chat}/settings", form=form)
    await page.reload()
    await page.get_by_label("Your message").fill(POEM)
    await page.evaluate("window.longTasks.length = 0")
    await page.get_by_role("button", name="Send").click()
    await page.locator("[data-unfinished]").wait_for(timeout=10_000)
    await page.locator("[data-unfinished]").wait_for(state="detached", timeout=600_000)
    tasks: list[float] = await page.evaluate("window.longTasks")
    export = await (await page.request.get(f"{chat}/export.json")).json()
    return tasks, int(export["messages"][-1]["reply"]["completion_tokens"])
