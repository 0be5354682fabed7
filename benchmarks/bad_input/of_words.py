"""Readers of settings: YAML files, and what the command line takes as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.bad_input.table import Reader
from benchmarks.suites.settings import BenchmarkSettings, parse_prompts
from painter_kit.config import dump_config, load_config
from painter_kit.data.base import open_dataset
from painter_kit.data.specs import depth_spec, keypoint_spec, panoptic_spec
from painter_kit.data.switches import switch_names, switched
from painter_kit.errors import InputError
from painter_kit.training.recipe import TrainSettings
from prompt_search.budget import parse_budget
from prompt_search.config import SearchConfig
from prompt_tuning.config import TuneConfig

CONFIG, WORDS = "config.yaml", "words.txt"
_PIPES = ("a pipe", "a device")  # settings may come from one: --config <(command)


def _settings(name: str, cls: type[Any]) -> Reader:
    def write(folder: Path) -> None:
        (folder / CONFIG).write_text(dump_config(cls()), encoding="utf-8")

    def read(folder: Path) -> None:
        dump_config(load_config(cls, folder / CONFIG))

    return Reader(f"config-{name}", write, read, allowed=_PIPES)


def _words(
    name: str, lines: list[str], use: Callable[[str], object], named: str, share: float = 1.0
) -> Reader:
    """A reader of what stands in a line of the command line."""

    def write(folder: Path) -> None:
        (folder / WORDS).write_text("\n".join(lines), encoding="utf-8")

    def read(folder: Path) -> None:
        path = folder / WORDS
        text = path.read_bytes().decode(errors="surrogateescape") if path.is_file() else ""
        refused: InputError | None = None
        for word in re.split(r"[\r\n\0]+", text)[:20]:
            try:
                use(word)
            except InputError as error:  # the other words have their turn
                refused = refused or error
        if refused:
            raise refused

    return Reader(name, write, read, named=(named,), share=share)


def _set(word: str) -> None:
    dump_config(load_config(TrainSettings, None, [word]))


_KEYPOINTS = keypoint_spec("world", ("nose", "left_eye", "right_eye"))
_PANOPTIC = panoptic_spec("world", ("wall", "floor", "chair"), (2,))


def _switch(word: str) -> None:
    specs = (depth_spec("world"), _KEYPOINTS, _PANOPTIC)
    key = word.partition("=")[0]
    for spec in [s for s in specs if key in switch_names(s)] or specs[:1]:
        assert switched(spec, [word]).digest


def _open(word: str) -> None:
    dataset = open_dataset(word, Path("nowhere"))
    for task in dataset.tasks:
        if not word.startswith("world"):
            dataset.spec(task)


_SETS = [
    "iterations=3",
    "optim.lr=1e-3",
    "mask.half_ratio=0.5",
    "seed=1",
    "lists=[a.json]",
    "mix={depth: 2}",
]
_SWITCHES = [
    "max_m=10.0",
    "canvas=64",
    "instance.distance_threshold=18",
    "image_resize=bilinear",
]
_NAMES = ["world", "coco:gt-boxes", "builtin", "haze:seed=3:a", "ap10k:split2,background=4"]
_NAMES += ["pascal5i:1", "coco20i:dog", "lvis:v0.5", "animalpose:original", "fss1000:a"]
_PROMPTS = ["random:16,searched:runs/a,learned", "random:4,released", "random"]
_BUDGETS = ["100", "+50", "medium", "2h", "1.5m"]

READERS = (
    _settings("train", TrainSettings),
    _settings("search", SearchConfig),
    _settings("tune", TuneConfig),
    _settings("benchmark", BenchmarkSettings),
    _words("set", _SETS, _set, "--set", share=2),
    _words("protocol", _SWITCHES, _switch, "--protocol"),
    _words("data", _NAMES, _open, "data"),
    _words("prompts", _PROMPTS, parse_prompts, "--prompts"),
    _words("budget", _BUDGETS, parse_budget, "budget"),
)
