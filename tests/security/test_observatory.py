"""The score is what the Observatory's rules give."""

import httpx
import pytest

from security.observatory import score

BEST = {
    "content-security-policy": "default-src 'none'; script-src 'self'; form-action 'self';"
    " frame-ancestors 'none'",
    "strict-transport-security": "max-age=31536000",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "set-cookie": "__Host-parley=x; path=/; httponly; samesite=lax; secure",
}
NEVER = "default-src 'none'; script-src 'unsafe-inline'; frame-ancestors 'none'"


def points(changes: dict[str, str | None], location: str = "https://localhost:8443/") -> int:
    headers = {name: value for name, value in (BEST | changes).items() if value is not None}
    page = httpx.Response(200, headers=headers, request=httpx.Request("GET", "https://localhost/"))
    return score(page, httpx.Response(308, headers={"location": location})).points


@pytest.mark.parametrize(
    ("header", "value", "expected"),
    [
        ("x-unknown", "1", 135),
        ("content-security-policy", None, 0 + 100 - 25 - 20),
        ("content-security-policy", NEVER, 80),
        (
            "content-security-policy",
            BEST["content-security-policy"].replace("'none'; s", "*; s"),
            80,
        ),
        ("strict-transport-security", None, 80),
        ("strict-transport-security", "max-age=86400", 90 + 35),
        ("referrer-policy", "unsafe-url", 95 + 30),
        ("x-content-type-options", None, 95 + 35),
        ("cross-origin-resource-policy", None, 125),
        ("access-control-allow-origin", "*", 50),
        ("set-cookie", None, 130),
        ("set-cookie", "parley=x; path=/; httponly; samesite=lax", 90 + 30),
        ("set-cookie", "parley=x; path=/; secure; samesite=lax", 70),
        ("set-cookie", "theme=dark; path=/; samesite=lax", 95 + 30),
        ("set-cookie", "parley=x; path=/; secure; httponly; samesite=none", 80),
    ],
)
def test_each_header_has_its_points(header: str, value: str | None, expected: int) -> None:
    assert points({header: value}) == expected


@pytest.mark.parametrize(
    ("location", "expected"),
    [("https://other.example/", 130), ("http://localhost/x", 125), ("/other", 80)],
)
def test_plain_http_has_to_lead_to_https(location: str, expected: int) -> None:
    assert points({}, location) == expected
