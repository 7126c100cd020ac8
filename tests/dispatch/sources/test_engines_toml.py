"""A file of engines is read whole, or everything that is wrong with it is told at once."""

from __future__ import annotations

import pytest

from qipan.dispatch.sources.engines_toml import read
from qipan.kernel.errors import BadInputError

GOOD = b"""
command = "run {job_id}"
patience_s = 600
attempts_max = 3
early = true
[sites.north]
engine = "slurm"
conf = "north.conf"
folder = "shared"
partition = "main"
timeout_s = 5
patience_s = 60
resources = { intelligent = "gres/gpu", "intelligent/A100" = "gres/gpu:a100" }
source = "north"
map = "north.yaml"
[sites.south]
engine = "kueue"
namespace = "research"
queue = "south"
image = "example/train:1"
resources = { intelligent = "nvidia.com/gpu" }
"""


def test_read_takes_every_key() -> None:
    engines = read(GOOD, lambda name: f"map of {name}".encode())
    north, south = engines.sites
    assert (engines.command, engines.attempts_max, engines.is_early, engines.silence_s) == ("run {job_id}", 3, True, 60)
    assert (north.patience_s, south.patience_s) == (60, 600)
    assert north.settings == {"conf": "north.conf", "folder": "shared", "partition": "main", "timeout_s": "5"}
    assert (north.source_id, north.map_text) == ("north", "map of north.yaml")
    assert north.resource("intelligent", "A100") == "gres/gpu:a100"
    assert engines.site("south") is south
    assert engines.site("west") is None


def missing(name: str) -> bytes:
    raise FileNotFoundError(name)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (b"", {"key_missing"}),
        (b"sites = 3", {"key_missing"}),
        (b"a = ", {"file_not_toml"}),
        (b"\xff", {"file_not_toml"}),
        (b"colour = 1", {"key_unknown"}),
        (
            b"patience_s = 0\nattempts_max = 'x'\nearly = 1\n[sites]\nnorth = 1",
            {"number_out_of_range", "not_a_flag", "not_a_table"},
        ),
        (b"command = 3\n[sites.n]\nengine = 'pbs'", {"not_text", "engine_unknown"}),
        (
            b"[sites.n]\nengine = 'slurm'\nresources = 1\nsource = 'n'",
            {"key_missing", "not_a_table", "account_incomplete"},
        ),
        (
            b"[sites.n]\nengine='slurm'\nconf='c'\nfolder='f'\nresources={quantum='q'}\nsource='n'\nmap='m'\nqueue='q'",
            {"kind_unknown", "file_unreadable", "key_unknown"},
        ),
    ],
)
def test_read_tells_everything_that_is_wrong(text: bytes, rules: set[str]) -> None:
    with pytest.raises(BadInputError) as refused:
        read(text, missing)
    assert refused.value.code == "engines_invalid"
    assert {finding.rule for finding in refused.value.findings} == rules
