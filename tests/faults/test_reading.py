"""What is read from Parley's pages is what stands on them: checked on its own markup."""

from faults import pages

PAGE = """
<a href="/chats/00000000-0000-0000-0000-000000000001?before=00000000-0000-0000-0000-000000000009">
<article class="message user" id="m-00000000-0000-0000-0000-000000000002" data-seq="2" >
  <h2 class="author">You</h2>
  <div class="body" dir="auto">a &lt;b&gt;
  &amp;amp; c</div>
  <div class="foot">
  </div>
</article>
<article class="message assistant" id="m-00000000-0000-0000-0000-000000000003" data-seq="3" data-unfinished>
  <h2 class="author">Parley</h2>
  <div class="body" dir="auto"><p>One <em>two</em></p><div class="open"><p>three 4</p></div></div>
  <div class="foot">
<footer class="status running" data-status>
  <span class="progress">Writing…</span>
</footer>
  </div>
</article>
"""  # noqa: E501

GROWING = """<div class="messages">
  <article class="message assistant">
  <form action="/chats/c/replies/00000000-0000-0000-0000-000000000003/stop"></form>
  <div class="body plain" dir="auto">
<small class="waiting">Waiting in line…</small>
One &lt;two&gt; thr"""


def test_messages_of_a_page() -> None:
    question, answer = pages.read_messages(PAGE)
    assert (question.seq, question.role, question.text) == (2, "user", "a <b>\n  &amp; c")
    assert (question.unfinished, question.is_reply) == (False, False)
    assert (answer.seq, answer.unfinished, answer.is_reply) == (3, True, True)
    assert pages.letters_of(answer.body) == "Onetwothree"
    assert pages.read_earlier(PAGE) == "00000000-0000-0000-0000-000000000009"


def test_the_growing_page_while_it_grows_and_at_its_end() -> None:
    reply = "00000000-0000-0000-0000-000000000003"
    assert pages.read_growing(GROWING) == [(reply, "One <two> thr", False)]
    assert pages.read_growing(GROWING + "ee &am") == [(reply, "One <two> three", False)]
    ended = GROWING + "ee &amp; four\n  </div>\n  </article>"
    assert pages.read_growing(ended) == [(reply, "One <two> three & four", True)]
