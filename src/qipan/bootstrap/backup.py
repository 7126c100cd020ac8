"""A backup is one tar file: books as they were at one moment, all that was received until then, and the keys.

The lake is not in it: a restore makes it anew from the archive. The books are dumped before the archive is read, and
bytes are archived before the books acknowledge them, so a backup holds whatever its books have acknowledged.

The last file of a backup names all others with their digests; one that was cut off has no such file.
"""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any, Final

from qipan.bootstrap.services import Services, open_stores
from qipan.kernel.errors import BadInputError, ConflictError, EngineError, Finding, NotFoundError
from qipan.kernel.time import in_utc
from qipan.settings import Settings
from qipan.storage.dump import dump, load

FORMAT: Final = "qipan backup 1"
MANIFEST: Final = "manifest.json"
BOOKS: Final = "books"
HOME: Final = "home"
"""Folder of what lies in the home beside the stores: its keys."""
ARCHIVE: Final = "archive"


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds.

    Attributes
    ----------
    engine
        ``sqlite`` or ``postgresql``: what the books can be restored into.
    revision
        Of the books.
    files, size_bytes
        Files in it, the manifest aside, and what they hold together.
    """

    made: datetime
    qipan: str
    engine: str
    revision: str
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and what the log says of it.

    Attributes
    ----------
    leaves, root
        Of the log, its root in hex as it is computed anew.
    filled
        Batches that were brought into the lake.
    findings
        What does not agree in the log; empty when it verifies.
    """

    backup: Backup
    leaves: int
    root: str
    filled: int
    findings: tuple[Finding, ...]


