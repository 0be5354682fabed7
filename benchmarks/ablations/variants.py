"""What is compared: changes of one recipe, and how often each is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from painter_kit.config import load_config
from painter_kit.errors import InputError
from painter_kit.training.recipe import TrainSettings, check_settings, network_config

RECIPE = "world-ablation"
FOUR = ("depth", "semantic", "keypoint", "denoise")


@dataclass(frozen=True)
class Variant:
    """A change of the recipe: ``sets`` are ``KEY=VALUE``; ``tables`` are the paper's that have it.

    ``cost`` is the time of a sample in terms of the recipe's own, for the plan. A variant sees
    ``times`` as many samples as the base, whatever number that is.
    """

    name: str
    tables: tuple[str, ...]
    sets: tuple[str, ...] = ()
    seeds: int = 1
    cost: float = 1.0
    times: int = 1


def _mix(*tasks: str) -> str:
    return f"mix={{{', '.join(f'{task}: 1.0' for task in tasks)}}}"


S2, TABLE_2 = "S2", "2"
# The recipe itself: semantic segmentation alone, which is Table 2's separate model of that task.
BASE = Variant("base", (S2, TABLE_2), (), 3)
VARIANTS = (
    BASE,
    Variant("no merging", (S2,), ("network.merge_after=null",), 3, 2.0),
    Variant("loss l1", (S2,), ("network.loss=l1",), 3),
    Variant("loss l2", (S2,), ("network.loss=l2",), 3),
    Variant("small encoder", (S2,), ("network.embed_dim=96", "network.num_heads=3"), 1, 0.7),
    Variant("large encoder", (S2,), ("network.embed_dim=192", "network.num_heads=6"), 1, 1.8),
    Variant("linear head", (S2,), ("network.head=linear",), 1, 0.8),
    # The four tasks share the samples that each of the separate models has for itself ...
    Variant("joint", (TABLE_2,), (_mix(*FOUR),)),
    # ... and here every task has as many as its separate model.
    Variant("joint, 4 x samples", (TABLE_2,), (_mix(*FOUR),), times=4),
    *(Variant(f"separate {t}", (TABLE_2,), (_mix(t),)) for t in FOUR if t != "semantic"),
)


@dataclass(frozen=True)
class Cell:
    """One training: a variant and a seed, in a folder of its own."""

    variant: Variant
    seed: int
    sets: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Its name below the output folder."""
        plain = "".join(c if c.isalnum() else "-" for c in self.variant.name)
        return f"{plain}-seed{self.seed}"

    def settings(self) -> TrainSettings:
        """The recipe as this cell trains it. Raises ``InputError`` when it cannot."""
        settings = load_config(TrainSettings, RECIPE, self.sets)
        check_settings(settings)
        network_config(settings)
        if not (settings.validation_examples and settings.validation_prompts):
            raise InputError("validation_examples and validation_prompts must be at least 1 here")
        return settings

    def arguments(self, out: Path, store: Path) -> list[str]:
        """Of ``painterkit``, without what continues or replaces an earlier run."""
        return training(out / self.folder, store, self.sets)


def training(out: Path, store: Path, sets: Sequence[str]) -> list[str]:
    """Arguments of ``painterkit`` that train the recipe with these changes into ``out``."""
    changes = [part for item in sets for part in ("--set", item)]
    where = ["--device", "cpu", "--out", str(out), "--store", str(store)]
    return ["train", "--recipe", RECIPE, "--no-mlflow", *where, *changes]


def cells(
    names: Sequence[str] = (), seeds: int | None = None, sets: Sequence[str] = ()
) -> Iterator[Cell]:
    """The cells of the named variants (all without names); ``seeds`` caps the seeds and ``sets``
    change every cell, after the variant's own changes.

    Raises ``InputError`` when the recipe cannot be changed so.
    """
    iterations = load_config(TrainSettings, RECIPE, sets).iterations
    for variant in VARIANTS:
        if names and variant.name not in names:
            continue
        longer = [f"iterations={variant.times * iterations}"] if variant.times > 1 else []
        for seed in range(min(variant.seeds, seeds or variant.seeds)):
            yield Cell(variant, seed, (*variant.sets, *sets, *longer, f"seed={seed}"))
