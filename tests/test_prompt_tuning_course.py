"""A course: steps, snapshots, early end, exact continuation, and what happens when it fails."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from painter_kit.errors import InputError, PainterKitError
from painter_kit.inference.prompt import Prompt
from painter_kit.types import SilentReporter
from prompt_tuning import course as module
from prompt_tuning.config import TuneConfig
from prompt_tuning.course import Course, Lesson, frozen
from prompt_tuning.starts import make_start
from tests.tuning_toys import PLAIN, lesson


def begin(lesson: Lesson, name: str = "") -> Course:
    return Course(lesson, make_start("grey", lesson.candidates, 0), name)


def run(lesson: Lesson, until: int | None = None) -> Course:
    with frozen(lesson.model):
        course = begin(lesson)
        course.advance(until)
    return course


def test_it_may_stop_anywhere_and_go_on(tmp_path: Path):
    here = lesson(tmp_path)
    straight = run(here)
    with frozen(here.model):
        halting = begin(here)
        for until in (1, 4, 4, 9, None):
            halting.advance(until)
    assert halting.losses == straight.losses
    assert [s.step for s in halting.snapshots] == [0, 5, 10, 12]
    assert halting.best.prompt.digest == straight.best.prompt.digest


@pytest.mark.parametrize("choice", ["auto", "semantic"])
def test_it_learns_under_the_type_that_is_judged(tmp_path: Path, choice: str):
    asked = []
    here = lesson(tmp_path, replace(PLAIN, segment_type=choice))
    encode = here.model.encode
    here.model.encode = lambda *args: asked.append(args[3]) or encode(*args)
    run(here, until=2)
    assert {*asked} == {"instance" if choice == "auto" else "semantic"}


FULL = replace(PLAIN, ema=0.8, rounding=0.3, smoothness=1e-4, save_every=2, augment="mirror+crop")


@pytest.mark.parametrize("killed_at", [1, 3, 5, 8, 11, 12])
def test_a_killed_course_continues_bit_for_bit(tmp_path: Path, killed_at: int):
    """Whatever step the kill hit: losses, snapshots and pictures are those of an undisturbed
    course."""
    config = replace(FULL, learn_precision="auto")
    straight = run(lesson(tmp_path / "straight", config))

    class Kill(SilentReporter):
        def metrics(self, values, step=None) -> None:
            if step == killed_at and "tune/loss" in values:
                raise KeyboardInterrupt

    here = lesson(tmp_path / "a", config, folder=tmp_path / "states", reporter=Kill())
    with pytest.raises(KeyboardInterrupt):
        run(here)
    again = run(lesson(tmp_path / "a", config, folder=tmp_path / "states"))
    assert again.losses == straight.losses
    assert [(s.step, s.select, s.prompt.digest) for s in again.snapshots] == [
        (s.step, s.select, s.prompt.digest) for s in straight.snapshots
    ]
    assert again.snapshots[-1].prompt.provenance == straight.snapshots[-1].prompt.provenance
    for one, two in zip(
        again.learner.learned.parameters(), straight.learner.learned.parameters(), strict=True
    ):
        assert torch.equal(one, two)
    judge = straight.lesson.judge
    assert judge.requested == again.lesson.judge.requested  # the same is asked for, less is new
    if killed_at > 5:
        assert again.lesson.judge.new < judge.new


def test_a_finished_course_makes_no_step_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run(lesson(tmp_path, folder=tmp_path / "states"))
    monkeypatch.setattr(module, "draw_queries", None)
    again = run(lesson(tmp_path, folder=tmp_path / "states"))
    assert again.step == 12


@pytest.mark.parametrize("change", [{"rate": 0.01}, {"seed": 1}, {"steps": 13}, {"learn": "input"}])
def test_a_state_of_other_settings_is_refused(tmp_path: Path, change: dict):
    run(lesson(tmp_path, folder=tmp_path / "states"), 5)
    other = lesson(tmp_path, replace(PLAIN, **change), folder=tmp_path / "states")
    with pytest.raises(InputError, match="made with other settings, data or weights"):
        begin(other)


def test_what_learning_does_not_hang_on_may_change(tmp_path: Path):
    run(lesson(tmp_path, folder=tmp_path / "states"), 5)
    other = replace(PLAIN, save_every=1, robustness=True, panel=9)
    assert begin(lesson(tmp_path, other, folder=tmp_path / "states")).step == 5


def test_patience_ends_what_does_not_get_better(tmp_path: Path):
    config = replace(PLAIN, steps=60, evaluate_every=2, patience=3, rate=1e-9)
    course = run(lesson(tmp_path, config))  # nothing moves: the first evaluation is never beaten
    assert course.done
    assert [s.step for s in course.snapshots] == [0, 2, 4, 6, 8]
    assert course.best.step == 2


def test_without_patience_all_steps_are_made(tmp_path: Path):
    config = replace(PLAIN, steps=20, evaluate_every=2, rate=1e-9)
    assert run(lesson(tmp_path, config)).step == 20


def broken(tmp_path: Path, config: TuneConfig = PLAIN) -> tuple[Lesson, str]:
    """A lesson whose model breaks after seven steps; what the error says."""
    here = lesson(tmp_path, config, rescue=tmp_path / "best")
    with frozen(here.model):
        course = begin(here)
        course.advance(7)
    weight = here.model.mask_token.detach().clone()
    with torch.no_grad():
        here.model.mask_token.fill_(math.nan)
    with pytest.raises(PainterKitError) as caught:
        course.advance()
    with torch.no_grad():
        here.model.mask_token.copy_(weight)
    return here, str(caught.value)


def test_a_loss_that_is_not_finite_stops_and_keeps_the_best(tmp_path: Path):
    here, words = broken(tmp_path)
    assert words.startswith("loss is not finite at step 8: a weight of the model is not finite")
    assert words.endswith(f"the best prompt so far is in {tmp_path / 'best'}")
    kept = Prompt.load(tmp_path / "best")
    assert kept.digest == run(here, 5).best.prompt.digest
    assert kept.kind == "learned"


def test_before_the_first_evaluation_the_prompt_of_the_last_step_is_kept(tmp_path: Path):
    config = replace(PLAIN, evaluate_every=10)
    here, _ = broken(tmp_path, config)
    assert Prompt.load(tmp_path / "best").provenance["tune"]["steps"] == 7
    assert Prompt.load(tmp_path / "best").digest == run(here, 7).learner.pair().digest


@pytest.mark.parametrize(
    ("precision", "words"), [("fp32", "too large a step; lower"), ("bf16", "that bf16 cannot hold")]
)
def test_the_likely_cause_is_told(tmp_path: Path, monkeypatch, precision: str, words: str):
    here = lesson(tmp_path, replace(PLAIN, learn_precision=precision))
    monkeypatch.setattr("prompt_tuning.learner.prompt_loss", _not_a_number)
    with pytest.raises(PainterKitError, match=rf"not finite at step 1: probably .*{words}"):
        run(here)


def _not_a_number(model, learned, queries, segment_type):
    return sum(half.sum() for half in learned()) * math.nan


def test_queries_that_are_not_finite_are_told(tmp_path: Path, monkeypatch):
    draw = module.draw_queries

    def spoiled(*args):
        queries = draw(*args)
        return replace(queries, targets=queries.targets * math.inf)

    monkeypatch.setattr(module, "draw_queries", spoiled)
    with pytest.raises(PainterKitError, match="weight of the queries is not finite; check --data"):
        run(lesson(tmp_path))


def test_blocks_are_recomputed_when_asked_for_or_when_the_canvas_is_large(tmp_path: Path):
    model = lesson(tmp_path).model
    with frozen(model):
        assert not model.checkpoint_blocks  # 32 tokens
    with frozen(model, checkpointing=True):
        assert model.checkpoint_blocks
    assert not model.checkpoint_blocks
    model.img_size = (896, 448)
    with frozen(model):
        assert model.checkpoint_blocks


def test_series_and_pictures_bear_part_and_start(tmp_path: Path):
    names: set[str] = set()

    class Kept(SilentReporter):
        def metrics(self, values, step=None) -> None:
            names.update(values)

        def image(self, key, image, step=None) -> None:
            names.add(key)

    here = lesson(tmp_path, replace(PLAIN, steps=1), part="things", reporter=Kept())
    with frozen(here.model):
        begin(here, "search 2").advance()
    assert names == {
        *("tune/things/search-2/loss", "tune/things/search-2/select_error"),
        "tune/things/search-2/select_loss",
        *("things_search-2_prompt_input", "things_search-2_prompt_target"),
    }
