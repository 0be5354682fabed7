"""What is said of models that are known to read this or that of a prompt."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from painter_kit.evaluation.gain import compare
from painter_kit.evaluation.intervals import Interval
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.parted import AnyPrompt, PartedPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks import base
from painter_kit.types import Image, SilentReporter, Spec
from prompt_search.config import SearchConfig
from prompt_search.sensitivity import Reading, Sensitivity, sensitivity, touched
from prompt_search.setting import Setting, measure_panel, prepare
from tests.test_prompt_search_search import search
from tests.toys import BOTH, BOTH_SPEC, PARTS, SPEC, TOY, ToyData, ToyPainter, registered, toy_data

QUICK = SearchConfig(panel=4, resamples=400, diagnose=True, shuffles=3)
INVERSE = replace(TOY, name="toy-inverse", encode=lambda t, s, size: 255 - TOY.encode(t, s, size))


@dataclass(frozen=True)
class Reader:
    """Paints the true level plus ``error(prompt)`` and some noise of the picture's own."""

    error: Callable[[Prompt], float]

    def __call__(self, prompt: Prompt, images: list[Image], spec: Spec[Any]) -> np.ndarray:
        off = self.error(prompt)
        values = [int(i[0, 0, 0]) / 255 + 0.1 + 0.2 * int(i[0, 0, 1]) / 255 + off for i in images]
        return np.stack([np.full((spec.canvas, spec.canvas, 3), v, np.float32) for v in values])


def level(picture: Image) -> int:
    """What the example's first byte tells."""
    return int(picture[0, 0, 0])


def is_blank(prompt: Prompt) -> bool:
    return not prompt.pair.image.any()


def is_inverse(prompt: Prompt) -> bool:
    """Targets of the toy task are under 120 here, those of the other task above."""
    return level(prompt.pair.target) > 120


def misfit(prompt: Prompt) -> float:
    return abs(level(prompt.pair.target) - level(prompt.pair.image)) / 255


def deaf(prompt: Prompt) -> float:
    return 0.0


def there(prompt: Prompt) -> float:
    return 0.5 * is_blank(prompt)


def kind(prompt: Prompt) -> float:
    return 0.5 * (is_blank(prompt) or is_inverse(prompt))


def fit(prompt: Prompt) -> float:
    return 0.3 + misfit(prompt) if not is_blank(prompt) else 1.0


def misled(prompt: Prompt) -> float:
    return 0.5 * is_inverse(prompt)


def contrary(prompt: Prompt) -> float:
    return 0.0 if is_blank(prompt) else 0.4


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with registered(), pytest.MonkeyPatch.context() as patch, Store(tmp_path) as store:
        patch.setitem(base._registered, INVERSE.name, INVERSE)
        yield store


def data() -> ToyData:
    made = toy_data(pool=12, select=6, confirm=24)
    # Toys paint one level each; different ones make shuffled targets differ.
    for index, example in enumerate(made.subsets["pool"].items):
        example.image[0, 0, 0] = 40 + 5 * index
        truth = {**example.truth, "level": np.asarray(np.uint8(40 + 5 * index))}
        object.__setattr__(example, "truth", truth)
    return replace(made, tasks=("toy", INVERSE.name))


def setting(store: Store, error: Callable[[Prompt], float], config=QUICK) -> Setting:
    splits = make_splits(data(), "toy")
    judge = Judge(TOY, SPEC, Reader(error), store, "model")
    return prepare(judge, splits, config)


def measured(made: Setting, chosen: Sequence[int]) -> tuple[Setting, AnyPrompt, list[AnyPrompt]]:
    """What ``sensitivity`` takes, once prompt and panel are judged on confirm."""
    prompt, panel = made.join(chosen), list(measure_panel(made).prompts)
    for one in (prompt, *panel):
        made.judge.records(one, made.splits.confirm)
    return made, prompt, panel


def diagnosed(store: Store, error: Callable[[Prompt], float]) -> Sensitivity:
    return sensitivity(*measured(setting(store, error), [3]))


