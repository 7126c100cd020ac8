"""``/jobs``: traces in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile

from qipan.access.model import Role
from qipan.interfaces.api.model import JobsImportOut
from qipan.interfaces.api.problem import FindingOut
from qipan.interfaces.entry import Caller, require, services_of
from qipan.workflows.request import DayRequest

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.post("/import", operation_id="jobs.import")
def import_jobs(
    request: Request,
    caller: Annotated[Caller, Depends(require(Role.OPERATOR))],
    file: Annotated[UploadFile, File(description="Trace of jobs; it may be compressed with gzip.")],
    trace_format: Annotated[str, Form(alias="format", description="philly, openb, llm or generic.")] = "generic",
    fleet_id: Annotated[str | None, Form()] = None,
    strict: Annotated[bool, Form(description="Refuse a file with any bad row.")] = False,
    epoch: Annotated[datetime | None, Form(description="Moment of second 0 of a trace without dates.")] = None,
    zone_name: Annotated[str | None, Form(description="Zone whose clocks the trace shows.")] = None,
) -> JobsImportOut:
    """Read a file of jobs, archive it and say what became of every row; plan nothing."""
    wanted = DayRequest(
        data=file.file.read(),
        name=file.filename or "jobs",
        format=trace_format,
        fleet_id=fleet_id,
        strict=strict,
        epoch=epoch,
        zone_name=zone_name,
    )
    account = services_of(request).day.import_jobs(wanted, datetime.now(UTC), caller=str(caller))
    return JobsImportOut.model_validate(account, from_attributes=True)


@router.get("/imports/{sequence}/findings", operation_id="jobs.findings", dependencies=[Depends(require(Role.VIEWER))])
def findings(request: Request, sequence: int) -> list[FindingOut]:
    """Return what was wrong with an imported file."""
    found = services_of(request).day.findings(sequence)
    return [FindingOut.model_validate(finding, from_attributes=True) for finding in found]
