"""Pages that say what went wrong, and the way out."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from qipan.interfaces.console.page import render
from qipan.interfaces.entry import status_of
from qipan.interfaces.report.words import mark
from qipan.kernel.errors import QipanError

PLAIN: Final = {
    404: mark("There is no page at this address."),
    405: mark("This address cannot be asked in this way."),
    413: mark("The file is larger than the server takes."),
    422: mark("The request lacks a field, or a field has the wrong form."),
    500: mark("The server failed; its log says how."),
}
"""What errors without a code of ours say."""


def page(request: Request, error: QipanError) -> Response:
    """Return an error as a page; who may not look is led to the sign-in."""
    if error.code == "sign_in_needed" and request.method == "GET":
        return RedirectResponse(f"/sign-in?next={request.url.path}", status_code=303)
    return render(request, "error.html", status=status_of(error), error=error, sentence="")


def plain_page(request: Request, status: int) -> Response:
    """Return an error of HTTP itself as a page."""
    return render(request, "error.html", status=status, error=None, sentence=PLAIN.get(status, PLAIN[500]))
