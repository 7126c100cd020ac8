"""Facts become adapters: what reads the files of dispatch, and what carries its orders out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qipan.dispatch.engines.slurm import Slurm
from qipan.dispatch.jobs.demand import Throughput
from qipan.dispatch.model.job import Intake
from qipan.dispatch.model.submission import Engine, Reached
from qipan.dispatch.service import Reader, Reading
from qipan.dispatch.sources import generic, grid_load, llm, openb, philly
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError
from qipan.ledger.sources import slurm

if TYPE_CHECKING:
    from qipan.workflows.board import LoadReader


def readers(catalog: Catalog) -> dict[str, Reader]:
    """Name every format of jobs and its adapter."""
    throughput = Throughput(
        prefill_tokens_per_s=catalog.number("llm/prefill_tokens_per_s_card"),
        decode_tokens_per_s=catalog.number("llm/decode_tokens_per_s_card"),
        utilisation=catalog.number("llm/target_utilisation"),
    )
    return {
        "philly": _philly,
        "openb": _openb,
        "llm": partial(_llm, throughput),
        "generic": _generic,
    }


def load_reader(catalog: Catalog) -> LoadReader:
    """Return what reads hourly load, with the columns of the regions."""
    columns = (
        (fact, one.adcode) for one in catalog.regions() for fact in catalog.under(f"region/{one.adcode}/load_code")
    )
    codes = {str(fact.value): adcode for fact, adcode in columns}
    return partial(grid_load.read, codes=codes)


def engine_of(site: Reached) -> Engine:
    """Return what carries orders out at a site.

    Raises
    ------
    BadInputError
        ``engine_not_carried_out``.
    """
    if site.engine != "slurm":
        raise BadInputError(
            f"A plan can be submitted to Slurm, was {site.engine} at {site.site_id}.",
            code="engine_not_carried_out",
            hint=f"Write job files for it instead, with `qipan dispatch render --as {site.engine}`.",
        )
    settings = site.settings
    return Slurm(
        site.site_id,
        conf=settings["conf"],
        folder=settings["folder"],
        partition=settings.get("partition", ""),
        columns=slurm.COLUMNS,
        timeout_s=float(settings.get("timeout_s", 10.0)),
    )


def no_file(name: str) -> bytes:
    """Refuse a file that a sent prospect names: what is sent must hold its instances itself.

    Raises
    ------
    BadInputError
        ``expansion_names_a_file``.
    """
    raise BadInputError(
        f"A file of expansion that is sent must hold its instances itself, was the name of a file: {name}.",
        code="expansion_names_a_file",
        hint="Write the instances into the file, or plan it where the files are: qipan dispatch expand.",
    )


def _philly(data: bytes, how: Reading) -> Intake:
    return philly.read(data, zone_name=how.zone_name)


def _openb(data: bytes, how: Reading) -> Intake:
    return openb.read(data, epoch=how.epoch)


def _llm(throughput: Throughput, data: bytes, how: Reading) -> Intake:
    return llm.read(data, throughput=throughput, zone_name=how.zone_name)


def _generic(data: bytes, how: Reading) -> Intake:
    del how  # The generic form carries its own dates and zones.
    return generic.read(data)
