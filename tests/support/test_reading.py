"""What the other tests read from pages and streams is what is there: a blind reader passes all."""

import httpx

from tests.support.pages import Reader, articles, client_key, form_action, links, textarea
from tests.support.sse import read_events

PAGE = """
<a href="/chats/c?before=m">Earlier</a>
<article class="message user" id="m-2" data-seq="2" data-parent="1">
  <div class="body" dir="auto">a &lt;b&gt;
  &amp;amp; c</div>
  <div class="foot"></div>
</article>
<article class="message assistant" id="m-3" data-seq="3" data-parent="2" data-unfinished>
  <div class="body" dir="auto"><p>One<br><em>two</em></p><div class="open">three</div></div>
  <div class="foot"><footer class="status running" data-status>
  <form action="/chats/c/replies/3/stop"></form></footer></div>
</article>
<article class="message user editing" id="m-4"><form></form></article>
<form action="/generate/c"><input type="hidden" name="client_key" value="k&amp;y">
<textarea>
precious
words</textarea></form>
"""
LIVE = """<div class="messages">
  <article class="message assistant">
  <form action="/chats/c/replies/3/stop"></form>
  <div class="body plain" dir="auto">
<small class="waiting">Waiting…</small>
One &lt;two&gt; thr"""


def test_messages_and_forms_of_a_page() -> None:
    question, answer = articles(PAGE)
    assert (question.id, question.seq, question.role, question.parent) == ("2", 2, "user", "1")
    assert (question.text, question.state) == ("a <b>\n  &amp; c", "")
    assert (answer.role, answer.state, answer.text) == ("assistant", "running", "Onetwothree")
    assert (question.unfinished, answer.unfinished) == (False, True)
    assert answer.body == '<p>One<br><em>two</em></p><div class="open">three</div>'
    assert (client_key(PAGE), textarea(PAGE)) == ("k&y", "precious\nwords")
    assert form_action(PAGE, "/stop") == "/chats/c/replies/3/stop"
    assert links(PAGE) == ["/chats/c?before=m"]


def test_the_growing_page_piece_by_piece() -> None:
    reader, shown = Reader(), []
    for piece in (LIVE, "ee &am", "p; four", "\n  </div>\n  </article>"):
        reader.feed(piece)
        (message,) = articles(reader.root)
        shown.append((message.id, message.text.strip(), message.unfinished))
    texts = ["One <two> thr", "One <two> thr", "One <two> three & four"]
    assert shown == [*(("3", text, True) for text in texts), ("3", texts[-1], False)]


def test_whole_events_of_a_stream_and_no_cut_one() -> None:
    text = ': \n\nevent: text\ndata: {"a": "\u2028"}\n\ndata: [1]\n\ndata: [DONE]\n\ndata: {"cut'
    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, text=text)
    assert list(read_events(response)) == [("text", {"a": "\u2028"}), ("message", [1])]
