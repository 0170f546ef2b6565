"""The score that Mozilla's HTTP Observatory would give, by its published rules.

Source: "Tests & Scoring" of the HTTP Observatory, developer.mozilla.org/observatory (the table of
modifiers in mdn/mdn-http-observatory, 2025). Every site begins with 100. Penalties come first;
bonuses count only if 90 are left. Not here: lists of preloaded sites, and what only matters to
sites that load from others (integrity of their scripts) or answer to them (CORS is a violation).
"""

from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import httpx

HALF_A_YEAR = 15_768_000
WITH_BONUSES = 90
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}


@dataclass(frozen=True)
class Score:
    """The points, and where they come from: modifiers by the names of the tests."""

    modifiers: dict[str, int]

    @property
    def points(self) -> int:
        """As the Observatory adds them up."""
        penalties = 100 + sum(each for each in self.modifiers.values() if each < 0)
        bonuses = sum(each for each in self.modifiers.values() if each > 0)
        return max(0, penalties + (bonuses if penalties >= WITH_BONUSES else 0))


def score(page: httpx.Response, plain: httpx.Response | None) -> Score:
    """Of a page over https, and what plain http answers at the same address; None if nothing."""
    headers = page.headers
    policy = read_policy(headers.get("content-security-policy", ""))
    hsts = judge_hsts(headers.get("strict-transport-security", ""))
    return Score(
        {
            "content-security-policy": judge_policy(policy),
            "cookies": judge_cookies(headers.get_list("set-cookie"), protected=hsts >= 0),
            "cross-origin-resource-sharing": -50 * ("access-control-allow-origin" in headers),
            "redirection": judge_redirection(page, plain),
            "referrer-policy": judge_referrer(headers.get("referrer-policy")),
            "strict-transport-security": hsts,
            "x-content-type-options": 0
            if headers.get("x-content-type-options") == "nosniff"
            else -5,
            "x-frame-options": judge_framing(policy, headers.get("x-frame-options", "")),
            "cross-origin-resource-policy": 10
            * (headers.get("cross-origin-resource-policy") in ("same-origin", "same-site")),
        }
    )


def read_policy(policy: str) -> dict[str, list[str]]:
    """The sources by directive."""
    directives = (part.split() for part in policy.lower().split(";"))
    return {name: sources for name, *sources in filter(None, directives)}


def judge_policy(policy: dict[str, list[str]]) -> int:
    """The policy's test."""
    if not policy:
        return -25
    default = policy.get("default-src", ["*"])
    scripts, styles = policy.get("script-src", default), policy.get("style-src", default)
    objects = policy.get("object-src", default)
    everything = {source for sources in policy.values() for source in sources}
    broad = {"*", "https:", "http:", "data:", "'unsafe-inline'"}
    if broad & {*scripts, *objects}:
        return -20
    if any(source.startswith(("http:", "ws:", "ftp:")) for source in everything):
        return -20
    if "'unsafe-eval'" in scripts:
        return -10
    if broad & {*styles}:
        return 0
    strict = default == ["'none'"] and policy.get("form-action") in (["'none'"], ["'self'"])
    return 10 if strict else 5


def judge_cookies(cookies: list[str], *, protected: bool) -> int:
    """The cookies' test: the worst of them counts. A session's is one that is HttpOnly, or says so
    by its name."""
    worst = 5 if cookies else 0
    for line in cookies:
        ((name, cookie),) = SimpleCookie(line).items()
        is_session = bool(cookie["httponly"]) or "parley" in name
        if not cookie["secure"]:
            if is_session:
                worst = min(worst, -10 if protected else -40)
            else:
                worst = min(worst, -5 if protected else -20)
        if is_session and not cookie["httponly"]:
            worst = min(worst, -30)
        if not cookie["samesite"]:
            worst = min(worst, 0)
        elif cookie["samesite"].lower() not in ("lax", "strict"):
            worst = min(worst, -20)
    return worst


def judge_redirection(page: httpx.Response, plain: httpx.Response | None) -> int:
    """The test of how plain http leads to https."""
    if plain is None:
        return 0
    there = urlsplit(plain.headers.get("location", ""))
    if not plain.is_redirect or there.scheme not in ("https", "http"):
        return -20
    if there.scheme == "http":
        return -10
    return 0 if there.hostname == page.url.host else -5


def judge_referrer(policy: str | None) -> int:
    """The referrer policy's test."""
    if policy is None:
        return 0
    return 5 if policy.split(",")[-1].strip() in PRIVATE else -5


def judge_hsts(header: str) -> int:
    """The test of HSTS."""
    directives = dict(part.strip().partition("=")[::2] for part in header.lower().split(";"))
    age = directives.get("max-age", "")
    if not age.isdecimal():
        return -20
    return 0 if int(age) >= HALF_A_YEAR else -10


def judge_framing(policy: dict[str, list[str]], header: str) -> int:
    """The test of who may frame a page."""
    if policy.get("frame-ancestors"):
        return 5
    return 0 if header.upper() in ("DENY", "SAMEORIGIN") else -20
