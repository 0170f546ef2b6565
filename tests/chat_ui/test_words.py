"""Every word of the interface is in `words.txt`, to be read in one go, and says what the
best-known products say."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from tests.chat_ui.support import ROOT
from tests.chat_ui.words import LIST, list_words, read_module, read_words

# Words that made people look twice, and what is said instead.
INSTEAD = {
    r"\banew\b": "Regenerate, reload",
    r"bring back|brought back": "Restore",
    r"forget me|take them home": "Delete all my data, Export",
    r"what the model (gets|is told)": "View prompt, System prompt",
    r"in line, place": "Queued, 1st in line",
    r"broke off|cut off": "failed, limit reached",
    r"out of reach|goes on by itself|stand still": "Connection lost; reconnecting…, If it stalls",
    r"isn't there|gone for good": "not found, permanently deleted",
    r"to the letter|first of all": "exactly, System prompt",
    r"colours|leave a field|something to see|bytes too many": "Theme, Leave the text box, …",
    r"counts? (from|anew)|begin with it": "Applies from your next message.",
    r"\bgoes? on\b|\bof yours\b|just now": "continue, Your message",
}


def test_the_list_of_words_is_complete() -> None:
    assert LIST.read_text() == list_words(), "PYTHONPATH=chat-ui python -m tests.chat_ui.words"


@pytest.mark.parametrize("words", INSTEAD)
def test_the_interface_says_it_in_plain_words(words: str) -> None:
    found = [line for line in list_words().splitlines() if re.search(words, line, re.IGNORECASE)]
    assert found == [], f"say: {INSTEAD[words]}"


# The same for what is read outside the browser; the scorecard is written by commands.
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md")),
    *(file for file in (ROOT / "docs").rglob("*.md") if file.name != "scorecard.md"),
]
OLD = re.compile(
    r"\banew\b|\bgo(es)? on\b|\baloud\b|\boutliv|to the letter|\bstands? (at|in|below|behind)\b"
    r"|in its place\b|takes? the place|works? replies off|line of replies|set aside|elsewhere",
    re.IGNORECASE,
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=[file.name for file in DOCUMENTS])
def test_the_documents_use_the_words_of_the_field(document: Path) -> None:
    assert [line for line in document.read_text().splitlines() if OLD.search(line)] == []


def test_words_are_found_wherever_a_template_can_have_them() -> None:
    template = """
    <p title="Tip">Hello <b>{{ name }}</b>, {% if a == "no" %}one{% else %}two words{% endif %}</p>
    {% with help = "Some help" %}{% endwith %}
    <input {% if a %}x="{{ a }}"{% endif %} placeholder="Ask">
    {{ "On" if "key" in a else "Off" }} {{ icon("mark") }} <i data-words="Not now">.</i>
    """
    assert read_words(template) == [
        *("Tip", "Hello …,", "one", "two words", "Some help", "Ask", "On / Off"),
        "Not now",
    ]


def test_words_of_modules_are_found_but_not_their_code_and_comments() -> None:
    module = '''
    "What it is for."
    NOTHING = "Write something here."
    LONG = f"At most {MOST} are taken."
    SPELLED = "x y"
    PATTERN = re.compile("Not a word of it.")
    async def run(text):
        """Count words.

        As Markdown."""
    def other():
        "Not shown by anybody."
    '''
    assert read_module(dedent(module)) == [
        *("Write something here.", "At most … are taken.", "Count words.")
    ]
