"""What every answer carries, and the score by Observatory's rules: pages, files, streams, errors,
and what nginx says itself."""

import re
import ssl
from collections.abc import Iterator

import httpx
from local.supervision import Supervisor, socket_path
from tests.support.local_stack import LocalStack
from tests.support.person import ask, open_chat

from security.found import Found
from security.observatory import Score, read_policy, score
from security.stage import Stage

GOAL = 100
# Directives that must be there, as strict as this.
NONE = ["'none'"]
FIXED = {"default-src": [NONE], "frame-ancestors": [NONE], "base-uri": [NONE]}
FORMS = [NONE, ["'self'"]]
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-dns-prefetch-control": "off",
}
# What a browser prefers: no secret, read by our scripts, and still good after TLS was turned off.
PREFERENCES = {"theme", "keys"}
OTHER = "other.example"


def check(found: Found, stage: Stage, short: bool) -> None:
    """Without TLS; then with a public certificate, as far as nginx knows, and HSTS."""
    parley = stage.parley()
    with httpx.Client(base_url=parley.url, timeout=60) as browser:
        for name, answer in list_answers(parley, browser):
            judge(found, f"{name}, http", answer, encrypted=False)
    if stage.wants("https"):
        try_encrypted(found, stage)


def try_encrypted(found: Found, stage: Stage) -> None:
    """The same, and the score."""
    encrypted = stage.encrypted()
    trusting = ssl.create_default_context(cafile=str(encrypted.root))
    scores: dict[str, Score] = {}
    plain = httpx.get(encrypted.parley.url, timeout=60)
    with httpx.Client(base_url=encrypted.url, verify=trusting, timeout=60) as browser:
        for name, answer in list_answers(encrypted.parley, browser):
            judge(found, f"{name}, https", answer, encrypted=True)
            scores[name] = score(answer, plain)
    for name, each in scores.items():
        lacking = [f"{test} {points}" for test, points in each.modifiers.items() if points < 0]
        found.expect(each.points >= GOAL, f"{name}: score {each.points} ({', '.join(lacking)})")
    points = [each.points for each in scores.values()]
    found.see(f"Observatory's score {min(points)} to {max(points)} for {len(points)} answers")
    found.see("HSTS over https with a public certificate alone")


def list_answers(parley: LocalStack, browser: httpx.Client) -> Iterator[tuple[str, httpx.Response]]:
    """One of each kind there is, by what it is; the last are said while chat-ui is away."""
    yield "the first page", browser.get("/")
    yield (
        "a redirect that sets the session's cookie",
        browser.post("/chats", data={"name": "Ann", "username": "Ann"}),
    )
    chat = open_chat(browser)
    ask(browser, chat, "Hi")
    browser.post(f"{chat}/documents", files={"files": ("a.txt", b"A word.")})
    for path in (chat, "/settings", "/docs", "/openapi.json", "/health", "/certificate"):
        yield path if path != chat else "a chat", browser.get(path)
    yield "preferences", browser.post("/settings", data={"theme": "dark", "keys": "on"})
    for kind in ("export.md", "export.json", "events", "live"):
        yield kind, browser.get(f"{chat}/{kind}")
    found = re.search(r"/documents/([0-9a-f-]{36})", browser.get(chat).text)
    assert found, "no document on the page"
    yield "an original file", browser.get(f"/documents/{found[1]}/original")
    yield "a style sheet", browser.get("/static/style.css")
    yield "not found", browser.get("/nowhere")
    yield "a foreign host", browser.get("/", headers={"Host": OTHER})
    yield "another site's form", browser.post("/chats", headers={"Origin": f"http://{OTHER}"})
    yield "too large, by nginx", browser.post("/chats", content=b"x" * 200_000)
    yield "too long an address, by nginx", browser.get(f"/{'x' * 40_000}")
    yield "an impossible address, by nginx", browser.get("/%00")
    supervisor = Supervisor(socket_path(parley.stack))
    supervisor.stop("chat-ui")
    try:
        yield "unavailable, by nginx", browser.get("/")
        yield "unsent, by nginx", browser.post("/chats", data={"username": "Ann"})
    finally:
        supervisor.start("chat-ui")
        parley.wait(lambda: browser.get("/health").is_success)


def judge(found: Found, name: str, answer: httpx.Response, *, encrypted: bool) -> None:
    """One answer's headers."""
    headers = answer.headers
    policy = read_policy(headers.get("content-security-policy", ""))
    for directive, allowed in FIXED.items():
        found.expect(policy.get(directive) in allowed, f"{name}: {directive} of {policy}")
    found.expect(policy.get("form-action") in FORMS, f"{name}: form-action of {policy}")
    loose = {
        f"{directive} {source}"
        for directive, sources in policy.items()
        for source in sources
        if source not in ("'self'", "'none'") and (directive, source) != ("img-src", "data:")
    }
    found.expect(not loose, f"{name}: the policy has {', '.join(sorted(loose))}")
    for header, value in HEADERS.items():
        found.expect(headers.get(header) == value, f"{name}: {header} is {headers.get(header)}")
    hsts = headers.get("strict-transport-security", "")
    found.expect(("max-age=31536000" in hsts) == encrypted, f"{name}: HSTS is '{hsts}'")
    version = re.search(r"\d", headers.get("server", "") + headers.get("x-powered-by", ""))
    found.expect(not version, f"{name}: names a version")
    for line in headers.get_list("set-cookie"):
        judge_cookie(found, name, line.lower(), encrypted)


def judge_cookie(found: Found, name: str, line: str, encrypted: bool) -> None:
    """One cookie that is set."""
    cookie = line.partition("=")[0]
    attributes = {part.strip() for part in line.split(";")[1:]}
    told = f"{name}: cookie {cookie} with {', '.join(sorted(attributes))}"
    found.expect("samesite=lax" in attributes, told)
    if cookie in PREFERENCES:
        return
    found.expect(cookie == ("__host-parley" if encrypted else "parley"), told)
    found.expect({"httponly", "path=/"} <= attributes, told)
    found.expect(("secure" in attributes) == encrypted, told)
    found.expect(not any(each.startswith("domain") for each in attributes), told)
