"""Passages of documents, for tests of what is quoted from them."""

from uuid import UUID

from app.answering.align import align
from app.clients.queue_types import Passage

LEASE = """The tenant pays a deposit of EUR 1,500. It is returned within 30 days after the end of
the lease. Keys are handed over on 3 May 2025 by Ms. Anna Keller. Pets are not allowed in the
flat. Mr. Bruno Ott pays for the water."""
MIETE = """Der Mieter zahlt eine Kaution von 1.500 Euro. Am 3. Mai 2025 werden die Schlüssel von
Frau Dr. Anna Keller übergeben. Haustiere sind nicht erlaubt."""
BAIL = "Le locataire verse une caution de 1 500 euros. Le contrat prend fin le 31 décembre 2026."
ARRIENDO = "El inquilino paga una fianza de 1.500 euros. No se admiten animales en el piso."
AFFITTO = "L'inquilino versa una cauzione di 1.500 euro. Il contratto termina il 31 marzo 2027."
HUUR = "De huurder betaalt een borg van 1.500 euro. Huisdieren zijn niet toegestaan."
契約 = "契約は2026年12月31日に終了します。保証金は15万円です。"


def passage(text: str, page: int = 1, start: int = 0) -> Passage:
    return Passage(
        document_id=UUID(int=1),
        document="d",
        page=page,
        start=start,
        end=start + len(text),
        text=text,
    )


def sources(reply: str, *texts: str) -> list[str | None]:
    """What each sentence of the reply is supported by."""
    quotes = align(reply, [passage(text, number) for number, text in enumerate(texts)])
    return [
        None if q.page is None else texts[q.page][q.quote_start : q.quote_end].replace("\n", " ")
        for q in quotes
    ]


BOILER = """Error codes
F28 means that the gas valve did not open.
F75 means that the pressure of the water is
Too Low.
Pets
Cats are allowed without asking."""
