"""Renders templates: autoescaped, strict about unknown names, with hashed addresses of assets."""

from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app import preferences
from app.assets import Assets


class Templates:
    """Jinja with what every page needs: `asset()`, the assistant's name, `preferences()`, and
    `title_of()`, whose words are in `_names.html`."""

    def __init__(self, assets: Assets, assistant_name: str) -> None:
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
            "preferences": preferences.current,
        }
        names: Any = self.environment.get_template("_names.html").module
        self.environment.globals["title_of"] = names.title_of

    def render(self, name: str, **context: Any) -> str:
        """The template's text."""
        return self.environment.get_template(name).render(context)

    def page(
        self, name: str, page: object, status: int = 200, headers: dict[str, str] | None = None
    ) -> HTMLResponse:
        """A whole page, or a fragment, around one typed object. Never cached: it is personal."""
        return HTMLResponse(
            self.render(name, page=page), status, {"Cache-Control": "no-store"} | (headers or {})
        )
