"""Sending a message in a chat."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.forms import Form
from app.openapi import FRAGMENT, WITH_COOKIE, form_body, pages
from app.sending import send
from app.services import AppServices

router = APIRouter(tags=["chats"], dependencies=WITH_COOKIE)


@router.post(
    "/generate/{chat_id}",
    summary="Send a message",
    status_code=303,
    response_class=RedirectResponse,
    responses={200: FRAGMENT, **pages(401, 403, 404, 409, 413, 422, 429, 503)},
    openapi_extra=form_body(
        prompt="Your message",
        client_key="Any short text, new for each message",
        replaces="The id of a message of yours that this one is another version of",
        pictures="The id of a picture of the chat that goes with it; up to four times",
        mode="How to answer it, in a chat with documents: documents, free or exact",
        recording="The id of a recording that the text is from; it is deleted",
        tool="The name of a tool that is called with the text, instead of the model",
        attach="If not empty, nothing is sent: the answer is a form for files, which keeps it",
        seen="The id of the last message you saw; refused if the chat left it meanwhile",
    ),
)
async def send_message(
    request: Request, services: AppServices, chat_id: UUID, form: Form
) -> Response:
    """Stores the message and its queued reply, then leads back to the chat.

    Sending the same `client_key` and text twice stores once.
    """
    return await send(request, services, form, chat_id)
