"""Files that are cut or have a bit flipped: refused in words, or read as what they were."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.faults.case import Case, Outcome
from benchmarks.faults.processes import run
from painter_kit.errors import InputError

CUT, FLIPPED = "file cut short", "bit flipped"
TIMES = 40  # of either kind, of every file
TOLD = 1  # of those refused, so many are given to the command too, which takes seconds


@dataclass(frozen=True)
class Sample:
    """A file ``name`` of ``folder`` (copied for every damage).

    ``read`` gives what its reader makes of the folder, as a value that can be compared. A file
    with a checksum of its own, ``checked``, must be refused or read as it was; of text a changed
    letter may be another valid value. ``args`` is a command that reads it from a folder.
    """

    name: str
    folder: Path
    read: Callable[[Path], str]
    args: Callable[[Path], list[str]]
    checked: bool = True


def damage_cases(samples: Mapping[str, Sample], seed: int) -> Iterator[Case]:
    """Both kinds of damage to every sample, by its name in words."""
    for number, (what, sample) in enumerate(samples.items()):
        for kind, fault in enumerate((CUT, FLIPPED)):
            key = (seed, number, kind)

            def harm(
                folder: Path,
                sample: Sample = sample,
                fault: str = fault,
                key: tuple[int, ...] = key,
            ) -> Outcome:
                return damage(sample, fault, folder, np.random.default_rng(key))

            yield Case(fault, f"{fault.replace(' ', '-')}-{what.replace(' ', '-')}", harm)


def damage(sample: Sample, fault: str, folder: Path, rng: np.random.Generator) -> Outcome:
    """Damage the file ``TIMES`` times and read each; the first refused ones go to the command."""
    place = folder / sample.folder.name
    shutil.copytree(sample.folder, place)
    path, whole = place / sample.name, (sample.folder / sample.name).read_bytes()
    expected = sample.read(place)
    counts = {"refused": 0, "unharmed": 0, "another value": 0}
    wrong: list[str] = []
    said = ""
    for _ in range(TIMES):
        path.write_bytes(damaged(whole, fault, rng))
        outcome, words = _read(sample, place, expected)
        if outcome == "refused" and counts["refused"] < TOLD:
            words = _told(sample, place, folder / "log.txt")
            said = said or words.replace(f"{folder}/", "")
            if not words.startswith("Error: "):
                outcome = "badly told"
        if outcome not in counts or (outcome == "another value" and sample.checked):
            wrong.append(f"{outcome}: {words}")
        counts[outcome] = counts.get(outcome, 0) + 1
    path.write_bytes(whole)
    text = "; ".join(dict.fromkeys(wrong))
    return Outcome(TIMES, TIMES - len(wrong), said, wrong=text, data={"read": counts})


def damaged(whole: bytes, fault: str, rng: np.random.Generator) -> bytes:
    """The content cut at a random place, or with a random bit flipped."""
    place = int(rng.integers(len(whole)))
    if fault == CUT:
        return whole[:place]
    flipped = bytearray(whole)
    flipped[place] ^= 1 << int(rng.integers(8))
    return bytes(flipped)


def _read(sample: Sample, place: Path, expected: str) -> tuple[str, str]:
    try:
        found = sample.read(place)
    except InputError as error:
        return "refused", str(error)
    except Exception as error:  # what users would see as a failure of the program
        return "crashed", f"{type(error).__name__}: {error}"
    return ("unharmed" if found == expected else "another value"), ""


def _told(sample: Sample, place: Path, log: Path) -> str:
    """What the command says: its error line, or else what is wrong with it."""
    command = [sys.executable, "-m", "painter_kit", *sample.args(place)]
    code, said = run(command, place.parent, log)
    lines = [line for line in said.splitlines() if line.startswith("Error: ")]
    if code != 2 or "Traceback" in said or len(lines) != 1:
        return f"exit code {code}, {' '.join(said.split())[-300:]}"
    return lines[0]


def make_released(trained: Path, folder: Path) -> Path:
    """The weights of a training as the authors publish theirs, ``painter.pth`` in ``folder``."""
    import torch

    from painter_kit.model.checkpoint import load_painter

    folder.mkdir(parents=True, exist_ok=True)
    torch.save({"model": load_painter(trained).state_dict()}, folder / "painter.pth")
    return folder


def samples(
    runs: Mapping[str, Path], pairs: Path, released: Path, train: Sequence[str]
) -> dict[str, Sample]:
    """The files of finished runs by the name of the victim that made them, a picture of a folder
    of pairs and released weights. ``train`` is the command that can resume the trainer's run."""
    from painter_kit.config import load_config
    from painter_kit.data.pictures import read_image
    from painter_kit.inference.parted import load_prompt
    from painter_kit.model.checkpoint import load_painter, model_digest
    from painter_kit.report.runs import open_run
    from painter_kit.training.recipe import TrainSettings
    from painter_kit.training.state import load_state

    prompt = runs["searcher"] / "prompt"
    files = {
        "safetensors checkpoint": Sample(
            "model.safetensors",
            runs["trainer"],
            lambda f: model_digest(load_painter(f / "model.safetensors")),
            lambda f: [*_EVALUATE, *_places(f), "--checkpoint", str(f / "model.safetensors")],
        ),
        "released checkpoint": Sample(
            "painter.pth",
            released,
            lambda f: model_digest(load_painter(f / "painter.pth")),
            lambda f: [*_EVALUATE, *_places(f), "--checkpoint", str(f / "painter.pth")],
        ),
        "training state": Sample(
            "state.pt",
            runs["trainer"],
            lambda f: _digest(load_state(f)),
            lambda f: [*train, "--out", str(f), "--resume"],
        ),
        "picture": Sample(
            "images/00.png",
            pairs,
            lambda f: _digest(read_image(f / "images/00.png").tobytes()),
            lambda f: [
                *("predict", "--prompt", str(prompt), "--out", str(f / "out")),
                str(f / "images/00.png"),
            ],
        ),
        "result as JSON": Sample(
            "result.json",
            runs["searcher"],
            lambda f: _digest(open_run(f).result),
            lambda f: ["report", str(f), "--no-mlflow", "--out", str(f.parent / "page")],
            checked=False,
        ),
        "recipe": Sample(
            "config.yaml",
            runs["trainer"],
            lambda f: _digest(load_config(TrainSettings, f / "config.yaml")),
            lambda f: ["train", "--config", str(f / "config.yaml"), "--plan"],
            checked=False,
        ),
    }
    for name in ("input.png", "target.png", "prompt.json"):
        files[f"prompt {name}"] = Sample(
            name,
            prompt,
            lambda f: load_prompt(f).digest,
            lambda f: [*_EVALUATE, *_places(f), "--prompt", str(f)],
        )
    return files


_EVALUATE = ("evaluate", "--task", "depth", "--count", "2", "--no-mlflow")


def _places(folder: Path) -> list[str]:
    return ["--out", str(folder.parent / "out"), "--store", str(folder.parent / "store")]


def _digest(value: Any) -> str:
    """SHA-256 of a value with the tensors in it."""
    import torch

    sha = hashlib.sha256()

    def add(one: Any) -> None:
        if isinstance(one, torch.Tensor):
            one = (str(one.dtype), tuple(one.shape), one.contiguous().numpy().tobytes())
        if isinstance(one, Mapping):
            for key, inner in one.items():
                add(key)
                add(inner)
        elif isinstance(one, list | tuple):
            for inner in one:
                add(inner)
        else:
            sha.update(one if isinstance(one, bytes) else repr(one).encode())

    add(value)
    return sha.hexdigest()
