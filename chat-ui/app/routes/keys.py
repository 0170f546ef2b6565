"""The list of keys. It is asked for when somebody wants it, and no other page carries it."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.htmx import is_script
from app.loading import load_chats_if_possible
from app.openapi import WITH_COOKIE, pages
from app.services import AppServices
from app.sessions import find_session
from app.views.pages import KeysPage

router = APIRouter(tags=["settings"], dependencies=WITH_COOKIE)


@router.get(
    "/keys", summary="The list of keys", response_class=HTMLResponse, responses=pages(422, 503)
)
async def show_keys(request: Request, services: AppServices) -> HTMLResponse:
    """A page, or for scripts a dialog to put over theirs."""
    if is_script(request):
        return services.templates.page("_keys_dialog.html", None)
    page = KeysPage(await load_chats_if_possible(services, find_session(request)))
    return services.templates.page("keys.html", page)
