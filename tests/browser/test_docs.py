"""Swagger UI, in a real browser."""

from playwright.sync_api import expect

from tests.browser.support.people import Someone


def test_the_swagger_page_works_under_the_strict_policy(ann: Someone) -> None:
    page = ann.open("/docs")
    page.locator(".opblock").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table")).to_contain_text("200")
