"""A published log is verified by an outsider who holds its files and a key; one flipped bit anywhere is found."""

from __future__ import annotations

import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qipan.bootstrap.published import cosign_folder, verify_folder
from qipan.bootstrap.services import build, initialise, log_signer
from qipan.kernel.errors import QipanError
from qipan.log.note import COSIGNS, Signer, Verifier, parted
from qipan.settings import Settings
from qipan.workflows.publish import Trust, Verification

pytestmark = pytest.mark.slow

NOW = datetime(2024, 6, 12, tzinfo=UTC)
WITNESS = Signer("department", COSIGNS, bytes(range(32)))
NODES = b"gpu_model,gpu_capacity_num,cpu_num,node_name\n" + b"".join(b"A10,8,128,%d\n" % n for n in range(40))
PODS = b"name,num_gpu,gpu_milli,deletion_time,scheduled_time\n" + b"".join(
    b"p%d,1,1000,%d,%d\n" % (n, 3600 * (n + 5), 3600 * n) for n in range(60)
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Verifier]:
    """Publish a log of two checkpoints, the second one cosigned; return folder and key."""
    home = tmp_path_factory.mktemp("log")
    settings = Settings(home=home / "home")
    initialise(settings, NOW)
    services, signer, folder = build(settings), log_signer(settings), home / "published"
    with services.books.begin() as unit:
        services.log.checkpoint(unit, signer, NOW)
    services.rehearsal.of_traces(NODES, PODS, NOW, day=NOW.date() - timedelta(days=1), days=1)
    with services.books.begin() as unit:
        services.log.checkpoint(unit, signer, NOW)
        services.publication.publish(unit, folder)
    line, head = cosign_folder(folder, log=signer.verifier, seen=None, witness=WITNESS, now=NOW)
    (signature,) = parted(f"-\n\n{line}\n")[1]
    with services.books.begin() as unit:
        services.log.add_cosignature(unit, head.size, signature, witness=WITNESS.verifier, now=NOW)
        services.publication.publish(unit, folder)
    services.books.close()
    return folder, signer.verifier


def check(folder: Path, key: Verifier) -> Verification:
    return verify_folder(folder, Trust(key, (WITNESS.verifier,)))


def test_published_log_verifies(made: tuple[Path, Verifier]) -> None:
    found = check(*made)
    assert found.findings == ()
    assert (found.checkpoints, found.signatures) == (2, 10)
    assert found.payloads == found.entries


def test_quorum_and_trust_are_asked_for(made: tuple[Path, Verifier]) -> None:
    folder, key = made
    rules = {f.rule for f in verify_folder(folder, Trust(key, (WITNESS.verifier,), quorum=1)).findings}
    assert rules == {"quorum_missing"}  # nobody has cosigned the first checkpoint
    assert {f.rule for f in verify_folder(folder, Trust(key)).findings} == {"signature_unchecked"}
    assert "log_unsigned" in {f.rule for f in check(folder, WITNESS.verifier).findings}


def test_one_flipped_bit_anywhere_is_found(made: tuple[Path, Verifier], tmp_path: Path) -> None:
    folder, key = made
    chance = random.Random(0)
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    for place, name in enumerate(files * 4):
        copy = tmp_path / str(place)
        shutil.copytree(folder, copy)
        data = bytearray((copy / name).read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        (copy / name).write_bytes(data)
        assert is_refused(copy, key), name
        shutil.rmtree(copy)


def is_refused(folder: Path, key: Verifier) -> bool:
    try:
        return bool(check(folder, key).findings)
    except QipanError:
        return True


def test_missing_stray_and_cut_files_are_found(made: tuple[Path, Verifier], tmp_path: Path) -> None:
    folder, key = made
    payload = next((folder / "payloads").rglob("*/*")).relative_to(folder)
    changes = {
        "payload_missing": lambda copy: (copy / payload).unlink(),
        "file_stray": lambda copy: (copy / "more").write_text("x"),
        "head_beyond": lambda copy: (copy / "entries").write_bytes(
            b"".join((copy / "entries").read_bytes().splitlines(keepends=True)[:-1])
        ),
        "entries_unsigned": lambda copy: (copy / "entries").write_bytes(
            (copy / "entries").read_bytes() + (copy / "entries").read_bytes().splitlines(keepends=True)[0]
        ),
    }
    for rule, change in changes.items():
        copy = tmp_path / rule
        shutil.copytree(folder, copy)
        change(copy)
        assert rule in {finding.rule for finding in check(copy, key).findings}


def test_witness_refuses_a_log_that_was_rewritten(made: tuple[Path, Verifier], tmp_path: Path) -> None:
    folder, key = made
    _, head = cosign_folder(folder, log=key, seen=None, witness=WITNESS, now=NOW)
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    first = (copy / "checkpoints").read_text(encoding="utf-8").split("\n\n")
    (copy / "checkpoints").write_text("\n\n".join(first[:2]) + "\n", encoding="utf-8")
    with pytest.raises(QipanError) as caught:
        cosign_folder(copy, log=key, seen=head, witness=WITNESS, now=NOW)
    assert caught.value.code == "log_shrunk"
