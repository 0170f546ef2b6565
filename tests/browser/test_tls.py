"""TLS with a root of our own, in a browser that trusts it and in one that doesn't."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import Browser, Error, Page, expect

from local.nginx import nginx
from local.ports import free_port
from local.stack import ROOT
from tests.browser.conftest import CHROMIUM, OPTIONS, PHONE
from tests.browser.support.axe import findings
from tests.browser.support.page import FITS
from tests.browser.support.writer import ChatWriter, DbApi
from tests.nginx.gateway import Gateway, running_gateway
from tests.support.local_stack import LocalStack
from tests.support.program import Program
from tests.support.sql import sql
from tests.support.waiting import answers
from tls.authority import Authority
from tls.names import read_names

NAME = "parley.local"
NAMES = read_names({"TLS_NAMES": NAME})
AUTHORITY = Authority.create(NAMES)


@pytest.fixture(scope="module")
def gateway(parley: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """nginx with a certificate, before one more copy of chat-ui, which knows of it."""
    if not nginx():
        assert not os.environ.get("CI"), "CI needs nginx"
        pytest.skip("no nginx here (Debian: apt install nginx-light)")
    directory = tmp_path_factory.mktemp("tls")
    (directory / "current.pem").write_bytes(AUTHORITY.sign(NAMES))
    (directory / "root.crt").write_bytes(AUTHORITY.certificate.public_bytes(Encoding.PEM))
    port = free_port()
    own = {"HOST": "127.0.0.1", "PORT": str(port), "RUNNER": "off", "TLS": "local"}
    settings = parley.environment("chat-ui") | own
    chat_ui = Program([ROOT / "chat-ui" / "start"], settings, directory / "chat-ui.log")
    try:
        chat_ui.wait_until(lambda: answers(f"http://127.0.0.1:{port}/health"))
        with running_gateway(directory, port, TLS="local", TLS_DIR=str(directory)) as gateway:
            yield gateway
    finally:
        chat_ui.end()


@pytest.fixture(scope="module")
def trusting(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium with the root installed as somebody would, and a network that knows the name."""
    if not shutil.which("certutil"):
        assert not os.environ.get("CI"), "CI needs certutil"
        pytest.skip("no certutil here (Debian: apt install libnss3-tools)")
    home = tmp_path_factory.mktemp("home")
    (home / "root.crt").write_bytes(AUTHORITY.certificate.public_bytes(Encoding.PEM))
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    database = ("-d", f"sql:{store}")
    added = ("-n", "Parley's own root", "-t", "C,,", "-i", str(home / "root.crt"))
    subprocess.run(["certutil", *database, "-N", "--empty-password"], check=True, timeout=60)
    subprocess.run(["certutil", *database, "-A", *added], check=True, timeout=60)
    browser = chromium.browser_type.launch(
        executable_path=CHROMIUM,
        args=[*OPTIONS, f"--host-resolver-rules=MAP {NAME} 127.0.0.1"],
        env={**os.environ, "HOME": str(home)},
    )
    yield browser
    browser.close()


@pytest.fixture
def page(trusting: Browser) -> Iterator[Page]:
    with trusting.new_context() as context:
        yield context.new_page()


def begin(page: Page, gateway: Gateway) -> None:
    """A chat, from the address as somebody types it."""
    page.goto(gateway.url.replace("127.0.0.1", NAME))
    assert page.url == f"https://{NAME}:{gateway.tls_port}/"
    page.get_by_label("Your name").fill("Ann")
    page.get_by_role("button", name="Start chatting").click()
    expect(page.get_by_role("textbox", name="Your message")).to_be_visible()


def test_a_browser_that_trusts_the_root_chats_under_a_second_name(
    page: Page, gateway: Gateway
) -> None:
    begin(page, gateway)
    (cookie,) = (c for c in page.context.cookies() if c["name"].endswith("parley"))
    assert (cookie["name"], cookie["secure"], cookie["httpOnly"]) == ("__Host-parley", True, True)
    assert page.evaluate("isSecureContext")
    assert page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h2"


STREAMS = 8  # with HTTP/1.1 a browser has six connections
ONE_MORE = """(streams) => {
    const tabs = [...Array(streams)].map(() => fetch(`${location.pathname}/live`));
    const another = Promise.all(tabs).then(() => fetch("/health")).then(({ status }) => status);
    return Promise.race([another, new Promise((late) => setTimeout(late, 20_000, "late"))]);
}"""


def test_more_live_tabs_than_a_browser_has_connections_leave_room_for_a_page(
    page: Page, gateway: Gateway, parley: LocalStack, api: DbApi
) -> None:
    begin(page, gateway)
    chat = urlsplit(page.url).path
    ((session,),) = sql(
        parley, "SELECT session_id FROM chats WHERE id = %s", chat.removeprefix("/chats/")
    )
    writer = ChatWriter(api, str(session), chat)
    try:
        writer.ask("What is the sea?")  # nobody answers
        assert page.evaluate(ONE_MORE, STREAMS) == 200
    finally:
        page.goto("about:blank")
        writer.release()


@pytest.mark.parametrize("address", [NAME, "localhost", "127.0.0.1"])
def test_every_name_of_the_certificate_is_trusted(
    page: Page, gateway: Gateway, address: str
) -> None:
    answer = page.goto(gateway.tls_url.replace("127.0.0.1", address))
    assert answer
    assert answer.ok


def test_a_browser_without_the_root_is_warned_and_can_read_how_to_install_it(
    chromium: Browser, gateway: Gateway
) -> None:
    with chromium.new_context(**PHONE) as context:
        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            context.new_page().goto(gateway.tls_url)
        page = context.new_page()  # the first one is still on its way to the warning
        page.goto(f"{gateway.url}/certificate")
        links = page.get_by_role("main").get_by_role("link").all()
        paths = [link.get_attribute("href") for link in links]
        assert len(paths) == 6
        for path in ("/certificate", *paths):
            page.goto(f"{gateway.url}{path}")
            expect(page.get_by_role("heading", level=1)).to_contain_text("Install the certificate")
            assert page.evaluate(FITS), path
            assert findings(page) == [], path
        with page.expect_download() as download:
            page.get_by_role("link", name="the certificate").click()
        assert Path(download.value.path()).read_bytes() == AUTHORITY.certificate.public_bytes(
            Encoding.PEM
        )
