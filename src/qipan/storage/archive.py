"""Archive: every byte that was ever received, found again by its digest."""

from __future__ import annotations

import os
import re
import tempfile
from hashlib import sha256
from pathlib import Path

from qipan.kernel.errors import BadInputError, EngineError, NotFoundError

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Archive:
    """A folder of files that are named by the SHA-256 of what they hold.

    Parameters
    ----------
    root
        The folder; it is made when the first bytes come.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     archive = Archive(Path(folder))
    ...     archive.get(archive.put(b"one day of jobs"))
    b'one day of jobs'
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, data: bytes) -> str:
        """Keep bytes and return their digest; when this returns they are on the disk. The same bytes are kept once.

        Raises
        ------
        EngineError
            ``archive_unwritable`` when the disk refuses.
        """
        digest = sha256(data).hexdigest()
        path = self._path(digest)
        if path.exists() and sha256(path.read_bytes()).hexdigest() == digest:
            return digest
        try:
            self._write(path, data)
        except OSError as error:
            raise EngineError(
                f"The archive must take what is received, was: {error.strerror}, in {self.root}.",
                code="archive_unwritable",
                hint="Check the folder's rights and the free disk space, then send the data again.",
            ) from error
        return digest

    def get(self, digest: str) -> bytes:
        """Return the bytes of a digest, after checking that they still are what was received.

        Raises
        ------
        BadInputError
            ``digest_malformed`` unless it is 64 hexadecimal figures.
        NotFoundError
            ``archive_lacks`` when nothing stands under the digest.
        EngineError
            ``archive_damaged`` when the bytes have changed since.
        """
        path = self._path(digest)
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError(
                f"The archive must hold the digest, was not found: {digest}, in {self.root}.",
                code="archive_lacks",
                hint="Restore the archive from a backup, or receive the data again.",
            ) from error
        found = sha256(data).hexdigest()
        if found != digest:
            raise EngineError(
                f"Archived bytes must keep their digest {digest}, was {found}, in {path}.",
                code="archive_damaged",
                hint="Restore this file from a backup, or receive the data again.",
            )
        return data

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise BadInputError(
                f"A digest must be 64 hexadecimal figures in small letters, was {digest!r}.",
                code="digest_malformed",
                hint="Take the digest from the receipt.",
            )
        return self.root / digest[:2] / digest

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=path.parent, prefix=".")
        try:
            with os.fdopen(number, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        # A name is on the disk only when its folders are.
        for folder in (path.parent, self.root, self.root.parent):
            _sync(folder)


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
