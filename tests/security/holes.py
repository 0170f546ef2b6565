"""Guards that are gone: each turns a row of `make security` red."""

from dataclasses import dataclass

from tests.faults.bugs import BUGS
from tests.support.seeding import Change

(OWNERSHIP,) = (bug.changes for bug in BUGS if bug.name == "drop the ownership check")
POLICY = "chat-ui/app/security.py"
MARKDOWN = "chat-ui/app/markdown"
TITLES = "chat-ui/app/templates/_chats.html"


@dataclass(frozen=True)
class Hole:
    """What is broken, how, which row sees it, and a word of what that says, which no other hole
    makes it say. `parts` of the row are enough for that; all of it if empty."""

    name: str
    changes: tuple[Change, ...]
    row: str
    says: str
    parts: tuple[str, ...] = ()


HOLES = (
    Hole(
        "the owner dropped from a query",
        OWNERSHIP,
        "matrix",
        "GET /chats/{chat_id} by a stranger: tells",
        ("GET /chats/{chat_id}",),
    ),
    Hole(
        "a route that no document names",
        (
            Change(
                "chat-ui/app/routes/keys.py",
                'router = APIRouter(tags=["settings"]',
                'router = APIRouter(include_in_schema=False, tags=["settings"]',
            ),
        ),
        "matrix",
        "get /keys is in no document",
        ("GET /keys",),
    ),
    Hole(
        "doc-worker's token not compared",
        (
            Change(
                "db-api/app/web/auth.py",
                "_compare(shown, request.app.state.doc_worker_token)",
                "assert request",
            ),
        ),
        "matrix",
        "/reading/{document_id}/heartbeat with another token",
        ("POST /reading/{document_id}/heartbeat",),
    ),
    Hole(
        "a WebSocket for any scope",
        (
            Change(
                "chat-ui/app/api/responses/admission.py",
                'require_scope(caller, "chat")',
                "assert caller",
            ),
        ),
        "matrix",
        "websocket /v1/responses with",
        ("websocket /v1/responses",),
    ),
    Hole(
        "forms of other sites taken",
        (Change(POLICY, "    if request.method in SAFE_METHODS:\n", "    if request:\n"),),
        "cross-site",
        "cross-site",
    ),
    Hole(
        "cookies signed with a key that somebody knows",
        (
            Change(
                "chat-ui/app/session_cookie.py",
                "SessionMiddleware(reissued, key, PLAIN, max_age)",
                'SessionMiddleware(reissued, "another key", PLAIN, max_age)',
            ),
        ),
        "sessions",
        "signed with another key",
        ("forged cookies",),
    ),
    Hole(
        "a field more for the model",
        (
            Change(
                "chat-ui/app/clients/language_model.py",
                '"cache_prompt": True,',
                '"cache_prompt": True, "seed": 1,',
            ),
        ),
        "language-model",
        "seed",
        ("fields",),
    ),
    Hole(
        "a looser policy",
        (Change(POLICY, "\"script-src 'self'\"", "\"script-src 'self' 'unsafe-inline'\""),),
        "headers",
        "script-src 'unsafe-inline'",
        ("http",),
    ),
    Hole(
        "nginx's own pages without a policy",
        (Change("nginx/headers.conf", "add_header Content-Security-Policy", "# "),),
        "headers",
        "by nginx, http: default-src of {}",
        ("http",),
    ),
    Hole(
        "any number of searches at once",
        (Change("db-api/app/limits.py", "        searches=2,", "        searches=2000,"),),
        "limits",
        "searches at once: 200, not 429",
        ("what runs at once",),
    ),
    Hole(
        "the sanitiser removed",
        (Change(f"{MARKDOWN}/sanitise.py", "Markup(_cleaner.clean(html))", "Markup(html)"),),
        "hostile",
        "a link in a text has no rel",
        ("messages", "titles"),
    ),
    # The next two only without the sanitiser, too, which would still be there.
    Hole(
        "HTML taken from Markdown",
        (
            Change(f"{MARKDOWN}/blocks.py", '{"html": False,', '{"html": True,'),
            Change(f"{MARKDOWN}/blocks.py", '["reference", "html_block", "html_inline"]', "[]"),
        ),
        "hostile",
        "the policy had to stop img-src",
        ("messages", "titles"),
    ),
    Hole(
        "javascript: allowed in links",
        (Change(f"{MARKDOWN}/blocks.py", r"https?://[^\s/?#]|mailto:", "https?:|javascript:"),),
        "hostile",
        "a href is javascript:",
        ("messages", "titles"),
    ),
    Hole(
        "an attribute let through",
        (Change(TITLES, 'title="{{ title }}" {{ "aria', 'title={{ title }} {{ "aria'),),
        "hostile",
        "only with hostile texts: a on",
        ("messages", "titles"),
    ),
)
