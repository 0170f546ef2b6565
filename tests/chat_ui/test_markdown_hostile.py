"""Model output is hostile: whatever it says, only what is listed here may reach the page."""

import pytest
from app.markdown import StreamingMarkdown, render
from app.markdown.sanitise import sanitise
from markupsafe import Markup

from security.corpus import group_by_kind, read_corpus
from tests.chat_ui.safe_html import check

U = "https://evil.example/x"
HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example></SCRIPT>",
    "<scr<script>ipt>alert(1)</script>",
    "text <script>alert(1)</script> text",
    "<img src=x onerror=alert(1)>",
    f"<img src={U}>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    f"<iframe src={U}></iframe>",
    f"<object data={U}></object>",
    f"<embed src={U}>",
    f"<link rel=stylesheet href={U}>",
    f"<meta http-equiv=refresh content='0;url={U}'>",
    f"<base href={U}>",
    f"<form action={U}><input name=password><button>Go</button></form>",
    f"<video src={U} autoplay></video>",
    f"<style>@import '{U}';</style>",
    f"<div style='background:url({U})'>a</div>",
    "<p onclick=alert(1) id=composer class=message>a</p>",
    "<div hidden data-action=x>a</div>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table></math>",
    "<math><annotation-xml encoding='text/html'><script>alert(1)</script></annotation-xml></math>",
    "<math><maction actiontype='statusline#x' xlink:href='javascript:alert(1)'>a</maction></math>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?>",
    "</p></div></main><h1>Sign in again</h1>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a]( javascript:alert(1) )",
    "[a](<javascript:alert(1)>)",
    "[a](<java\tscript:alert(1)>)",
    "[a](java&#10;script:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](&#x6A;&#x61;vascript&colon;alert(1))",
    "[a](javascript&#58;alert(1))",
    "[a](&#1;javascript:alert(1))",
    "[a](\x01javascript:alert(1))",
    "[a](\u00a0javascript:alert(1))",
    "[a](\u200bjavascript:alert(1))",
    "[a](ja\u00advascript:alert(1))",
    "[a](\uff4aavascript:alert(1))",
    "[a](javascript\\:alert(1))",
    "[a](%6aavascript:alert(1))",
    "[a](javascript%3Aalert(1))",
    "[a](vbscript:msgbox(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](data:image/png;base64,AAAA)",
    "[a](DATA:text/html;base64,PHNjcmlwdD4=)",
    "[a](file:///etc/passwd)",
    "[a](blob:https://evil.example/1)",
    "[a](about:blank)",
    "[a](intent://x#Intent;end)",
    "[a](tel:123)",
    "[a](//evil.example)",
    "[a](/chats/1/replies/2/stop)",
    "[a](?x=1)",
    "[a](#composer)",
    "[a](https:evil.example)",
    "[a](https:///evil.example)",
    "[a](http://)",
    "[a](https:\\\\evil.example)",
    "[a](feed:javascript:alert(1))",
    "[a](view-source:javascript:alert(1))",
    f'[a]({U} "\\" onmouseover=\\"alert(1)")',
    f"[a]({U}\"onmouseover='alert(1))",
    f'[a]({U} "<script>alert(1)</script>")',
    f"[<img src=x onerror=alert(1)>]({U})",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    "<java&#115;cript:alert(1)>",
    '<https://evil.example/"onmouseover="alert(1)>',
    f"![a]({U}.png)",
    f'![a](<{U}.png> "b" )',
    f"![![a]({U})]({U})",
    "![a](javascript:alert(1))",
    "![a](data:image/svg+xml,<svg onload=alert(1)>)",
    f'![" onerror="alert(1)]({U})',
    f"[![a]({U})]({U})",
    f"[a]\n\n[a]: {U}",
    f"![a]\n\n[a]: {U}",
    "[a]\n\n[a]: javascript:alert(1)",
    "[a][b]\n\n[b]: <javascript:alert(1)> 'c'",
    "```<script>alert(1)</script>\nx\n```",
    '```"onmouseover="alert(1)\nx\n```',
    "```html\n<script>alert(1)</script>\n```",
    "```python\n</code></pre><script>alert(1)</script>\n```",
    "```js\n`${'</script><script>alert(1)</script>'}`\n```",
    "    <script>alert(1)</script>",
    "`<script>alert(1)</script>`",
    "|<script>|\n|---|\n|<img src=x onerror=alert(1)>|",
    "# <script>alert(1)</script>",
    "- <script>alert(1)</script>\n  > <svg/onload=alert(1)>",
    r"$\text{<script>alert(1)</script>}$",
    r"$\text{&lt;img src=x onerror=alert(1)&gt;}$",
    r"$\text{</mtext></math><script>alert(1)</script>}$",
    r"$\mbox{<svg onload=alert(1)>}$",
    r"$\verb|<script>alert(1)</script>|$",
    r"$\operatorname{<script>}$",
    r"$\href{javascript:alert(1)}{x}$",
    rf"$\href{{{U}}}{{x}}$",
    r"$\style{position:fixed;inset:0;background:red}{x}$",
    r"$\class{message}{x}$",
    r"$\cssId{composer}{x}$",
    r"$\color{red;background:url(//evil.example)}x$",
    r"$\textcolor{\"onclick=alert(1)}{x}$",
    r"$\colorbox{red}{x}$",
    r"$\rule{9999em}{9999em}$",
    r"$\hspace{9999em}x\hspace{-9999em}y$",
    r"$\raise{99em}{x}\lower{99em}{y}\moveleft{99em}{z}$",
    r"$\smash{\begin{matrix}a\\b\\c\end{matrix}}$",
    r"$\Huge{\Huge{\Huge{x}}}$",
    r"$\unicode{x3c}script\unicode{x3e}$",
    r"$\genfrac(){99999em}{0}{a}{b}$",
    r"$\begin{array}{c|c}<script>&<img src=x>\\\hline a&b\end{array}$",
    r"$$<math><mtext><script>alert(1)</script></mtext></math>$$",
    r"\[ <annotation-xml encoding='text/html'><img src=x onerror=alert(1)></annotation-xml> \]",
    r"\( <maction actiontype='toggle'>x</maction> \)",
    "$</code><script>alert(1)</script>^$",
    "$\\frac{<script>$",
    "H<sub onclick=alert(1)>2</sub><sup style='x'>a</sup><br onclick=alert(1)>",
    "<sub><script>alert(1)</script></sub>",
    "<sub>" * 20 + "a" + "</sup>" * 20,
    'https://evil.example/"onmouseover="alert(1)',
    "https://evil.example/<script>alert(1)</script>",
    "www.evil.example'onmouseover='alert(1)",
    "[^1](javascript:alert(1))[^1]\n\n[^1]: <script>alert(1)</script>\n[^1]: b[^1]",
    '[^1"onmouseover="alert(1)]\n\n[^1"id="composer]: a',
    f"[a[^1] https://b.c]({U})",
    "[a](#\ufdd0note-1) [a](#-note-1) [a](&#xfdd0;note-1)",
    "- [x] <script>alert(1)</script>\n- [ ] [^1]",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\<script>alert(1)\\</script>",
    "<\0script>alert(1)</script>",
    "\ufeff<script>alert(1)</script>",
    "\u202e<script>alert(1)</script>",
    "<a href=javascript:alert(1)>a</a>",
    "**<script>**alert(1)**</script>**",
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_harmless_and_shown_rather_than_lost(text: str) -> None:
    assert render(text).striptags().strip() or text.startswith(("$\\rule", "$\\hspace"))
    in_a_quote = "> - " + text.replace("\n", "\n>   ")
    for wrapped in (text, in_a_quote, f"**see _{text}_** and ~~{text}~~"):
        check(render(wrapped))


