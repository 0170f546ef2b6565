"""Swagger UI at /docs, all of it from this service, under a policy as strict as every page's."""

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from app.security import POLICY
from app.templating import Templates

# Swagger UI's style sheet carries its icons as data: URLs.
DOCS_POLICY = POLICY.replace("img-src 'self'", "img-src 'self' data:")
SWAGGER_FILES = Path(str(files("fastapi_swagger") / "resources"))


def add_docs(app: FastAPI, templates: Templates) -> None:
    """Serves the page, and Swagger UI's own files unchanged from their package."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def show_docs() -> Response:
        html = templates.render("docs.html", title=app.title)
        return HTMLResponse(html, headers={"Content-Security-Policy": DOCS_POLICY})

    app.include_router(router)
    app.mount("/docs/swagger", StaticFiles(directory=SWAGGER_FILES))
