"""``/static``: files that browsers may keep for ever, since their address changes with their content."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from qipan.interfaces.console.assets import TYPES, Assets

router = APIRouter()


@router.get("/static/{digest}/{name:path}")
def file(request: Request, digest: str, name: str) -> Response:
    """Return a static file, compressed where the browser takes it."""
    assets: Assets = request.app.state.assets
    content = assets.find(digest, name)
    if content is None:
        raise HTTPException(404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = assets.compressed(name)
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=TYPES[Path(name).suffix], headers=headers)


@router.get("/favicon.ico")
def favicon(request: Request) -> RedirectResponse:
    """Lead to the mark."""
    assets: Assets = request.app.state.assets
    return RedirectResponse(assets.address("mark.svg"), status_code=307)
