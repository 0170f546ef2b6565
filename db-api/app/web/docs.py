"""Swagger UI, served by us: nothing is loaded from other servers, nothing is inline.

The files of Swagger UI come unchanged from the package fastapi-swagger. The better known
swagger-ui-bundle stopped at 4.15, which cannot read the OpenAPI 3.1 that FastAPI writes.
"""

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response
from starlette.exceptions import HTTPException

OURS = Path(__file__).parent / "static"
SWAGGER = Path(str(files("fastapi_swagger.resources")))

FILES = {
    "docs.js": OURS / "docs.js",
    "swagger-ui.css": SWAGGER / "swagger-ui.css",
    "swagger-ui-bundle.js": SWAGGER / "swagger-ui-bundle.js",
    "favicon-32x32.png": SWAGGER / "favicon-32x32.png",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def show_docs() -> Response:
    return FileResponse(OURS / "docs.html", headers=HEADERS)


@router.get("/docs/{name}")
async def serve_file(name: str) -> Response:
    if name not in FILES:
        raise HTTPException(404)
    return FileResponse(FILES[name], headers=HEADERS)
