"""Tokens for programs: made, shown once, listed with their last use, revoked."""

import asyncio
from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from app.clients.types import SCOPES, Scope
from app.errors import InvalidInput, TokensFull
from app.forms import Form, read_text
from app.loading import load_chats
from app.model_settings import read_number
from app.openapi import WITH_COOKIE, form_body, pages
from app.services import AppServices, Services
from app.sessions import Session, renew_session
from app.views.pages import TokensPage
from app.views.problems import Problem

router = APIRouter(prefix="/settings/tokens", tags=["settings"], dependencies=WITH_COOKIE)


@router.get(
    "",
    summary="Tokens for programs",
    response_class=HTMLResponse,
    responses=pages(401, 404, 422, 503),
)
async def show_tokens(request: Request, services: AppServices, session: Session) -> HTMLResponse:
    """Those that were not revoked, and a form for a new one."""
    await renew_session(request, services.sessions, session)
    return services.templates.page("tokens.html", await _load(services, session))


@router.post(
    "",
    summary="Make a token",
    response_class=HTMLResponse,
    responses=pages(401, 403, 404, 409, 422, 503),
    openapi_extra=form_body(
        name="What it is for",
        scopes="What it may do: `chat`, `read`, `documents`; may be there several times",
        days="For how many days; empty: as many as may be",
    ),
)
async def make_token(services: AppServices, session: Session, form: Form) -> HTMLResponse:
    """The page with the token on it: the only time that it is shown."""
    scopes = _read_scopes(form)
    try:
        if not scopes:
            raise InvalidInput("scopes-missing")
        name, days = read_text(form, "name").strip(), read_number(form, "days", int)
        token = await services.tokens.create(session, name, scopes, days)
    except (InvalidInput, TokensFull) as error:
        page = await _load(services, session)
        typed = replace(
            page,
            name=read_text(form, "name"),
            days=read_text(form, "days"),
            scopes=scopes,
            problem=Problem.of(error),
        )
        return services.templates.page("tokens.html", typed, error.status)
    page = replace(await _load(services, session), made=services.signer.sign(token))
    return services.templates.page("tokens.html", page)


@router.post(
    "/{token_id}/revoke",
    summary="Revoke a token",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 422, 503),
)
async def revoke_token(token_id: UUID, services: AppServices, session: Session) -> Response:
    """The program that has it is refused from its next call on."""
    await services.tokens.revoke(session, token_id)
    return RedirectResponse("/settings/tokens", 303)


async def _load(services: Services, session: UUID) -> TokensPage:
    chats, tokens, limits = await asyncio.gather(
        load_chats(services, session),
        services.tokens.list_all(session),
        services.limits.get(),
    )
    return TokensPage(chats, tokens, limits)


def _read_scopes(form: FormData) -> tuple[Scope, ...]:
    """Those that are ticked; anything else is none."""
    return tuple(scope for scope in SCOPES if scope in form.getlist("scopes"))
