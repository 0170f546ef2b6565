"""From Enter to the first word on the screen: beside what nginx delivers to a client without one,
and beside a minimal Chainlit app in the same browser with the same model server."""

import contextlib
import os
import shutil
import statistics
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from local.ports import free_port
from local.stack import ROOT
from playwright.async_api import Browser, Page, async_playwright
from tests.support.program import Program
from tests.support.waiting import answers

from bench.figures import Found, Row, in_ms
from bench.options import Size
from bench.person import question, visit
from bench.stage import Stage

WARM_UP = 3
GOAL = 0.030
# Painted is what the frame after the word's arrival has drawn.
FIRST_WORD = """(words) => ({ painted: new Promise((resolve) => {
  const begun = (element) => element.textContent.trim();
  const count = () => [...document.querySelectorAll(words)].filter(begun).length;
  const before = count();
  let pressed;
  addEventListener("keydown", () => (pressed = performance.now()), { capture: true, once: true });
  const watcher = new MutationObserver(() => {
    if (!pressed || count() === before) return;
    watcher.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - pressed)));
  });
  watcher.observe(document.body, { childList: true, subtree: true, characterData: true });
}) })"""


@dataclass(frozen=True)
class App:
    """A chat page in a browser, and where it has what it needs, as selectors."""

    page: Page
    box: str
    words: str  # of its replies
    busy: str  # there while a reply is being written

    async def ask(self, text: str) -> float:
        """Seconds from Enter until the first word is painted."""
        box = self.page.locator(self.box)
        await box.fill(text)
        watch = await self.page.evaluate_handle(FIRST_WORD, self.words)
        await box.press("Enter")
        took: float = await watch.evaluate("(watch) => watch.painted")
        await self.page.locator(self.busy).wait_for(state="detached", timeout=60_000)
        return took / 1000


async def measure(stage: Stage, size: Size) -> Found:
    """The three take turns, each in one chat that grows."""
    screen, delivered, chainlit = [], [], []
    async with _browser() as browser, visit(stage.url) as person:
        ours = await _open_parley(browser, stage.url)
        chat = await person.open_chat()
        async with _open_chainlit(browser, stage, size.reply) as theirs:
            for number in range(WARM_UP + size.rounds // 2):
                # The same for all, but for a letter: nobody profits from what another had read.
                asked = [letter + question(number) for letter in "abc"]
                screen.append(await ours.ask(asked[0]))
                delivered.append((await person.ask(chat, asked[1])).first)
                if theirs:
                    chainlit.append(await theirs.ask(asked[2]))
    for seconds in (screen, delivered, chainlit):
        del seconds[:WARM_UP]
    return Found([_compare_delivery(screen, delivered), _compare_chainlit(screen, chainlit)])


def _compare_delivery(screen: list[float], delivered: list[float]) -> Row:
    more = statistics.median(screen) - statistics.median(delivered)
    return Row(
        "first word on the screen, minus delivered by nginx, p50",
        f"≤ {GOAL * 1000:.0f} ms",
        f"{more * 1000:.1f} ms; on the screen {in_ms(screen)}, delivered {in_ms(delivered)}",
        more <= GOAL,
    )


def _compare_chainlit(screen: list[float], chainlit: list[float]) -> Row:
    figure, goal = "first word on the screen ÷ Chainlit's, p50", "< 1"
    if not chainlit:
        advice = "skipped: Chainlit is not installed. `pip install chainlit openai` somewhere, and"
        return Row(figure, goal, f"{advice} name its program in CHAINLIT", None)
    ratio = statistics.median(screen) / statistics.median(chainlit)
    seen = f"{ratio:.2f}; Parley {in_ms(screen)}, Chainlit {in_ms(chainlit)}"
    return Row(figure, goal, seen, ratio < 1)


@contextlib.asynccontextmanager
async def _browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def _open_parley(browser: Browser, url: str) -> App:
    page = await browser.new_page(base_url=url)
    await page.goto("/")
    await page.get_by_label("Your name").fill("Ann")
    await page.get_by_role("button", name="Start chatting").click()
    await page.wait_for_url("**/chats/*")
    return App(page, "#prompt", ".message.assistant .body", "[data-unfinished]")


@contextlib.asynccontextmanager
async def _open_chainlit(browser: Browser, stage: Stage, tokens: int) -> AsyncIterator[App | None]:
    """The app on Parley's own lm-api; None where there is no Chainlit."""
    program = os.environ.get("CHAINLIT") or shutil.which("chainlit")
    if not program:
        yield None
        return
    model, port = stage.parley.environment("lm-api"), free_port()
    home = stage.parley.home / "chainlit"
    home.mkdir()
    server = Program(
        [program, "run", ROOT / "bench" / "chainlit_app.py", "--headless", "--port", str(port)],
        {
            "CHAINLIT_APP_ROOT": str(home),
            "MODEL_URL": f"http://127.0.0.1:{model['PORT']}/v1",
            "MODEL_KEY": Path(model["LM_API_KEY_FILE"]).read_text().strip(),
            "REPLY_TOKENS": str(tokens),
        },
        home / "log",
    )
    try:
        server.wait_until(lambda: answers(f"http://127.0.0.1:{port}/"))
        page = await browser.new_page()
        await page.goto(f"http://127.0.0.1:{port}/")
        await page.locator("#chat-input").wait_for()
        yield App(page, "#chat-input", ".ai-message", "#stop-button")
    finally:
        server.end()
