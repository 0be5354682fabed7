"""A small disk of its own, full and read-only, where one can be mounted."""

import errno
from pathlib import Path

import pytest

from benchmarks.faults.disk import can_mount, frozen, small_disk


def mounted(folder: Path) -> None:
    if reason := can_mount(folder):
        pytest.skip(reason)


def test_a_full_disk_takes_no_more_until_room_is_made(tmp_path: Path):
    mounted(tmp_path)
    with small_disk(tmp_path / "disk") as disk:
        disk.fill(10_000)
        (disk.folder / "small").write_bytes(bytes(1000))
        with pytest.raises(OSError) as caught:
            (disk.folder / "large").write_bytes(bytes(100_000))
        assert caught.value.errno == errno.ENOSPC
        disk.free()
        (disk.folder / "large").write_bytes(bytes(100_000))
    assert list((tmp_path / "disk").iterdir()) == []


def test_nothing_is_written_to_a_frozen_folder(tmp_path: Path):
    with frozen(tmp_path / "disk") as folder:
        if folder is None:
            pytest.skip("nothing can be frozen here")
        with pytest.raises(OSError) as caught:
            (folder / "x").mkdir()
        assert caught.value.errno in (errno.EROFS, errno.EACCES)
