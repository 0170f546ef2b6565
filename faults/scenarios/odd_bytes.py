"""NUL, lone surrogates, broken UTF-8, endless lines: a clear refusal or a faithful copy."""

from collections.abc import Iterator
from urllib.parse import quote_from_bytes

import httpx

from faults.export import read_export
from faults.ledger import hash_text
from faults.trial import Trial

SAMPLES: dict[str, bytes] = {
    "NUL": b"a\0b",
    "a lone surrogate": b"a\xed\xa0\x80b",
    "two lone surrogates": b"\xed\xa0\xbd\xed\xb8\x80",
    "broken UTF-8": b"a\xff\xfeb",
    "a cut letter": "Zürich".encode()[:2],
    "an overlong slash": b"a\xc0\xafb",
    "beyond Unicode": b"a\xf4\x90\x80\x80b",
    "30 kB in one line": b"word " * 6000,
    "30 kB without a space": b"x" * 30_000,
    "control characters": bytes(range(1, 32)) + b"end",
    "line ends of all kinds": b"a\rb\nc\r\nd\n\re",
    "Unicode's own line ends": "a\u2028b\u2029c\u0085d\ve\f".encode(),
    "right to left": "\u202eabc\u202c \u200f\u061c".encode(),
    "not a character": "a\ufffe\uffff\ufdd0b".encode(),
    "all planes": "é漢🦊\U000e0001\U0010ffff".encode(),
    "stacked accents": ("e" + "\u0301" * 500).encode(),
    "white space around": b"  \t a \t  ",
    "markup": b"<script>alert(1)</script>&amp;&#0;</textarea><!--",
    "percent signs": b"100%25 %zz %",
    "a byte order mark": "\ufeffa".encode(),
}


async def run(trial: Trial) -> None:
    """Each sample as a form of both encodings, with and without percent signs."""
    person = trial.browser()
    for name, sample in SAMPLES.items():
        for how, body, content_type in _forms(sample):
            chat = await person.open_chat()
            answer = await person.client.post(
                f"/generate/{chat}", content=body, headers={"Content-Type": content_type}
            )
            await _judge(trial, chat, f"{name}, {how}", sample, answer)
    trial.counts["forms sent"] += len(SAMPLES) * 3
    trial.mark_fault()
    await trial.settle()
    for browser in trial.browsers:
        browser.chats.clear()  # judged one by one above


def _forms(sample: bytes) -> Iterator[tuple[str, bytes, str]]:
    urlencoded = "application/x-www-form-urlencoded"
    yield "percent-encoded", b"client_key=k&prompt=" + quote_from_bytes(sample).encode(), urlencoded
    raw = sample.replace(b"%", b"%25").replace(b"&", b"%26").replace(b"+", b"%2B")
    yield "raw", b"client_key=k&prompt=" + raw.replace(b";", b"%3B"), urlencoded
    part = b'--cut\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    body = part % (b"client_key", b"k") + part % (b"prompt", sample) + b"--cut--\r\n"
    yield "multipart", body, "multipart/form-data; boundary=cut"


async def _judge(trial: Trial, chat: str, what: str, sample: bytes, answer: httpx.Response) -> None:
    stored = [m for m in await read_export(trial.browsers[0], chat) if m.role == "user"]
    if answer.status_code == 303:
        trial.counts["stored byte for byte"] += 1
        same = len(stored) == 1 and hash_text(stored[0].content) == _hash(sample)
        if not same:
            got = ascii(stored[0].content[:60]) if stored else "nothing"
            trial.violate("I1", f"{what}: acknowledged, stored as {got}", chat)
    elif 400 <= answer.status_code < 500:
        trial.counts["refused clearly"] += 1
        if stored:
            trial.violate("I1", f"{what}: refused with {answer.status_code} and stored", chat)
    else:
        trial.violate("answer", f"{what}: {answer.status_code}", chat)


def _hash(sample: bytes) -> str:
    try:
        return hash_text(sample.decode())
    except UnicodeDecodeError:
        return "can't be kept faithfully"
