"""What a run measured, found again: task, spec, pictures, prompts' Records and painted outputs.

Pictures are read from the data, Records from the store. No model is needed for that, only how
large its canvas is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from painter_kit.errors import InputError
from painter_kit.report.runs import EVALUATE, RunFolder

if TYPE_CHECKING:
    from painter_kit.data.base import Dataset
    from painter_kit.evaluation.loaded import Loaded
    from painter_kit.evaluation.painting import Paint
    from painter_kit.evaluation.shared import AnyStore
    from painter_kit.evaluation.store import Store
    from painter_kit.inference.parted import AnyPrompt
    from painter_kit.model.builders import ModelConfig
    from painter_kit.tasks.base import Task
    from painter_kit.types import Record, SegmentChoice, Spec


@dataclass(frozen=True)
class Access:
    """Where to look: what is None here is taken from the run, else has its usual place.

    ``repaint``: pictures that are not kept are painted again with the run's weights on
    ``device``.
    """

    store: Path | None = None
    data_root: Path | None = None
    checkpoint: str | None = None
    device: str = "cpu"
    repaint: bool = False


@dataclass(frozen=True)
class Source:
    """One task of a run, with what tells its Records and outputs apart from others in the store.

    ``paint`` has the model, or refuses; ``numerics`` are the classes that the run may have had
    (what kind of device it computed on is not noted), each in batches of ``batch``.
    """

    task: Task
    spec: Spec[Any]
    dataset: Dataset
    store: AnyStore
    seed: int
    model_digest: str
    numerics: Sequence[str]
    batch: int
    paint: Paint
    _splits: dict[tuple[str, int | None], Loaded] = field(default_factory=dict, repr=False)

    def examples(self, split: str, size: int | None = None) -> Loaded:
        """The examples of a split as the run cut it, read at most once."""
        from painter_kit.evaluation.loaded import loaded
        from painter_kit.evaluation.splits import make_split

        key = split, size
        if key not in self._splits:
            made = make_split(self.dataset, self.task.name, split, size, self.seed)
            self._splits[key] = loaded(made)
        return self._splits[key]

    def records(self, prompt: AnyPrompt, examples: Loaded) -> list[Record] | None:
        """The Records of the prompt on all these examples, None unless the store has them all."""
        from painter_kit.evaluation.judge import Judge

        for numerics in self.numerics:
            known = self.store, self.model_digest, numerics, self.batch
            judge = Judge(self.task, self.spec, self.paint, *known)
            if judge.known(prompt, examples) == len(examples):
                return judge.recall(prompt, examples)
        return None


def open_source(run: RunFolder, row: Mapping[str, Any], access: Access, store: Store) -> Source:
    """The source of one result of a run (``row``: its ``task``, ``data``, ``model_digest``).

    Raises ``InputError`` when data or weights are not where they were, and when the weights to
    repaint with are others.
    """
    from painter_kit.data.base import open_dataset
    from painter_kit.data.specs import with_canvas
    from painter_kit.data.switches import switch_names, switched
    from painter_kit.tasks.base import get_task

    task, settings = get_task(str(row["task"])), run.settings
    dataset = open_dataset(str(row["data"]), access.data_root or _noted(run, "data_root"))
    checkpoint = access.checkpoint or str(row["checkpoint"])
    spec = with_canvas(dataset.spec(task.name), canvas_of(checkpoint))
    known = switch_names(spec)
    sets = [item for item in settings.get("protocol") or () if item.partition("=")[0] in known]
    spec, digest = switched(spec, sets), str(row["model_digest"])
    precision, batch = settings.get("precision", "fp32"), int(settings.get("forward_batch", 16))
    kind, paint = settings.get("segment_type", "auto"), _no_paint
    if access.repaint:
        paint = _painter(checkpoint, access.device, batch, precision, digest, kind)
    seed = int(settings.get("seed", 0))
    numerics = numerics_of(precision, kind, has_types(checkpoint))
    return Source(task, spec, dataset, store, seed, digest, numerics, batch, paint)


def store_folder(run: RunFolder, access: Access) -> Path:
    """Where the run's Records are. Raises ``InputError`` when there is no store."""
    from painter_kit.evaluation.store import FILE, default_store_dir

    folder = access.store or _noted(run, "store") or default_store_dir()
    if not (folder / FILE).is_file():
        raise InputError(f"no store at {folder}; give --store DIR, the one that the run wrote to")
    return folder


def _noted(run: RunFolder, name: str) -> Path | None:
    return Path(run.note[name]) if run.note.get(name) else None


def measured_on(run: RunFolder, row: Mapping[str, Any]) -> tuple[str, int]:
    """The split that a result was measured on, and on how many pictures."""
    if run.verb == EVALUATE:
        return str(row["split"]), int(row["n"])
    return "confirm", int(row["splits"]["confirm"])


def measured_examples(source: Source, run: RunFolder, row: Mapping[str, Any]) -> Loaded:
    """The examples of ``measured_on``, as the run had them."""
    split, count = measured_on(run, row)
    if run.verb == EVALUATE:  # which takes the first of the whole split, whatever its seed
        return replace(source, seed=0).examples(split, count)
    return source.examples(split, count)


def canvas_of(checkpoint: str) -> int:
    """S of the model, in pixels. Raises ``InputError`` when the weights are not there."""
    return _config_of(checkpoint).img_size[1]


def has_types(checkpoint: str) -> bool:
    """Whether the model has SegGPT's type tokens. Raises ``InputError`` as ``canvas_of``."""
    return _config_of(checkpoint).type_tokens


@cache
def _config_of(checkpoint: str) -> ModelConfig:
    from painter_kit.model.checkpoint import checkpoint_config

    try:
        return checkpoint_config(checkpoint)
    except InputError as error:
        raise InputError(f"{error}; give --checkpoint, the weights that the run used") from error


def numerics_of(
    precision: str, segment_type: SegmentChoice = "auto", type_tokens: bool = False
) -> list[str]:
    """The numerics classes that a run of this precision may have had, by kind of device; under
    this choice of type tokens if the model has them."""
    from painter_kit.inference.predictor import NUMERICS_VERSION

    name = f"{precision}.{NUMERICS_VERSION}"
    token = f" type {segment_type}" * type_tokens
    return [name + token, f"{name} cuda{token}"]


def _no_paint(prompt: Any, images: Any, spec: Any) -> Any:
    raise RuntimeError("a report paints nothing unless it is asked to")


@cache
def _painter(
    checkpoint: str,
    device: str,
    batch: int,
    precision: str,
    digest: str,
    segment_type: SegmentChoice,
) -> Paint:
    from painter_kit.inference.predictor import Predictor
    from painter_kit.model.checkpoint import load_painter

    model = load_painter(checkpoint, device)
    predictor = Predictor(model, batch, precision, segment_type=segment_type)
    if predictor.model_digest != digest:
        raise InputError(
            f"--checkpoint {checkpoint} holds other weights than the run used (digest "
            f"{predictor.model_digest[:12]}, not {digest[:12]}); give those, or leave --repaint out"
        )
    return predictor.pictures
