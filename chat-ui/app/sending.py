"""What becomes of a form with a message: it is stored and its reply is begun, or the form is shown
again with what was typed. The chat is one that is there, or one that begins with the message."""

import contextlib
from dataclasses import replace
from uuid import UUID

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from app.clients.queue_types import Sent
from app.errors import (
    BranchMoved,
    InvalidInput,
    KeyReused,
    MessageTooLarge,
    NotFound,
    ParleyError,
    SessionEnded,
    TooLarge,
    TooMuch,
    Unavailable,
)
from app.forms import read_id, read_ids, read_key, read_mode, read_text
from app.htmx import is_script
from app.loading import load_attach, load_chat, load_choice, load_home
from app.services import Services
from app.sessions import find_session, forget_session
from app.views.messages import Composer, SentView, view_message
from app.views.problems import ErrorPage, Problem
from app.views.room import letters_over


async def send(
    request: Request, services: Services, form: FormData, chat_id: UUID | None = None
) -> Response:
    """Leads to the chat; a script that is there already gets both new messages. Without `chat_id`
    the message begins a chat. If files are to be attached first, nothing is sent yet."""
    try:
        composer = _read_composer(form, request, services)
    except InvalidInput as error:
        return _keep_text(request, services, chat_id, Composer(read_text(form, "prompt")), error)
    session = find_session(request)
    try:
        if session is None:  # whoever has none has no chats either
            raise NotFound if chat_id else SessionEnded
        if form.get("attach") == "library":
            choice = await load_choice(services, session, chat_id, composer)
            return services.templates.page("choice.html", choice)
        if form.get("attach"):
            page = await load_attach(services, session, chat_id, composer)
            return services.templates.page("attach.html", page)
        if composer.tool:
            facts = {"tool": composer.tool, "back": f"/chats/{chat_id}" if chat_id else "/"}
            missing = InvalidInput("tool-text-missing", **facts)
            return await _refuse(request, services, session, chat_id, composer, missing)
        try:
            sent = await store_message(services, session, chat_id, composer)
        except (InvalidInput, TooLarge, KeyReused, BranchMoved, TooMuch) as error:
            return await _refuse(request, services, session, chat_id, composer, error)
    except NotFound:
        return _keep_text(request, services, chat_id, composer, NotFound("chat-gone"))
    except (SessionEnded, Unavailable) as error:
        return _keep_text(request, services, chat_id, composer, error)
    if chat_id is None:
        return RedirectResponse(f"/chats/{sent.message.chat_id}", 303)
    if composer.recording:  # it is sent: a draft that is left over does no harm
        with contextlib.suppress(NotFound, Unavailable):
            await services.recordings.delete(session, chat_id, composer.recording)
    if is_script(request):
        services.hub.expect(session, chat_id, sent)
        both = [view_message(sent.message), view_message(sent.reply)]
        fresh = Composer(seen=sent.reply.id, tool=read_text(form, "tool"))
        view = SentView(both, fresh, sent.title)
        return services.templates.page("_sent.html", view)
    return RedirectResponse(f"/chats/{chat_id}#end", 303)


def _read_composer(form: FormData, request: Request, services: Services) -> Composer:
    prompt, tool = read_text(form, "prompt"), read_text(form, "tool")
    needing = (each.name for each in services.templates.tools if each.needs_text)
    lacks_text = not prompt.strip() and tool in needing
    if tool and not lacks_text:  # of the menu: a message that calls it
        prompt = f"/{tool} {prompt}"
    return Composer(
        prompt,
        client_key=read_key(request, form, "client_key"),
        replaces=read_id(form, "replaces"),
        seen=read_id(form, "seen"),
        ticked=read_ids(form, "pictures"),
        mode=read_mode(form),
        recording=read_id(form, "recording"),
        tool=tool if lacks_text else "",
    )


async def store_message(
    services: Services, session: UUID, chat_id: UUID | None, composer: Composer
) -> Sent:
    """Stores it with its queued reply, which is begun if it is its turn; without `chat_id` in a new
    chat. Raises a ParleyError."""
    # db-api's rule, looked at here as well: as JSON a text may be larger than a request may be, and
    # then db-api could not say how large the message is.
    limits = await services.limits.find()
    size = len(composer.prompt.encode())
    if limits and size > limits.message_bytes:
        raise MessageTooLarge(size=size, limit=limits.message_bytes)
    text, key, worker = composer.prompt, composer.client_key, services.worker
    if chat_id is None:
        usual = services.settings
        sent = await services.messages.begin(
            session, text, key, worker, usual.system_prompt, usual.opening_message
        )
    else:
        sent = await services.messages.send(
            session,
            chat_id,
            text,
            key,
            worker,
            composer.replaces,
            composer.seen,
            composer.mode,
            composer.ticked or [],
        )
    services.begin_reply(sent)
    return sent


def _keep_text(
    request: Request,
    services: Services,
    chat_id: UUID | None,
    composer: Composer,
    error: InvalidInput | NotFound | SessionEnded | Unavailable,
) -> Response:
    """A page with the unsent text on it: to send again if that can help, else to copy. A script
    has it still, and gets the words only."""
    unsent, headers = Problem("unsent"), {"Retry-After": "2"}
    if is_script(request):
        if not isinstance(error, Unavailable):
            raise error
        page = ErrorPage(unsent)
        return services.templates.page("_refused.html", page, error.status, headers)
    if isinstance(error, SessionEnded):
        forget_session(request)
    if isinstance(error, Unavailable):
        again = f"/generate/{chat_id}" if chat_id else "/chats"
        page = ErrorPage(unsent, again=again, composer=composer)
        return services.templates.page("error.html", page, error.status, headers)
    page = ErrorPage(Problem.of(error), composer=composer)
    return services.templates.page("error.html", page, error.status)


async def _refuse(
    request: Request,
    services: Services,
    session: UUID,
    chat_id: UUID | None,
    composer: Composer,
    error: ParleyError,
) -> Response:
    """Shows the form again with its text, and with a fresh key where the old one is used up. A
    script keeps the page it has, which may show another branch than the chat continues from."""
    if isinstance(error, KeyReused):
        composer = replace(composer, client_key=Composer().client_key)
    problem = Problem.of(error)
    if not composer.prompt.strip():  # an empty field, until one types, has the words above it
        composer = replace(composer, prompt="")
    if isinstance(error, MessageTooLarge):
        letters = letters_over(composer.prompt, await services.limits.get())
        problem = Problem(error.kind, {**error.facts, "letters": letters})
    headers = problem.headers
    if is_script(request):
        if isinstance(error, BranchMoved):
            composer = replace(composer, seen=error.head)
            problem = Problem(error.kind, {"chat": str(chat_id)})
        page = ErrorPage(problem, composer=composer)
        return services.templates.page("_refused.html", page, error.status, headers)
    if chat_id is None:
        home = await load_home(services, session, composer=composer, problem=problem)
        return services.templates.page("home.html", home, error.status, headers)
    view = await load_chat(
        services, session, chat_id, composer=composer, problem=problem, editing=composer.replaces
    )
    return services.templates.chat(view, error.status, headers)
