"""Another version of a reply: written from the start, or continued."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.forms import Form, read_key
from app.htmx import is_script
from app.openapi import FRAGMENT, WITH_COOKIE, form_body, pages
from app.services import AppServices, Services
from app.sessions import Session
from app.views.messages import BranchView, view_message

router = APIRouter(
    prefix="/chats/{chat_id}/replies/{reply_id}", tags=["chats"], dependencies=WITH_COOKIE
)

BODY = form_body(key="Any short text: sent twice, it counts once")


@router.post(
    "/again",
    summary="Regenerate a reply",
    status_code=303,
    response_class=RedirectResponse,
    responses={200: FRAGMENT, **pages(401, 403, 404, 409, 422, 429, 503)},
    openapi_extra=BODY,
)
async def regenerate_reply(
    request: Request,
    services: AppServices,
    session: Session,
    chat_id: UUID,
    reply_id: UUID,
    form: Form,
) -> Response:
    """The first one stays, as another version."""
    key = read_key(request, form, "key")
    return await _regenerate(request, services, session, chat_id, reply_id, key, continued=False)


@router.post(
    "/continue",
    summary="Continue a reply",
    status_code=303,
    response_class=RedirectResponse,
    responses={200: FRAGMENT, **pages(401, 403, 404, 409, 422, 429, 503)},
    openapi_extra=BODY,
)
async def continue_reply(
    request: Request,
    services: AppServices,
    session: Session,
    chat_id: UUID,
    reply_id: UUID,
    form: Form,
) -> Response:
    """One that was stopped, failed or cut off is continued in a new version."""
    key = read_key(request, form, "key")
    return await _regenerate(request, services, session, chat_id, reply_id, key, continued=True)


async def _regenerate(
    request: Request,
    services: Services,
    session: UUID,
    chat_id: UUID,
    reply_id: UUID,
    key: str,
    *,
    continued: bool,
) -> Response:
    sent = await services.replies.regenerate(
        session, chat_id, reply_id, key, services.worker, continued=continued
    )
    services.begin_reply(sent)
    if is_script(request):
        view = BranchView([view_message(sent.reply)])
        return services.templates.page("_branch.html", view)
    return RedirectResponse(f"/chats/{chat_id}#end", 303)
