"""The list of keys. It is asked for when somebody wants it, and no other page carries it."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.htmx import is_script
from app.openapi import WITH_COOKIE, pages
from app.services import AppServices

router = APIRouter(tags=["settings"], dependencies=WITH_COOKIE)


@router.get(
    "/keys", summary="The list of keys", response_class=HTMLResponse, responses=pages(422, 503)
)
async def show_keys(request: Request, services: AppServices) -> HTMLResponse:
    """A page, or for scripts a dialog to put over theirs."""
    name = "_keys_dialog.html" if is_script(request) else "keys.html"
    return services.templates.page(name, None)