def named(found: Sensitivity) -> Mapping[str, Reading]:
    return {reading.kind: reading for reading in found.readings}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (deaf, ["the model ignores this prompt: blank and shuffled and wrong ones do as well"]),
        (there, ["the model reads only that there is a prompt: a wrong one does as well"]),
        (kind, ["reads what kind of target it is shown; not how it fits the input"]),
        (fit, ["the model reads the target: with another one beside the same input"]),
        (misled, ["reads what kind of target", "does as well with a blank prompt"]),
        (contrary, ["not decided", "is worse than the blank prompt"]),
    ],
)
def test_the_verdict_on_models_that_are_known(store: Store, error, words: list[str]):
    found = diagnosed(store, error)
    assert set(named(found)) == {
        *("right", "blank", "shuffled target", "wrong task: toy-inverse", "own")
    }
    said = [v for v in found.verdicts if not v.startswith("an image's own truth")]
    assert len(said) == len(words), found.summary
    for verdict, expected in zip(said, words, strict=True):
        assert expected in verdict, found.summary


def test_noise_that_hides_everything_is_no_verdict(store: Store):
    class Noisy(ToyPainter):
        def __init__(self) -> None:
            super().__init__(effect=0, noise=0.5)

    made = prepare(Judge(TOY, SPEC, Noisy(), store, "m"), make_splits(data(), "toy"), QUICK)
    found = sensitivity(*measured(made, [0]))
    assert "ignores" not in " ".join(found.verdicts)
    wide = replace(made, config=replace(QUICK, margin=5.0))
    assert "ignores" in sensitivity(*measured(wide, [0])).verdicts[0]


def test_one_prompt_is_compared_as_everywhere_else(store: Store):
    """Value, gain over the panel and difference equal those of ``compare``."""
    made, prompt, panel = measured(setting(store, fit), [3])
    judge, confirm = made.judge, made.splits.confirm
    found = named(sensitivity(made, prompt, panel))
    ours = judge.recall(prompt, confirm)
    others = [judge.recall(p, confirm) for p in panel]
    options: dict[str, Any] = {"seed": 0, "resamples": 400}
    expected = compare(TOY, SPEC, ours, others, confirm.groups, ours[0], **options)
    gain, right = found["right"].gain, found["right"]
    assert (gain.value, gain.low, gain.high) == pytest.approx(
        (expected.gain.value, expected.gain.ci_low, expected.gain.ci_high)
    )
    assert right.value == expected.ours
    assert (right.lost.low, right.lost.value, right.lost.high) == (0, 0, 0)
    # A blank prompt is off by 1.0, this one by 0.3.
    blank = found["blank"]
    assert blank.lost.value == pytest.approx(0.7, abs=1e-6)
    assert blank.value.value == pytest.approx(right.value.value + 0.7, abs=1e-6)
    assert blank.gain.value == pytest.approx(gain.value - 0.7, abs=1e-6)


def test_shuffled_targets_have_an_interval_over_prompts(store: Store):
    found = named(diagnosed(store, fit))
    shuffled, wrong = found["shuffled target"], found["wrong task: toy-inverse"]
    assert (shuffled.prompts, wrong.prompts, shuffled.images) == (3, 1, 24)
    # Images are hit equally by every prompt here, so only prompts can make it wide.
    assert shuffled.lost.high - shuffled.lost.low > 10 * (wrong.lost.high - wrong.lost.low)
    assert shuffled.lost.low < shuffled.lost.value < shuffled.lost.high


