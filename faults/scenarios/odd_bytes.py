"""NUL, lone surrogates, broken UTF-8, endless lines: a clear refusal or a faithful copy."""

from collections.abc import Iterator
from urllib.parse import quote_from_bytes

from faults.ledger import hash_text
from faults.reading import read_export
from faults.trial import Trial
from faults.verdict import settle

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
            chat = await person.open_chat(reply_tokens="1")  # nobody asks about the reply here
            answer = await person.client.post(
                f"/generate/{chat}", content=body, headers={"Content-Type": content_type}
            )
            status, stored = answer.status_code, await read_export(person, chat)
            texts = [m.content for m in stored if m.role == "user"]
            if wrong := _judge(trial, sample, status, texts):
                words = f"{name}, {how}: {status}, {wrong}"
                trial.found.violate("I1" if status < 500 else "answer", words, chat)
    trial.mark_fault()
    await settle(trial)
    person.chats.clear()  # judged one by one above


def _judge(trial: Trial, sample: bytes, status: int, texts: list[str]) -> str:
    """What is wrong with the answer or with what is stored; empty if nothing."""
    if status == 303:
        trial.found.counts["stored byte for byte"] += 1
        same = [hash_text(text) for text in texts] == [_hash(sample)]
        return "" if same else f"stored as {ascii(texts)[:80]}"
    if 400 <= status < 500:
        trial.found.counts["refused clearly"] += 1
        return "and stored" if texts else ""
    return "neither taken nor refused"


def _hash(sample: bytes) -> str:
    try:
        return hash_text(sample.decode())
    except UnicodeDecodeError:
        return "can't be kept faithfully"


def _forms(sample: bytes) -> Iterator[tuple[str, bytes, str]]:
    urlencoded = "application/x-www-form-urlencoded"
    yield "percent-encoded", b"client_key=k&prompt=" + quote_from_bytes(sample).encode(), urlencoded
    raw = sample.replace(b"%", b"%25").replace(b"&", b"%26").replace(b"+", b"%2B")
    yield "raw", b"client_key=k&prompt=" + raw.replace(b";", b"%3B"), urlencoded
    part = b'--cut\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    body = part % (b"client_key", b"k") + part % (b"prompt", sample) + b"--cut--\r\n"
    yield "multipart", body, "multipart/form-data; boundary=cut"
