"""Documents in a browser: attached by whoever uses it, and found on its page."""

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.support.people import Someone


def text_file(name: str, content: str = "") -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": (content or name).encode()}


def documents(page: Page) -> Locator:
    return page.locator("#documents li")


def attach(someone: Someone, page: Page, *files: FilePayload) -> None:
    """By the button in the composer. Without scripts that leads to a form."""
    button = page.get_by_role("button", name="Attach files")
    if someone.scripts:
        with page.expect_file_chooser() as chosen:
            someone.press(button)
        chosen.value.set_files(list(files))
    else:
        someone.press(button)
        page.get_by_label("Attach files").set_input_files(list(files))
        someone.press(page.get_by_role("button", name="Upload"))


def attach_in_library(someone: Someone, page: Page, *files: FilePayload) -> None:
    page.get_by_label("Upload files").set_input_files(list(files))
    if not someone.scripts:
        someone.press(page.get_by_role("button", name="Upload", exact=True))
    expect(documents(page)).to_have_count(len(files))
    expect(page.locator("#documents .sending")).to_have_count(0)


def damaged_file(name: str) -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n" + name.encode()}
