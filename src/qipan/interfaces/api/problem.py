"""Errors as problem details.

Source: RFC 9457 (problem details for HTTP APIs).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from qipan.interfaces.entry import status_of
from qipan.kernel.errors import Finding, QipanError

FINDINGS_SHOWN: Final = 1000
"""How many findings a problem carries; ``findings_count`` says how many there are."""


class FindingOut(BaseModel):
    """One thing that a bulk check found wrong."""

    row: int = Field(description="Line of the file, the header is 1; of readings and transfers the row. 0: the whole.")
    column: str
    rule: str
    message: str
    value: str


class Problem(BaseModel):
    """What went wrong, and the way out."""

    type: str = Field(examples=["urn:qipan:error:plan_unknown"])
    title: str
    status: int
    detail: str = Field(description="What must hold, what was found, where.")
    code: str = Field(description="Stable code of the error.")
    hint: str = Field(description="What to do.")
    field: str = Field(description="The field of the request that is meant, if one is.")
    file: str = Field(default="", description="Name of the file that is meant; left out where none is.")
    findings: list[FindingOut]
    findings_count: int


class ProblemResponse(JSONResponse):
    """A problem in its own media type."""

    media_type = "application/problem+json"


def problem(error: QipanError) -> ProblemResponse:
    """Return an error as problem details."""
    status = status_of(error)
    body = _body(
        status,
        error.code,
        title=_title(type(error).__name__),
        detail=error.message,
        hint=error.hint,
        field=error.field,
        file=error.file,
        findings=error.findings,
    )
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return ProblemResponse(body, status, headers)


def malformed(error: RequestValidationError) -> ProblemResponse:
    """Return what was wrong with the form of a request as problem details."""
    findings = [
        Finding(0, ".".join(str(part) for part in wrong["loc"][1:]), wrong["type"], wrong["msg"], _shown(wrong))
        for wrong in error.errors()
    ]
    body = _body(
        422,
        "request_malformed",
        title="Request malformed",
        detail=f"A request must have the fields that the interface names, was wrong in {len(findings)}.",
        hint="Correct what the findings name; see /docs.",
        field=findings[0].column if findings else "",
        findings=tuple(findings),
    )
    return ProblemResponse(body, 422)


def plain(status: int, detail: str) -> ProblemResponse:
    """Return an error of HTTP itself, such as an unknown address, as problem details."""
    code = {404: "address_unknown", 405: "method_unknown", 413: "request_too_large"}.get(status, f"http_{status}")
    hint = "See /docs for what can be asked." if status < 500 else "Look at the log of the server."
    return ProblemResponse(_body(status, code, title=detail, detail=detail, hint=hint, field="", findings=()), status)


def wants_problem(request: Request) -> bool:
    """Tell whether a program asks: it reads problems, where a person is shown a page."""
    return request.url.path.startswith(("/api/", "/metrics", "/healthz"))


def _body(
    status: int,
    code: str,
    *,
    title: str,
    detail: str,
    hint: str,
    field: str,
    findings: tuple[Finding, ...],
    file: str = "",
) -> dict[str, Any]:
    return {
        "type": f"urn:qipan:error:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "hint": hint,
        "field": field,
        **({"file": file} if file else {}),
        "findings": [asdict(finding) for finding in findings[:FINDINGS_SHOWN]],
        "findings_count": len(findings),
    }


def _title(class_name: str) -> str:
    """Turn the name of an error's class into words.

    Examples
    --------
    >>> _title("BadInputError")
    'Bad input'
    """
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in class_name).strip()
    return words.removesuffix(" error").capitalize()


def _shown(wrong: Any) -> str:
    value = wrong.get("input")
    return value[:200] if isinstance(value, str) else ""
