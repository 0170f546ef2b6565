"""Renders templates: autoescaped, strict about unknown names, with hashed addresses of assets."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.filters import do_filesizeformat
from markupsafe import Markup

from app import preferences
from app.assets import Assets
from app.markdown.cache import TextCache
from app.security import WITH_MICROPHONE
from app.toolbox import Tool
from app.views.messages import MessageView
from app.views.quotes import find_sources, write_marks

if TYPE_CHECKING:  # it knows of services, which have these templates
    from app.views.chat import ChatView

MESSAGES_KEPT = 8_000_000  # bytes of final messages, with what was made of them


def write_size(size: float) -> str:
    """Bytes as people say it: 25 MB, 1.2 kB."""
    return do_filesizeformat(size).replace(".0 ", " ").replace("Byte", "byte")


def write_fence(text: str) -> str:
    """Markdown that shows the text as it is."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


class Templates:
    """Jinja with what every page needs: `asset()`, the assistant's name, how connections are
    encrypted (`tls`) and whether that ends soon, the `tools`, `preferences()`, `title_of()`, whose
    words are in `_names.html`, `show_message()`, `sources_of()` and `write_marks()`."""

    def __init__(
        self,
        assets: Assets,
        assistant_name: str,
        tls: str = "off",
        tls_off_soon: bool = False,
        tools: Iterable[Tool] = (),
    ) -> None:
        self.tools = sorted(tools, key=lambda tool: tool.name)
        self.environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=select_autoescape(disabled_extensions=("md",), default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,  # a page of 50 messages would look at 100 files
        )
        self.environment.globals |= {
            "asset": assets.url,
            "assistant_name": assistant_name,
            "tls": tls,
            "tls_off_soon": tls_off_soon,
            "preferences": preferences.current,
            "tools": self.tools,
        }
        self.environment.filters["number"] = "{:,}".format
        self._messages = TextCache(MESSAGES_KEPT)
        self.environment.globals |= {
            "show_message": self.message,
            "sources_of": find_sources,
            "write_marks": write_marks,
        }
        self.environment.filters["file_size"] = write_size
        self.environment.filters["fence"] = write_fence
        for name in self.environment.list_templates():
            self.environment.get_template(name)  # compiled now: later somebody would wait for it
        names: Any = self.environment.get_template("_names.html").module
        self.environment.globals["title_of"] = names.title_of

    def render(self, name: str, **context: Any) -> str:
        """The template's text."""
        return self.environment.get_template(name).render(context)

    def message(self, view: MessageView) -> Markup:
        """A message as `_message.html` has it; of one that is final, what was made of it before."""

        def make(*_: str) -> str:
            return self.render("_message.html", view=view)

        final = not view.reply or view.reply.final
        everything = f"{view.ends} {view.message.model_dump_json()}"  # that the view is made of
        html = self._messages.get("message", everything, make) if final else make()
        return Markup(html)  # noqa: S704 - a template's, which has escaped what it was given

    def page(
        self, name: str, page: object, status: int = 200, headers: dict[str, str] | None = None
    ) -> HTMLResponse:
        """A whole page, or a fragment, around one typed object. Never cached: it is personal."""
        return HTMLResponse(
            self.render(name, page=page), status, {"Cache-Control": "no-store"} | (headers or {})
        )

    def chat(
        self, page: "ChatView", status: int = 200, headers: dict[str, str] | None = None
    ) -> HTMLResponse:
        """A chat's page: the only one on which a browser may offer its microphone."""
        microphone = WITH_MICROPHONE if page.recordings else {}
        return self.page("chat.html", page, status, microphone | (headers or {}))