def test_own_prompts_are_compared_on_their_images_only(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("prompt_search.sensitivity.OWN", 5)
    own = named(diagnosed(store, misfit))["own"]
    assert (own.prompts, own.images) == (1, 5)
    monkeypatch.setattr("prompt_search.sensitivity.OWN", 1)
    assert "own" not in named(diagnosed(store, misfit))


def test_forwards_are_those_of_the_plan(store: Store):
    made, prompt, panel = measured(setting(store, fit), [3])
    before = made.judge.new, made.judge.requested
    sensitivity(made, prompt, panel)
    assert made.judge.new - before[0] == made.judge.requested - before[1]
    assert made.judge.new - before[0] == made.plan.sensitivity_forwards == (1 + 3 + 1) * 24 + 24


def test_parts_are_altered_together(store: Store):
    source = replace(data(), tasks=("toy-both", "toy-one", "toy-two", INVERSE.name))
    splits = make_splits(source, "toy-both").with_parts(source, {p: f"toy-{p}" for p in PARTS})
    made = prepare(Judge(BOTH, BOTH_SPEC, Reader(kind), store, "m"), splits, QUICK)
    found = sensitivity(*measured(made, [1, 2]))
    assert named(found)["blank"].lost.value == pytest.approx(0.5, abs=1e-6)
    assert "reads what kind of target it is shown" in found.verdicts[0]


def reading(low: float, high: float, kind: str = "blank") -> Reading:
    nothing = Interval(1.0, 0.9, 1.1)
    return Reading(kind, 1, 9, nothing, nothing, Interval((low + high) / 2, low, high))


@pytest.mark.parametrize(
    ("low", "high", "state"),
    [
        (0.01, 0.02, "worse"),
        (-0.02, -0.01, "better"),
        (-0.05, 0.04, "equal"),
        (0, 0, "equal"),
        (-0.05, 0.06, "unclear"),
        (-0.06, 0.05, "unclear"),
        (np.nan, np.nan, "unclear"),
    ],
)
def test_states(low: float, high: float, state: str):
    assert reading(low, high).state(0.05) == state


def test_without_other_tasks_and_candidates_less_is_said():
    right = reading(0, 0, "right")
    said = Sensitivity(SPEC, [right, reading(0.2, 0.3)], 0.05).verdicts
    assert said == ["not decided: intervals are wider than the margin; take more --confirm images"]
    alone = Sensitivity(SPEC, [right, reading(0, 0)], 0.05).verdicts
    assert alone == ["the model ignores this prompt: blank ones do as well"]


def test_files_json_words_and_report(store: Store, tmp_path: Path):
    class Kept(SilentReporter):
        def __init__(self) -> None:
            self.rows: list[Any] = []
            self.values: dict[str, float] = {}

        def table(self, name, rows) -> None:
            assert name == "sensitivity.json"
            self.rows = list(rows)

        def metrics(self, values, step=None) -> None:
            self.values.update(values)

    found, kept = diagnosed(store, fit), Kept()
    found.write(tmp_path / "out")
    found.report(kept)
    content = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert content["verdicts"] == found.verdicts
    assert content["rows"] == kept.rows
    with (tmp_path / "out/sensitivity.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["kind"] for row in rows] == [r.kind for r in found.readings]
    assert float(rows[1]["lost_ci_low"]) == found.readings[1].lost.low
    assert [row["state"] for row in kept.rows] == [row["state"] for row in rows]
    assert kept.values["sensitivity/wrong_task_toy-inverse"] == pytest.approx(0.55, abs=0.2)
    assert "right is better by" in found.summary[2]
    assert found.margin == pytest.approx(0.01 * _panel_mean(found))


def _panel_mean(found: Sensitivity) -> float:
    return found.readings[0].value.value + found.readings[0].gain.value  # lower is better


def test_every_reading_of_confirm_is_counted(store: Store):
    prompt = setting(store, deaf).join([0])
    assert isinstance(prompt, Prompt)
    assert touched(touched(prompt)).confirm_touches == 2
    parted = touched(PartedPrompt({"one": prompt}, "toy-both"))
    assert isinstance(parted, PartedPrompt)
    assert (parted.confirm_touches, parted.parts["one"].confirm_touches) == (1, 1)
    assert touched(prompt).digest == prompt.digest


def test_a_diagnosis_reads_confirm_once_more(tmp_path: Path):
    config, out, said = replace(QUICK, diagnose=True), tmp_path / "out", []
    plain = search(tmp_path, toy_data())
    assert "(read once for this prompt)" in plain.summary
    with registered():
        result = search(tmp_path, toy_data(), config=config, out=out, say=said.append)
    assert result.sensitivity is not None
    assert result.winner == plain.winner  # nothing is chosen from it
    assert Prompt.load(out / "prompt").confirm_touches == 2
    assert "(read 2 times for this prompt)" in result.summary
    assert result.sensitivity.verdicts[0] in result.summary
    # All toys paint one level, for every task of theirs; the plan cannot know that.
    assert result.forwards["sensitivity"] == 40 + 32
    assert f"{(1 + 3 + 2) * 40 + 32} sensitivity" in said[0]
    kinds = ("panel", "select", "confirm", "sensitivity")
    asked = sum(result.forwards[name] for name in kinds)
    assert result.forwards["new"] + result.forwards["reused"] == asked
    value = json.loads((out / "result.json").read_text())
    assert value["sensitivity"]["verdicts"] == result.sensitivity.verdicts
    assert (out / "sensitivity.csv").is_file()
