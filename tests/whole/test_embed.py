"""A Parley with an embedding model: its documents are found by meaning as well."""

from pathlib import Path

import httpx

from tests.doc_worker import files
from tests.support.embedding_model import write_embedding_model
from tests.support.local_stack import LocalStack
from tests.support.waiting import wait_until
from tests.whole.test_documents import read

LACKING = "searched by keywords only"


def test_documents_get_vectors_where_a_model_for_them_is_named(tmp_path: Path) -> None:
    model = tmp_path / "random.gguf"
    write_embedding_model(model)
    with (
        LocalStack(EMBED_MODEL=str(model)) as parley,
        httpx.Client(base_url=parley.url, timeout=60) as browser,
    ):
        read(browser, "a.pdf", files.text_pdf("Hello from a PDF."))
        wait_until(lambda: LACKING not in browser.get("/documents").text, 60)
        parley.kill("embed")
        read(browser, "b.pdf", files.text_pdf("Hello again."))
        wait_until(lambda: LACKING not in browser.get("/documents").text, 60)
