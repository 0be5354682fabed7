"""``python -m benchmarks.long_run``: does a process that works for long grow?"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from benchmarks.output import markdown_table
from painter_kit.errors import InputError, PainterKitError
from painter_kit.files import write_text

if TYPE_CHECKING:
    from painter_kit.evaluation.judge import Judge
    from painter_kit.inference.prompt import Prompt
    from painter_kit.types import Examples

POOL, SELECT = 64, 64
WARM = 0.25  # of the run: until then caches may fill
MOST_MIB = 20.0  # that the process may have grown from there to the end
MARKS = {"start": 0.0, "quarter": 0.25, "half": 0.5, "three quarters": 0.75, "end": 1.0}
MIB = 2**20


@dataclass(frozen=True)
class Sample:
    """The process after so many ``forwards``: memory that it occupies, files that it has open,
    its threads, and how many forwards per second it made since the sample before."""

    forwards: int
    seconds: float
    rss_mib: float
    open_files: int
    threads: int
    rate: float


@dataclass(frozen=True)
class Course:
    """What a long run did, sample by sample."""

    samples: Sequence[Sample]

    @property
    def warm(self) -> list[Sample]:
        """The samples after the first quarter."""
        whole = self.samples[-1].forwards
        return [sample for sample in self.samples if sample.forwards >= WARM * whole]

    @property
    def slope(self) -> float:
        """Least-squares growth in MiB per 100,000 forwards after the first quarter."""
        warm = self.warm
        if len(warm) < 2:
            return 0.0
        forwards = [sample.forwards / 1e5 for sample in warm]
        return float(np.polyfit(forwards, [sample.rss_mib for sample in warm], 1)[0])

    @property
    def growth(self) -> float:
        """MiB that the slope comes to from the first quarter to the end."""
        return self.slope * (self.warm[-1].forwards - self.warm[0].forwards) / 1e5

    @property
    def flat(self) -> bool:
        """Whether neither memory nor open files have grown after the first quarter."""
        files = [sample.open_files for sample in self.warm]
        return self.growth <= MOST_MIB and max(files) <= files[0]

    @property
    def rows(self) -> list[dict[str, object]]:
        """Start, quarters and end."""
        whole = self.samples[-1].forwards
        found = []
        for name, share in MARKS.items():
            near = min(self.samples, key=lambda sample: abs(sample.forwards - share * whole))
            shown = {"forwards": near.forwards, "RSS MiB": f"{near.rss_mib:.1f}"}
            more = {"open files": near.open_files, "threads": near.threads}
            found.append({"when": name, **shown, **more, "forwards/s": f"{near.rate:.1f}"})
        return found

    @property
    def sentence(self) -> str:
        """The verdict."""
        says = "flat" if self.flat else f"NOT flat (allowed: {MOST_MIB:g} MiB, no more files)"
        return (
            f"memory and open files {says}: {self.slope:+.2f} MiB per 100,000 forwards after the "
            f"first quarter, {self.growth:+.2f} MiB until the end; "
            f"{self.samples[-1].forwards} forwards in {self.samples[-1].seconds / 60:.1f} min"
        )


def run_long(
    judge: Judge,
    prompts: Iterator[Prompt],
    images: Examples,
    forwards: int,
    every: int,
    say: Callable[[str], object] = lambda line: None,
) -> Course:
    """Measure prompt after prompt on the same images until so many forwards are made.

    A first prompt goes before the first sample. Raises ``PainterKitError`` when prompts run out.
    """
    import psutil

    process = psutil.Process()
    judge.records(next(prompts), images)
    begun, last = time.monotonic(), (time.monotonic(), judge.new)
    before, samples = judge.new, list[Sample]()

    def look(rate: float) -> None:
        now, memory = time.monotonic() - begun, process.memory_info().rss / MIB
        made = judge.new - before
        samples.append(Sample(made, now, memory, process.num_fds(), process.num_threads(), rate))
        say(json.dumps(asdict(samples[-1])))

    look(0.0)
    while (made := judge.new - before) < forwards:
        prompt = next(prompts, None)
        if prompt is None:
            raise PainterKitError(f"prompts ran out after {made} forwards; ask for fewer")
        judge.records(prompt, images)
        if judge.new - last[1] >= every or judge.new - before >= forwards:
            now = time.monotonic()
            look((judge.new - last[1]) / max(now - last[0], 1e-9))
            last = time.monotonic(), judge.new
    return Course(samples)


def fresh_prompts(judge: Judge, pool: Examples, count: int, seed: int) -> Iterator[Prompt]:
    """At least ``count`` different prompts: the pool's pairs and their random crops."""
    from prompt_search.candidates import make_candidates
    from prompt_search.rules import PoolRules

    crops = -(-2 * count // len(pool))  # up to half of them may turn out not to be usable
    rules = PoolRules(crops=crops, near_duplicate=1.0, max_candidates=None)
    candidates = make_candidates(judge.task, judge.spec, pool, rules, seed=seed)
    return (candidates.prompt(index) for index in range(len(candidates)))


def watch(
    out: Path, forwards: int, every: int, task: str, checkpoint: str, seed: int, threads: int
) -> Course:
    """A long run on the world, its store and its samples in ``out``."""
    import torch

    from painter_kit.data.base import open_dataset
    from painter_kit.data.specs import with_canvas
    from painter_kit.evaluation.judge import Judge
    from painter_kit.evaluation.splits import Sizes, make_splits
    from painter_kit.evaluation.store import Store
    from painter_kit.inference.predictor import Predictor
    from painter_kit.model.checkpoint import load_painter
    from painter_kit.tasks.base import get_task

    torch.set_num_threads(threads)
    predictor, data = Predictor(load_painter(checkpoint)), open_dataset("world")
    own = get_task(task)
    spec = with_canvas(data.spec(own.name), predictor.canvas)
    splits = make_splits(data, own.name, Sizes(POOL, SELECT), seed).loaded()
    with (
        Store(out / "store") as store,
        (out / "samples.jsonl").open("w", encoding="utf-8") as file,
    ):
        judge = Judge.of(predictor, own, spec, store)
        prompts = fresh_prompts(judge, splits.pool, prompts_for(forwards), seed)

        def note(line: str) -> None:
            file.write(f"{line}\n")
            file.flush()

        with judge.progress(forwards + SELECT, "long run"):
            return run_long(judge, prompts, splits.select, forwards, every, note)


def prompts_for(forwards: int) -> int:
    """Prompts that so many forwards take, with the first one, which is not counted."""
    return -(-forwards // SELECT) + 1


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--out", type=Path, required=True, help="Folder of the store and the report.")
@click.option("--forwards", type=click.IntRange(64), default=200_000, show_default=True)
@click.option("--every", type=click.IntRange(1), default=2000, show_default=True, help="Sample.")
@click.option("--task", default="depth", show_default=True)
@click.option("--checkpoint", default="world-tiny", show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
@click.option("--plan", is_flag=True, help="Print what would run, then stop.")
def command(
    out: Path,
    forwards: int,
    every: int,
    task: str,
    checkpoint: str,
    seed: int,
    threads: int,
    plan: bool,
) -> None:
    """Judge prompt after prompt as a search does and watch memory, files and pace.

    Written: long_run.md, long_run.json and, as it goes, samples.jsonl. Exit code 1 when the
    process grows.
    """
    prompts = prompts_for(forwards)
    click.echo(f"plan: {prompts} prompts on {SELECT} images of {task} = {forwards} forwards")
    if plan:
        return
    if out.exists() and any(out.iterdir()):
        raise InputError(f"--out {out} is not empty; use another folder")
    out.mkdir(parents=True, exist_ok=True)
    course = watch(out, forwards, every, task, checkpoint, seed, threads)
    text = f"{markdown_table(course.rows)}\n\n{course.sentence}"
    write_text(out / "long_run.md", text + "\n")
    told = {"slope_mib_per_100000": course.slope, "growth_mib": course.growth, "flat": course.flat}
    rows = [asdict(sample) for sample in course.samples]
    write_text(out / "long_run.json", json.dumps({**told, "samples": rows}, indent=1) + "\n")
    click.echo(text)
    if not course.flat:
        sys.exit(1)


def main() -> None:
    """The command; errors of users are one line."""
    try:
        command(prog_name="python -m benchmarks.long_run")
    except PainterKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