def back_up(services: Services, file: Path, now: datetime) -> Backup:
    """Write a backup to a file that is not there yet, while others go on writing.

    It holds the keys, so only its owner may read it.

    Raises
    ------
    ConflictError
        ``backup_exists``.
    EngineError
        ``backup_unwritable``, or what a store says.
    """
    if file.exists():
        raise ConflictError(
            f"A backup must be a new file, was there already: {file}.",
            code="backup_exists",
            hint="Name another file.",
        )
    home = services.settings.home
    part = file.with_name(f".{file.name}.part")
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".qipan-") as folder:
            dumped = Path(folder) / BOOKS
            engine, revision = services.books.engine.dialect.name, services.books.revision() or ""
            dump(services.books, dumped)
            with os.fdopen(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as written:
                with tarfile.open(fileobj=written, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                    listed = [_add(tar, name, path) for name, path in _contents(home, dumped)]
                    told = {
                        "format": FORMAT,
                        "made": in_utc(now).isoformat(),
                        "qipan": version("qipan"),
                        "engine": engine,
                        "revision": revision,
                        "files": listed,
                    }
                    manifest = Path(folder) / MANIFEST
                    manifest.write_text(json.dumps(told, indent=1), encoding="utf-8")
                    _add(tar, MANIFEST, manifest)
                written.flush()
                os.fsync(written.fileno())
        part.rename(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise EngineError(
            f"A backup must be written whole, was: {error.strerror}, to {file}.",
            code="backup_unwritable",
            hint="Check the folder's rights and the free disk space, then back up again.",
        ) from error
    return _backup(told)


def restore(settings: Settings, file: Path) -> Restored:
    """Make a home and its books of a backup, whole or not at all; then make the lake and recompute the log.

    Books of an older revision are brought to the newest.

    Raises
    ------
    NotFoundError
        ``backup_not_found``.
    BadInputError
        ``backup_torn``, ``backup_malformed``, ``backup_engine_differs``.
    ConflictError
        ``home_taken``, ``books_taken``.
    EngineError
        ``backup_newer``, ``home_unwritable``, or what a store says.
    """
    home = settings.home.resolve()
    _refuse_taken(home)
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent, prefix=".qipan-") as folder:
            told = _unpack(file, Path(folder))
            made = Path(folder) / HOME
            made.mkdir(exist_ok=True)
            (Path(folder) / ARCHIVE).mkdir(exist_ok=True)
            (Path(folder) / ARCHIVE).rename(made / ARCHIVE)
            _load(settings, told, Path(folder))
            if home.exists():
                home.rmdir()
            made.rename(home)
    except OSError as error:
        raise EngineError(
            f"The home folder must be writable, was {settings.home}: {error}.",
            code="home_unwritable",
            hint="Name another folder in QIPAN_HOME.",
        ) from error
    services = open_stores(settings)
    try:
        services.books.migrate()
        services.create_lake()
        filled = services.fill_lake()
        with services.books.read() as unit:
            head = services.log.head(unit)
            return Restored(_backup(told), head.size, head.root.hex(), filled, services.log.check(unit))
    finally:
        services.books.close()


def _contents(home: Path, dumped: Path) -> Iterator[tuple[str, Path]]:
    """Yield what goes into a backup, by its name there: the archive only now that the books are dumped."""
    yield BOOKS, dumped
    for path in sorted(home.iterdir()):
        if path.is_file() and not path.name.startswith((".", "books.sqlite")):
            yield f"{HOME}/{path.name}", path
    for path in sorted((home / ARCHIVE).glob("*/[!.]*")):
        yield f"{ARCHIVE}/{path.parent.name}/{path.name}", path


def _add(tar: tarfile.TarFile, name: str, path: Path) -> dict[str, Any]:
    with path.open("rb") as data:
        digest = file_digest(data, "sha256").hexdigest()
        data.seek(0)
        told = tarfile.TarInfo(name)
        told.size, told.mode = path.stat().st_size, 0o600
        tar.addfile(told, data)
    return {"name": name, "bytes": told.size, "sha256": digest}


def _backup(told: dict[str, Any]) -> Backup:
    files = told["files"]
    made = datetime.fromisoformat(told["made"])
    return Backup(made, told["qipan"], told["engine"], told["revision"], len(files), sum(one["bytes"] for one in files))


def _refuse_taken(home: Path) -> None:
    if home.exists() and any(home.iterdir()):
        raise ConflictError(
            f"A home that is restored must not be there yet, was {home}.",
            code="home_taken",
            hint="Name another folder in QIPAN_HOME, or move this one away.",
        )


def _unpack(file: Path, folder: Path) -> dict[str, Any]:
    """Unpack a backup and hold every file against its manifest, which is returned."""
    try:
        with tarfile.open(file, mode="r|") as tar:
            found = {_unpacked(tar, one, folder, file) for one in tar}
    except FileNotFoundError as error:
        raise NotFoundError(
            f"A backup must be there, was not found: {file}.", code="backup_not_found", hint="Check the file's name."
        ) from error
    except tarfile.TarError as error:
        raise _torn(file, str(error)) from error
    if MANIFEST not in found:
        raise _torn(file, "without its manifest")
    try:
        told: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        listed = {one["name"]: (one["bytes"], one["sha256"]) for one in told["files"]}
        is_known = told["format"] == FORMAT and isinstance(_backup(told).revision, str)
    except (ValueError, KeyError, TypeError) as error:
        raise _malformed(file, f"{MANIFEST}: {error}") from error
    if not is_known:
        raise _malformed(file, f"format {told['format']}")
    for name in sorted(listed.keys() ^ (found - {MANIFEST})):
        raise _torn(file, name)
    for name, said in listed.items():
        with (folder / name).open("rb") as data:
            digest = file_digest(data, "sha256").hexdigest()
        if said != ((folder / name).stat().st_size, digest):
            raise _torn(file, f"{name} with digest {digest}")
    return told


def _unpacked(tar: tarfile.TarFile, one: tarfile.TarInfo, folder: Path, file: Path) -> str:
    """Unpack one file; names are ours, so whatever else stands in an archive from elsewhere is refused."""
    parts = PurePosixPath(one.name).parts
    is_ours = one.name in {MANIFEST, BOOKS} or (len(parts), *parts[:1]) in {(2, HOME), (3, ARCHIVE)}
    path = folder / one.name
    if not is_ours or not one.isfile() or ".." in parts or "/".join(parts) != one.name or path.exists():
        raise _malformed(file, one.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = tar.extractfile(one)
    assert data is not None
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as written:
        shutil.copyfileobj(data, written)
        written.flush()
        os.fsync(written.fileno())
    return one.name


def _load(settings: Settings, told: dict[str, Any], folder: Path) -> None:
    """Load the books of an unpacked backup; those of a home move with it."""
    services = open_stores(settings)
    try:
        engine = services.books.engine.dialect.name
        if engine != told["engine"]:
            raise BadInputError(
                f"A backup must be restored into the engine of its books, {told['engine']}, was {engine}.",
                code="backup_engine_differs",
                hint="Name books of that engine in QIPAN_BOOKS; none for SQLite in the home.",
            )
        if told["revision"] > services.books.newest_revision():
            raise EngineError(
                f"A backup must be of a revision this Qipan knows, was {told['revision']}.",
                code="backup_newer",
                hint="Install the Qipan that wrote it, or a newer one.",
            )
        if settings.books:
            load(folder / BOOKS, services.books)
        else:
            (folder / BOOKS).rename(folder / HOME / "books.sqlite")
    finally:
        services.books.close()


def _torn(file: Path, found: str) -> BadInputError:
    return BadInputError(
        f"A backup must be whole, was: {found}, in {file}.",
        code="backup_torn",
        hint="Fetch the file again from where it was written to; nothing was restored.",
    )


def _malformed(file: Path, found: str) -> BadInputError:
    return BadInputError(
        f"A backup must be one that `qipan backup` wrote, was: {found}, in {file}.",
        code="backup_malformed",
        hint="Name the file that `qipan backup` wrote; nothing was restored.",
    )
