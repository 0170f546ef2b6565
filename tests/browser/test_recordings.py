"""A message is spoken: recorded by the browser's microphone, which beeps here, transcribed by a
worker whose model always says the same, and read before it is sent."""

import random
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.support.axe import findings
from tests.browser.support.page import FITS, problem, prompt
from tests.browser.support.people import Profile, Someone
from tests.browser.support.writer import DbApi
from tests.doc_worker.recordings import write_wav
from tests.support.local_stack import LocalStack
from tests.support.whisper_model import write_whisper_model

SAID = "Good morning."
SCRIPT = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A Parley with a model that transcribes."""
    model = tmp_path_factory.mktemp("models") / "said.bin"
    write_whisper_model(model, " Good", " morning", ".")
    with LocalStack(WHISPER_MODEL=str(model), REPLY_TOKENS="24") as stack:
        yield stack


@pytest.fixture(params=["desk", "phone", "no scripts"])
def speaker(
    request: pytest.FixtureRequest, chromium: Browser, hearing: LocalStack
) -> Iterator[Someone]:
    size = PHONE if request.param == "phone" else DESK
    scripts = request.param != "no scripts"
    profile = Profile(chromium, hearing.url, java_script_enabled=scripts, **size)
    api = DbApi(hearing)
    someone = Someone(profile, hearing, api, "Ann")
    someone.scripts = scripts
    yield someone
    someone.leave()
    profile.context.close()
    api.http.close()


only = pytest.mark.parametrize("speaker", ["desk"], indirect=True)


def record(page: Page) -> None:
    page.get_by_role("button", name="Record").click()
    stop = page.get_by_role("button", name="Stop recording")
    expect(stop).to_be_visible()
    page.wait_for_timeout(1500)  # something has to be said
    stop.click()


def listed(page: Page) -> Locator:
    return page.locator("#recordings li")


@pytest.mark.parametrize("speaker", ["desk", "phone"], indirect=True)
def test_a_message_is_spoken_read_and_sent(speaker: Someone) -> None:
    page = speaker.open()
    prompt(page).fill("Dear Ada,")
    record(page)
    expect(prompt(page)).to_have_value(f"Dear Ada, {SAID}")
    expect(listed(page)).to_have_count(0)
    page.reload()
    expect(prompt(page)).to_have_value(f"Dear Ada, {SAID}")
    assert page.evaluate(FITS)
    assert findings(page) == []
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message.user .body")).to_have_text(f"Dear Ada, {SAID}")


def test_a_recording_waits_until_somebody_comes(speaker: Someone) -> None:
    """Uploaded by a form, read on another page."""
    speaker.new_chat()
    noise = write_wav(random.Random(1).randbytes(8_000), 8_000)
    speaker.http.post(f"{speaker.chat}/documents", files={"files": ("voice.wav", noise)})
    speaker.parley.wait(lambda: "Use as message" in speaker.http.get(speaker.chat).text)
    page = speaker.open()
    if not speaker.scripts:
        expect(listed(page)).to_contain_text(SAID)
        page.get_by_role("link", name="Use as message").click()
    expect(prompt(page)).to_have_value(SAID)
    expect(listed(page)).to_have_count(0)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message.user .body")).to_have_text(SAID)
    assert SAID not in speaker.http.get(f"{speaker.chat}/recordings", headers=SCRIPT).text


@only
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })", "https"),
        ("void (navigator.mediaDevices.getUserMedia = () => Promise.reject())", "allow the"),
    ],
)
def test_without_a_microphone_the_button_says_why(speaker: Someone, change: str, said: str) -> None:
    page = speaker.open()
    page.evaluate(change)
    page.get_by_role("button", name="Record").click()
    expect(problem(page)).to_contain_text(said)
    expect(problem(page)).to_contain_text("upload a recording instead")
    expect(page.get_by_role("button", name="Record")).to_be_visible()


@only
def test_what_cannot_be_deleted_yet_is_in_the_message_once(speaker: Someone) -> None:
    speaker.expect_error("ERR_FAILED")
    page = speaker.open()
    page.route("**/delete", lambda route: route.abort())
    record(page)
    expect(prompt(page)).to_have_value(SAID)
    expect(listed(page)).to_have_count(1)
    page.unroute("**/delete")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(listed(page)).to_have_count(0)
    expect(prompt(page)).to_have_value(SAID)


@only
def test_a_recording_ends_before_it_would_be_too_long(speaker: Someone) -> None:
    page = speaker.open()
    page.clock.install()
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("button", name="Stop recording")).to_be_visible()
    page.clock.fast_forward("09:58")
    expect(page.get_by_role("button", name="Stop recording")).not_to_be_visible()


@only
def test_a_wav_that_is_too_large_could_be_saved_as_something_smaller(speaker: Someone) -> None:
    page = speaker.open()
    page.evaluate("document.querySelector('#upload').dataset.limit = 3")
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Attach files").click()
    wav: FilePayload = {"name": "voice.wav", "mimeType": "audio/wav", "buffer": b"RIFF"}
    chosen.value.set_files(wav)
    expect(problem(page)).to_contain_text("voice.wav is too large.")
    expect(problem(page)).to_contain_text("as MP3, M4A or Ogg, not as WAV.")
