"""What a training reports is in its folder, and can be reported again from there."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from painter_kit.errors import InputError
from painter_kit.training.journal import JOURNAL, SAMPLES, Journal, read_journal, replay
from painter_kit.types import silent

PICTURE = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)


class Heard:
    """A Reporter that remembers."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **more: self.calls.append((name, (*args, *more.values())))


def tell(reporter: Any, folder: Path) -> None:
    reporter.params({"lr": 0.1, "where": Path("a")})
    reporter.data("world", "abc", "train", {"scenes": 3})
    for step in (1, 2, 3):
        reporter.metrics({"loss": np.float32(1 / step)}, step)
        reporter.image("samples_depth", PICTURE + np.uint8(step), step)
    reporter.image("last", PICTURE)
    reporter.tags({"a": "b"})
    reporter.note("# Words")
    reporter.table("t.json", [{"x": 1}])
    reporter.metrics({"odd": math.nan})
    reporter.artifact(folder / "card.md", "cards")


def test_what_was_reported_is_handed_on_and_can_be_reported_again(tmp_path: Path):
    at_once, later = Heard(), Heard()
    tell(Journal(tmp_path, at_once), tmp_path)  # pyright: ignore[reportArgumentType]
    replay(tmp_path, later)  # pyright: ignore[reportArgumentType]
    assert [name for name, _ in at_once.calls] == [name for name, _ in later.calls]
    for (name, first), (_, second) in zip(at_once.calls[1:], later.calls[1:], strict=True):
        if name == "image":
            assert (first[0], first[2:]) == (second[0], second[2:])
            assert np.array_equal(first[1], second[1])
        elif name != "metrics":
            assert first == second
    assert later.calls[0] == ("params", ({"lr": 0.1, "where": "a"},))
    assert later.calls[2][1][0]["loss"] == 1.0
    assert {path.name for path in (tmp_path / SAMPLES).iterdir()} == {
        *(f"samples_depth_{step:07d}.png" for step in (1, 2, 3)),
        "last.png",
    }


def test_a_training_that_goes_on_forgets_what_came_after(tmp_path: Path):
    journal = Journal(tmp_path, silent)
    journal.cut(0)
    tell(journal, tmp_path)
    with (tmp_path / JOURNAL).open("a") as file:
        file.write('{"call": "metr')  # killed while it wrote
    journal.cut(2)
    steps = [e["arguments"].get("step") for e in read_journal(tmp_path) if e["call"] == "metrics"]
    assert steps == [1, 2, None]
    journal.metrics({"loss": 0.5}, 3)
    assert read_journal(tmp_path)[-1]["arguments"] == {"values": {"loss": 0.5}, "step": 3}
    journal.cut(0)
    assert read_journal(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there is none, or it is empty"),
        ("no json\n", "not a training's journal"),
        ("[]\n", "not a training's journal"),
        ('{"call": 3, "arguments": {}}\n', "not a training's journal"),
        ('{"call": "open_door", "arguments": {}}\n', "no report is called"),
        ('{"call": "params", "arguments": {"value": 1}}\n', "not as written"),
        ('{"call": "metrics", "arguments": {"values": {}, "step": "x"}}\n', "a line is no report"),
        ('{"call": "image", "arguments": {"key": "a", "step": 1}}\n', "not as written"),
        (
            json.dumps({"call": "image", "arguments": {"key": "a", "file": "../a.png", "step": 1}})
            + "\n",
            "samples/a.png",
        ),
    ],
)
def test_a_journal_that_was_changed_is_named(tmp_path: Path, text: str, words: str):
    (tmp_path / JOURNAL).write_text(text)
    with pytest.raises(InputError) as caught:
        replay(tmp_path, silent)
    assert words in str(caught.value)
    assert str(tmp_path) in str(caught.value)