@pytest.mark.parametrize("text", HOSTILE)
def test_the_last_step_alone_would_be_enough(text: str) -> None:
    check(sanitise(text))
    check(sanitise(f"<math><mtext>{text}</mtext></math><table><tr><td>{text}</table>"))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_harmless_while_it_streams(text: str) -> None:
    """Character by character."""
    markdown = StreamingMarkdown()
    for character in text:
        markdown.feed(character)
        check(Markup("").join([*markdown.closed, markdown.open]))
    markdown.finish()
    check(Markup("").join([*markdown.closed, markdown.open]))


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.startswith("[a](")])
def test_only_web_and_mail_addresses_become_links(text: str) -> None:
    assert ("<a " in render(text)) == (U in text)


def test_everything_hostile_at_once_is_harmless_and_the_checker_refuses_what_it_should() -> None:
    check(render("\n\n".join(HOSTILE)))
    check(render(" ".join(HOSTILE)))
    for html in (
        "<script></script>",
        "<p onclick='x'></p>",
        "<p style='x'></p>",
        "<a href='javascript:x' rel='noopener noreferrer nofollow'></a>",
        "<a href='http://a.b'></a>",
        "<span class='message'></span>",
        "<mspace width='99em'></mspace>",
        "<p>",
        "<!-- x -->",
    ):
        with pytest.raises(AssertionError):
            check(html)


CORPUS = read_corpus()
KINDS = group_by_kind(CORPUS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_texts_of_make_security_are_harmless_and_leave_nothing_open(kind: str) -> None:
    """What a text leaves open would hide the next one where they are written in one reply."""
    for payload in KINDS[kind]:
        html = render(f"{payload.storable}\n\nEnd.")
        check(html.replace("%6a", "j").replace("https://а", "https://a"))  # of hosts
        assert html.endswith("End.</p>\n") or payload is KINDS[kind][-1], payload.text


def test_there_are_enough_of_them_and_none_twice() -> None:
    assert len({payload.text for payload in CORPUS}) == len(CORPUS) > 400


# A few letters that become much, and what they are of.
LONG = {
    "cells": "|" + "a|" * 50 + "\n|" + "-|" * 50 + "\n" + "a\n" * 5 + "\n",
    "formulas": r"$\LaTeX$",
    "formulas of their own": "$$x$$\n",
    "formulas in lines": "$\\xrightarrow[a]{b}$\n\n",
    "notes": "[^1]",
    "notes of many kinds": "[^1]: a\n",
}
BYTES = 32_768


@pytest.mark.parametrize("kind", LONG)
def test_a_message_never_becomes_a_page_of_megabytes(kind: str) -> None:
    text = LONG[kind] * (BYTES // len(LONG[kind])) + "\n\n*The end.*"
    html = render(text, "0" * 36)
    assert len(html) < 17 * len(text) + 30_000
    assert "<em>The end.</em>" in html
    streamed = StreamingMarkdown("0" * 36)
    for start in range(0, len(text), 4000):
        streamed.feed(text[start : start + 4000])
        assert len(streamed.open) < 17 * len(text) + 30_000
    streamed.finish()
    assert Markup("").join(streamed.closed) == html


def test_what_would_be_too_long_is_shown_as_it_was_written_and_an_ordinary_text_is_not() -> None:
    formula = r"$\LaTeX$ "
    assert "<math" in render(formula * 60)
    long = render(formula * 3000 + "\n\n" + formula)
    assert long.count(r"$\LaTeX$") == 3000
    assert "<math" in long[-3000:]
