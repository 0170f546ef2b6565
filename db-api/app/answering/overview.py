"""Gives a question about a document as a whole, such as "summarise it", what it can be answered
from, if the document is too long to be given whole: its beginning, and parts evenly chosen from the
rest."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, text

from app.passages.judge import SENTENCE_END
from app.passages.words import ASKING_WORDS, COMMON_WORDS, split_words
from app.replies.schemas import Passage

PART_BYTES = 300

# In English, German, French, Spanish, Italian and Dutch, as words are compared: a question about a
# whole document has one of these words ...
_ASKING = """
summarise summarize summary summaries overview outline gist about
zusammen zusammenfassen zusammenfassung uberblick worum inhalt
resume resumer resumez synthese apercu parle
resumir resumen sintesis trata
riassumi riassumere riassunto sintesi panoramica tratta parla
vat samen samenvatten samenvatting overzicht waarover gaat
"""
# ... and beside the commonest words of its language none but these.
_VAGUE = """
all book brief briefly can could content contents document documents file files give i important in
key lines main me most page pages pdf please points sentences short text this these write you
dieses diese dokument dokumente datei fasse fass kurz bitte mir gib wichtigsten punkte satzen geht
text seiten handelt
ce cet cette ces document documents texte fichier moi brievement bref donne fais quoi principaux
points phrases pages s il te vous plait contenu
este esta estos documento documentos texto archivo breve brevemente dame haz favor principales
puntos frases paginas contenido
questo questa questi documento documenti testo breve brevemente dammi fai favore principali punti
frasi pagine contenuto cosa mi
dit deze document documenten tekst bestand kort geef mij me maak graag belangrijkste punten zinnen
inhoud over waar
"""
ASKING = frozenset(_ASKING.split())
VAGUE = frozenset(_VAGUE.split()).union(*(words.split() for words in COMMON_WORDS.values()))

# The first passage of each of as many equal parts of all the text.
PARTS = text("""
SELECT document_id, page, start, text
FROM (
    SELECT p.document_id, p.page, p.start_offset AS start, p.text,
        row_number() OVER written - 1 AS number, count(*) OVER () AS count, link.created_at
    FROM chat_documents link JOIN passages p ON p.document_id = link.document_id
    WHERE link.chat_id = :chat_id AND link.session_id = :owner AND p.session_id = :owner
    WINDOW written AS (ORDER BY link.created_at, p.document_id, p.page, p.start_offset)
) AS numbered
WHERE number = 0 OR number * :parts / count > (number - 1) * :parts / count
ORDER BY number
""")


def asks_for_overview(question: str, names: Iterable[str]) -> bool:
    """Whether it asks about documents of these names as a whole, and for nothing in them."""
    named = (word for name in names for word in split_words(name))
    words = {word for word in split_words(question) if not word.isdigit()}
    return not words.isdisjoint(ASKING) and words <= ASKING | VAGUE | set(named)


def names_nothing(question: str) -> bool:
    """Whether none of its words could be looked for in a document: "What does it say?"."""
    return VAGUE.union(ASKING, ASKING_WORDS).issuperset(split_words(question))


def read_overview(connection: Connection, owner: UUID, chat_id: UUID, room: int) -> list[Passage]:
    """So many bytes, in the order of the text. As the person who asked."""
    values = {"owner": owner, "chat_id": chat_id, "parts": max(1, room // PART_BYTES)}
    return [
        Passage(
            document_id=part.document_id,
            document="",
            page=part.page,
            start=part.start,
            end=part.start + len(beginning := cut_beginning(part.text)),
            text=beginning,
        )
        for part in connection.execute(PARTS, values)
    ]


def cut_beginning(passage: str) -> str:
    """Its first sentences, as far as they have room; at least some words."""
    fitting = passage.encode()[:PART_BYTES].decode(errors="ignore")
    if fitting == passage:
        return passage
    ends = [found.start() for found in SENTENCE_END.finditer(fitting)]
    return fitting[: ends[-1]] if ends else fitting.rpartition(" ")[0] or fitting
