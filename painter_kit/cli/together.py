"""A verb run by many processes under torchrun as if by one: the first one writes and speaks."""

from __future__ import annotations

import functools
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TypeVar

import click

from painter_kit.cli.folders import MARKER

F = TypeVar("F", bound=Callable[..., Any])

# torchrun ends all processes as soon as one has failed: the first one gets so long for its words.
GRACE_SECONDS = 30.0


def together(*begun: str) -> Callable[[F], F]:
    """Let a verb run under torchrun too; ``begun`` are files whose presence allows ``--resume``.

    All processes run the verb in step. The first one has the output folder, the store, tracking
    and the terminal; each of the others writes to a folder that is thrown away (a copy of the
    first one's where it is resumed), is not tracked and says nothing. Started again by torchrun
    after a failure, the verb resumes what is there.
    """

    def wrap(verb: F) -> F:
        @functools.wraps(verb)
        def run(**flags: Any) -> Any:
            if "RANK" not in os.environ or "WORLD_SIZE" not in os.environ:
                return verb(**flags)
            with _group(flags, begun) as own:
                return verb(**own)

        return run  # pyright: ignore[reportReturnType]

    return wrap


@contextmanager
def _group(flags: Mapping[str, Any], begun: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Join the other processes; the options as this process has them."""
    import torch

    from painter_kit.distributed import from_first, own_device, process_group, rank

    own = {**flags, "device": own_device(flags["device"] or "auto")}
    # Records and prompts are exchanged from main memory, whatever paints.
    with _silent_but_first(rank()), process_group(torch.device("cpu")):
        if flags["out"] is None and not flags["plan"]:
            raise click.UsageError("give --out DIR when starting several processes with torchrun")
        if os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") != "0":
            own |= from_first(lambda: _restarted(flags, begun))
        if rank() == 0:
            from_first(lambda: _content(flags["out"]) if own["resume"] else {})
            yield own
            return
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out"
            for name, content in from_first(dict[str, bytes]).items():
                path = out / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            yield {**own, "out": out, "mlflow": False}


@contextmanager
def _silent_but_first(number: int) -> Iterator[None]:
    if number == 0:
        yield
        return
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        try:
            yield
        except (Exception, KeyboardInterrupt) as error:
            time.sleep(GRACE_SECONDS)
            os._exit(getattr(error, "exit_code", 1))


def _restarted(flags: Mapping[str, Any], begun: tuple[str, ...]) -> dict[str, bool]:
    """What a group does that torchrun has started again: go on where it can, else begin anew."""
    out = Path(flags["out"])
    if any((out / name).is_file() for name in begun):
        return {"resume": True, "overwrite": False}
    return {"resume": False, "overwrite": (out / MARKER).is_file()}


def _content(folder: Path) -> dict[str, bytes]:
    """What is in a folder, by path below it; links are left out."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
