"""The light writer: batches by number, and only those that are not there yet."""

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from benchmarks.faults.writer import batch_of, command, keys_of, picture_of
from painter_kit.evaluation.store import Store, pack_record


def write(folder: Path, count: int) -> str:
    args = ["--store", str(folder), "--first", "1", "--step", "2", "--count", str(count)]
    return CliRunner().invoke(command, args, catch_exceptions=False).output


def test_it_goes_on_where_it_was(tmp_path: Path):
    assert write(tmp_path, 4) == "put 1\nput 3\n"
    assert write(tmp_path, 6) == "put 5\n"
    with Store(tmp_path) as store:
        found = store.get_many(keys_of(3))
        assert {k: pack_record(r) for k, r in found.items()} == {
            k: pack_record(r) for k, r in batch_of(3).items()
        }
        assert (store.get_painted(keys_of(3))[keys_of(3)[0]] == picture_of(3)[keys_of(3)[0]]).all()


def test_it_is_light():
    code = "import sys, benchmarks.faults.writer; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
