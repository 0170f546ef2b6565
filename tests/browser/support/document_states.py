"""The states of pages that show documents, and of replies that quote them."""

from collections.abc import Callable

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.support.opening import QUESTION, in_another_chat
from tests.browser.support.page import prompt
from tests.browser.support.people import Someone
from tests.doc_worker.files import text_pdf
from tests.support.sql import sql
from tests.support.waiting import wait_until

# One was read but for two pages, one whole, and one can't be.
READ = """
    DELETE FROM document_pages WHERE session_id = %s;
    UPDATE documents SET state = 'complete', finished_at = now(), error = NULL,
            pages = 9, progress = 9
        WHERE session_id = %s AND kind = 'pdf';
    INSERT INTO document_pages SELECT id, session_id, n, %s,
            CASE WHEN n IN (3, 7) THEN 'unreadable' ELSE 'text' END
        FROM documents, generate_series(1, 9) AS n
        WHERE session_id = %s AND kind = 'pdf';
"""
FILES = {
    "Rental contract, signed, with all appendices and the house rules.pdf": text_pdf(QUESTION),
    "Reise nach Ørsted – Notizen.txt": b"Notes",
    "meter.png": b"\x89PNG\r\n\x1a\n",
}


def documents(path: str) -> Callable[[Someone], Page]:
    def open_page(someone: Someone) -> Page:
        files = [("files", file) for file in FILES.items()]
        someone.http.post(f"{someone.chat}/documents", files=files)
        session, text = someone.session, f"{QUESTION}\n\n" * 12
        unread = "SELECT id FROM documents WHERE session_id = %s AND finished_at IS NULL"
        wait_until(lambda: not sql(someone.parley, unread, session))
        sql(someone.parley, READ, session, session, text, session)
        find = "SELECT id FROM documents WHERE session_id = %s AND kind = 'pdf'"
        ((document,),) = sql(someone.parley, find, session)
        return someone.open(path.replace("CHAT", someone.chat).replace("ID", str(document)))

    return in_another_chat(open_page)


def document_menu(someone: Someone) -> Page:
    page = documents("/documents")(someone)
    page.locator("#documents summary").first.click()
    expect(page.locator("#documents").get_by_role("button", name="Rename")).to_be_visible()
    return page


def attach(someone: Someone) -> Page:
    """As without scripts: with them the button asks for files at once."""
    page = someone.open("/")
    prompt(page).fill("How far is it?")
    page.locator("#composer [name=attach]").evaluate("button => button.form.requestSubmit(button)")
    expect(page.get_by_role("button", name="Upload")).to_be_visible()
    return page


def choice(someone: Someone) -> Page:
    page = documents("/documents")(someone)
    page.goto("/chats/new/documents/add")
    page.get_by_role("checkbox", name="Reise").check()
    return page


def notices(someone: Someone) -> Page:
    """Of several files at once."""
    page = documents("CHAT")(someone)
    bad = [
        FilePayload(name=f"{kind}.txt", mimeType="text/plain", buffer=content)
        for kind, content in {"page": b"<html>", "letter": b"{\\rtf", "empty": b""}.items()
    ]
    repeated = FilePayload(name="copy.txt", mimeType="text/plain", buffer=b"Notes")
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Attach files").click()
    chosen.value.set_files([*bad, repeated])
    expect(page.locator(".notes [data-problem]")).to_have_count(4)
    return page


def answered(path: str) -> Callable[[Someone], Page]:
    """With quotes, one of them twice, and a sentence that has none."""

    def open_page(someone: Someone) -> Page:
        words = "The deposit is 1,500 euros."
        content = f"The lease ends on 31 March 2027. {words}".encode()
        files = [("files", ("a very long name of a lease agreement.txt", content))]
        someone.http.post(f"{someone.chat}/documents", files=files)
        unread = "SELECT id FROM documents WHERE session_id = %s AND finished_at IS NULL"
        wait_until(lambda: not sql(someone.parley, unread, someone.session))
        reply = someone.writer().ask("How high is the deposit, and when does the lease end?")
        (passage,) = reply.find_passages()
        said = [words, "**That is all** there is.", "The lease ends in March.", words]
        places, end = {words: (33, 60), said[2]: (0, 32)}, 0
        quotes = []
        for sentence in said:
            start, end = end, end + len(sentence) + 1
            quote = {"start": start, "end": end - 1}
            if place := places.get(sentence):
                quote |= {"document_id": passage["document_id"], "page": 1}
                quote |= dict(zip(("quote_start", "quote_end"), place, strict=True))
            quotes.append(quote)
        reply.finish(" ".join(said), quotes=quotes)
        document = passage["document_id"]
        address = path.replace("CHAT", someone.chat).replace("REPLY", reply.id)
        return someone.open(address.replace("ID", document))

    return in_another_chat(open_page)
