"""Archive: bytes come back as they were received, or not at all."""

import errno
import os
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError, EngineError, NotFoundError
from qipan.storage.archive import Archive


@given(data=st.binary(max_size=200))
def test_put_any_bytes_gives_them_back(tmp_path_factory, data):
    archive = Archive(tmp_path_factory.getbasetemp() / "archive")
    digest = archive.put(data)
    assert digest == sha256(data).hexdigest()
    assert archive.get(digest) == data


def test_put_twice_keeps_one_file(tmp_path):
    archive = Archive(tmp_path / "archive")
    assert archive.put(b"day") == archive.put(b"day")
    assert len([path for path in (tmp_path / "archive").rglob("*") if path.is_file()]) == 1


def test_get_damaged_bytes_is_refused_and_putting_them_again_mends(tmp_path):
    archive = Archive(tmp_path)
    digest = archive.put(b"day")
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    path.write_bytes(b"dax")
    with pytest.raises(EngineError) as caught:
        archive.get(digest)
    assert caught.value.code == "archive_damaged"
    assert archive.get(archive.put(b"day")) == b"day"


def test_get_unknown_digest_is_not_found(tmp_path):
    with pytest.raises(NotFoundError) as caught:
        Archive(tmp_path).get("0" * 64)
    assert caught.value.code == "archive_lacks"


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "0" * 63, "G" * 64, "A" * 64])
def test_get_malformed_digest_is_refused(tmp_path, digest):
    with pytest.raises(BadInputError) as caught:
        Archive(tmp_path).get(digest)
    assert caught.value.code == "digest_malformed"


def test_put_on_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def refuse(_number):
        raise OSError(errno.ENOSPC, "No space left on device")

    archive = Archive(tmp_path / "archive")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(EngineError) as caught:
        archive.put(b"day")
    assert caught.value.code == "archive_unwritable"
    assert "No space left" in caught.value.message
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
