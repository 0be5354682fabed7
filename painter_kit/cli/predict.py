"""``painterkit predict``: paint pictures under a prompt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.cli.folders import choose_out, finished_folder
from painter_kit.cli.options import options
from painter_kit.cli.output import emit, progress, say
from painter_kit.cli.supports import join_supports, load_supports, support_options
from painter_kit.errors import InputError

if TYPE_CHECKING:
    from painter_kit.inference.parted import AnyPrompt
    from painter_kit.types import Example, Spec

MOST_AT_ONCE = 8


@click.command()
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--prompt", "folder", required=True, type=click.Path(path_type=Path), metavar="DIR")
@support_options
@options("task", "data", "data_root", "checkpoint", "device", "precision", "segment_type")
@options("threads")
@options("out", "overwrite", "json")
def command(images: tuple[Path, ...], folder: Path, **flags: Any) -> None:
    """Paint IMAGES (files or folders) under the prompt in DIR.

    Writes for each picture, at its own size, the painted output, the decoded result (depth:
    16-bit PNG in millimetres; panoptic: segments as PNG and JSON) and a side-by-side picture.
    --data names the data whose constants decode the output; by default those of the prompt's
    own data. For keypoints a picture shows one person. Every --support is one more prompt folder,
    and --together says how they paint.
    """
    from painter_kit.data.pictures import read_image
    from painter_kit.inference.parted import forwards_of, load_prompt
    from painter_kit.tasks.base import get_task

    out = choose_out(flags["out"], "predict", overwrite=flags["overwrite"])
    how = flags["together"] or "features"
    supports = load_supports(flags["supports"] or ())
    prompt = join_supports(load_prompt(folder), supports, how)
    task = get_task(flags["task"] or prompt.task)
    if task.name != prompt.task:
        raise InputError(f"--prompt {folder} is for {prompt.task}; leave --task {task.name} out")
    spec = prompt_spec(prompt, flags["data"], flags["data_root"])
    paths = find_pictures(images)
    for path in paths:  # before the model is loaded and anything is written
        read_image(path)
    result = _paint(paths, prompt, spec, out, flags)
    if flags["as_json"]:
        said = {"supports": flags["supports"] or [], "forwards_per_picture": forwards_of(prompt)}
        emit({"task": task.name, "prompt": folder, **said, **result})
    say(f"{len(paths)} pictures painted into {out}", as_json=flags["as_json"])


def prompt_spec(prompt: AnyPrompt, data: str | None, root: Path | None) -> Spec[Any]:
    """The constants that decode outputs under ``prompt``, in the prompt's own coding.

    They are those of ``data``, else of the data that the prompt was made from, else the
    released ones. Raises ``InputError`` when the task has no constants without data, and when
    the prompt lacks a part of its task.
    """
    from painter_kit.cli.given_prompt import check_parts
    from painter_kit.data.base import dataset_names, open_dataset
    from painter_kit.data.folder import target_spec, target_tasks
    from painter_kit.data.specs import RELEASED_TASKS
    from painter_kit.inference.parted import PartedPrompt
    from painter_kit.tasks.base import get_task

    own = str(prompt.provenance.get("data", ""))
    if data or own in dataset_names():
        spec = open_dataset(data or own, root).spec(prompt.task)
        check_parts(prompt, get_task(prompt.task), spec, "the prompt")
        return prompt.effective(spec)
    known = (*RELEASED_TASKS, *target_tasks())
    if isinstance(prompt, PartedPrompt) or prompt.task not in known:
        raise InputError(f"the prompt does not say its data; give --data for task {prompt.task}")
    classes = tuple(str(n) for n in range(len(prompt.coding.palette)))
    return prompt.effective(target_spec("given", prompt.task, classes))


def find_pictures(given: Sequence[Path]) -> list[Path]:
    """Picture files, folders replaced by the pictures in them, in order.

    Raises ``InputError`` for a folder without pictures and for two files of one name, whose
    results would overwrite each other.
    """
    from painter_kit.data.pictures import SUFFIXES

    found: list[Path] = []
    for path in given:
        inside = [p for p in sorted(path.iterdir()) if _shown(p, SUFFIXES)] if path.is_dir() else []
        if path.is_dir() and not inside:
            raise InputError(f"folder {path} holds no pictures ({', '.join(sorted(SUFFIXES))})")
        found += inside or [path]
    name, count = Counter(path.stem for path in found).most_common(1)[0]
    if count > 1:
        raise InputError(f"{count} pictures are named {name}; rename them or predict them apart")
    return found


def _shown(path: Path, suffixes: frozenset[str]) -> bool:
    return path.is_file() and path.suffix.lower() in suffixes and not path.name.startswith(".")


def _paint(
    paths: Sequence[Path], prompt: AnyPrompt, spec: Spec[Any], out: Path, flags: dict[str, Any]
) -> dict[str, Any]:
    from painter_kit.cli.results import write_result
    from painter_kit.cli.runtime import use_device
    from painter_kit.data.specs import with_canvas
    from painter_kit.evaluation.painting import paint_examples
    from painter_kit.inference.predictor import Predictor
    from painter_kit.model.checkpoint import load_painter
    from painter_kit.tasks.base import get_task

    precision, checkpoint = flags["precision"] or "fp32", flags["checkpoint"] or "world-tiny"
    device = use_device(flags["device"] or "auto", precision, flags["threads"])
    size = min(MOST_AT_ONCE, len(paths))
    kind = flags["segment_type"] or "auto"
    predictor = Predictor(load_painter(checkpoint, device), size, precision, segment_type=kind)
    spec, task, files = with_canvas(spec, predictor.canvas), get_task(prompt.task), []
    painted = paint_examples(task, spec, prompt, _examples(paths), predictor.pictures, size)
    with finished_folder(out, "predict") as fresh, progress(len(paths), "predict") as bar:
        for path, (example, output) in zip(paths, painted, strict=True):
            names = write_result(fresh / path.stem, task, spec, example, output)
            files.append({"image": path, **{k: out / v for k, v in names.items()}})
            bar.update()
    return {
        "checkpoint": checkpoint,
        "model_digest": predictor.model_digest,
        "out": out,
        "pictures": files,
    }


def _examples(paths: Sequence[Path]) -> Iterator[Example]:
    """The pictures, read when it is their turn, as examples of which nothing is known."""
    from painter_kit.data.pictures import read_image
    from painter_kit.types import Example

    return (Example(path.stem, path.stem, read_image(path), {}) for path in paths)
