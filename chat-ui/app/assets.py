"""Static files under addresses that change with their content, so that browsers may keep them.

`/static/<hash>/app.js` is cached for a year; `/static/app.js` works too and is checked each time.
The hash covers the whole folder: relative imports between files keep working under it.
"""

import hashlib
import mimetypes
import re
from pathlib import Path

from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
mimetypes.add_type("font/woff2", ".woff2")  # Python knows it since 3.14
VERSION = re.compile(r"^[0-9a-f]{12}/")

# One file per component, one request for the page: /static/style.css is these, in this order.
STYLES = (
    "colours", "sizes", "base", "layout", "bar", "side", "chats", "menu", "home", "chat",
    "message", "prose", "math", "code", "status", "actions", "edit", "composer", "tools", "notice",
    "sheet", "search", "documents", "document", "pictures", "quotes", "keys", "print",
)  # fmt: skip

# The same for what makes a chat live: /static/js/chat.js is these modules as one, each after those
# that it imports. No two of them may use one name for different things.
MODULES = (
    "drafts", "tokens", "composer", "copying", "reveal", "scrolling", "speaking", "stop_button",
    "waiting", "watching", "sending", "branches", "documents", "recordings", "chat",
)  # fmt: skip
IMPORT = re.compile(r"^import\b[^;]*;\n", re.MULTILINE)
EXPORT = re.compile(r"^export ", re.MULTILINE)
# Comments on lines of their own and behind code: a quarter of what would be sent.
COMMENT = re.compile(r"^ *//.*\n|(?<=[;{,]) // .*$", re.MULTILINE)
STYLE_COMMENT = re.compile(r"^ */\*(?:[^*]|\*(?!/))*\*/\n", re.MULTILINE)


def join_styles() -> str:
    """What /static/style.css is."""
    sources = ((FOLDER / "css" / f"{name}.css").read_text() for name in STYLES)
    return "\n".join(STYLE_COMMENT.sub("", source) for source in sources)


def read_scripts() -> dict[str, str]:
    """All modules by their paths, without comments, as pages without a chat load them."""
    return {
        f"js/{file.name}": COMMENT.sub("", file.read_text())
        for file in (FOLDER / "js").glob("*.js")
    }


def join_modules() -> str:
    """What /static/js/chat.js is."""
    scripts = read_scripts()
    sources = (scripts[f"js/{name}.js"] for name in MODULES)
    return "\n".join(EXPORT.sub("", IMPORT.sub("", source)) for source in sources)


class Assets(StaticFiles):
    """Serves `static/`: its scripts without comments, and what is put together of several files."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)
        scripts = {**read_scripts(), "js/chat.js": join_modules()}
        self._made = {path: (text, "text/javascript") for path, text in scripts.items()}
        self._made["style.css"] = (join_styles(), "text/css")
        digest = hashlib.sha256()
        for file in sorted(path for path in FOLDER.rglob("*") if path.is_file()):
            digest.update(file.read_bytes())
        self.version = digest.hexdigest()[:12]

    def url(self, path: str) -> str:
        """The address of a file in `static/` that may be cached for ever."""
        return f"/static/{self.version}/{path}"

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, whatever version its address names; only the current one is kept for long."""
        plain = VERSION.sub("", path)
        if plain in self._made:
            text, media_type = self._made[plain]
            response: Response = PlainTextResponse(text, media_type=media_type)
        else:
            response = await super().get_response(plain, scope)
        current = path.startswith(f"{self.version}/")
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if current else "no-cache"
        )
        return response
