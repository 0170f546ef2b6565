"""How to trust the certificate of TLS=local. nginx serves the file itself, and passes these pages
on over plain http, too: over https a browser would warn of them."""

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from app.errors import NotFound
from app.openapi import WITH_COOKIE, pages
from app.services import AppServices
from app.views.pages import SYSTEMS, CertificatePage


async def require_own_root(services: AppServices) -> None:
    """Dependency: raises NotFound where there is nothing to trust."""
    if services.settings.tls != "local":
        raise NotFound


router = APIRouter(
    prefix="/certificate", tags=["settings"], dependencies=[*WITH_COOKIE, Depends(require_own_root)]
)
PROBLEMS = pages(404, 422, 503)


@router.get("", summary="The root certificate", response_class=HTMLResponse, responses=PROBLEMS)
async def show_certificate(services: AppServices) -> HTMLResponse:
    """The file, and a page for each system."""
    return services.templates.page("certificate.html", CertificatePage())


@router.get("/{system}", summary="How to trust it", response_class=HTMLResponse, responses=PROBLEMS)
async def show_system(services: AppServices, system: str) -> HTMLResponse:
    """The steps on one system."""
    if system not in SYSTEMS:
        raise NotFound
    return services.templates.page("certificate.html", CertificatePage(system))
