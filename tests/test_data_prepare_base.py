import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from painter_kit.data.prepare.base import Finding, Item, run_items
from painter_kit.errors import InputError


def write(path: Path) -> None:
    path.write_text("done")


def fail(name: str) -> None:
    raise InputError(f"{name} is broken")


def items(folder: Path, count: int = 5) -> list[Item]:
    paths = [folder / f"{i}.txt" for i in range(count)]
    return [Item((path,), partial(write, path)) for path in paths]


@pytest.mark.parametrize("workers", [1, 2])
def test_everything_is_made_once(tmp_path: Path, workers: int):
    counts: list[int] = []
    assert run_items(items(tmp_path), workers, counts.append) == 5
    assert sum(counts) == 5
    (tmp_path / "3.txt").unlink()
    assert run_items(items(tmp_path), workers) == 1
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.parametrize("workers", [1, 2])
def test_a_broken_item_stops_no_other(tmp_path: Path, workers: int):
    broken = [Item((tmp_path / f"x{i}",), partial(fail, f"x{i}")) for i in range(5)]
    with pytest.raises(InputError, match=r"5 of 10 .* x\d is broken; .*; and 2 more"):
        run_items([*broken, *items(tmp_path)], workers)
    assert len(list(tmp_path.iterdir())) == 5


def test_a_finding_is_whole_when_nothing_lacks():
    assert Finding("a", 3, 3).whole
    assert Finding("a", 3).whole
    assert not Finding("a", 3, 4).whole
    assert not Finding("a", 3, 3, broken=("x",)).whole


INTERRUPTED = """
import sys, time
from functools import partial
from pathlib import Path
from painter_kit.data.prepare.base import Item, run_items

def main():
    paths = [Path(sys.argv[1], str(i)) for i in range(40)]
    items = [Item((p,), partial(exec, f"import time; time.sleep(0.1); open({str(p)!r}, 'w')"))
             for p in paths]
    run_items(items, 2, lambda count: print("made", flush=True))

if __name__ == "__main__":
    main()
"""


def test_interrupting_twice_ends_it(tmp_path: Path):
    (tmp_path / "script.py").write_text(INTERRUPTED)
    (tmp_path / "out").mkdir()
    command = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "out")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout
        for _ in range(3):
            assert process.stdout.readline() == "made\n"
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.02)  # the second finds the first being handled
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=30)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode != 0
    assert 2 <= len(list((tmp_path / "out").iterdir())) < 40
