"""Pairs from lists and from datasets; files that fail are tried again and named."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.data.base import open_dataset
from painter_kit.errors import InputError
from painter_kit.training import pools
from painter_kit.training.pools import dataset_pools, listed_pools, patiently


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pools, "_WAIT", 0.001)


def picture(path: Path, size: tuple[int, int] = (6, 8)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*size, 3), 7, np.uint8)).save(path)


def entry(name: str, type_: str = "ssid_image2denoise") -> dict[str, str]:
    return {"image_path": f"in/{name}.png", "target_path": f"out/{name}.png", "type": type_}


def write(root: Path, name: str, entries: list[dict[str, str]]) -> None:
    (root / name).write_text(json.dumps(entries))


def test_lists_are_sorted_by_task_whatever_their_order(tmp_path: Path):
    write(tmp_path, "a.json", [entry("1"), entry("2", "lol_image2enhance")])
    write(tmp_path, "b.json", [entry("3")])
    found = listed_pools(tmp_path, ["b.json", "a.json"])
    assert {task: len(pool) for task, pool in found.items()} == {"denoise": 2, "enhance": 1}


def test_an_empty_list_is_named(tmp_path: Path):
    write(tmp_path, "a.json", [])
    with pytest.raises(InputError, match=r"a\.json is empty; painterkit prepare"):
        listed_pools(tmp_path, ["a.json"])


def test_an_unreadable_picture_is_named_after_three_tries(tmp_path: Path):
    picture(tmp_path / "in" / "1.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "1.png").write_bytes(b"no picture")
    write(tmp_path, "a.json", [entry("1")])
    pool = listed_pools(tmp_path, ["a.json"])["denoise"]
    with pytest.raises(InputError, match=r"out/1\.png cannot be read .*\(after 3 tries\)"):
        pool.pairs(0, 0)


def test_pictures_of_unequal_size_are_named(tmp_path: Path):
    picture(tmp_path / "in" / "1.png")
    picture(tmp_path / "out" / "1.png", (6, 9))
    write(tmp_path, "a.json", [entry("1")])
    with pytest.raises(InputError, match=r"out/1\.png is 9 x 6 but .*in/1\.png is 8 x 6"):
        listed_pools(tmp_path, ["a.json"])["denoise"].pairs(0, 0)


def test_a_file_system_that_recovers_is_waited_for():
    @dataclass
    class Flaky:
        fails: int
        calls: list[Path] = field(default_factory=list)

        def __call__(self, path: Path) -> str:
            self.calls.append(path)
            if len(self.calls) <= self.fails:
                raise OSError("stale file handle")
            return "read"

    reader = Flaky(2)
    assert patiently(reader, Path("x")) == "read"
    assert len(reader.calls) == 3
    with pytest.raises(InputError, match=r"stale file handle \(after 3 tries\)"):
        patiently(Flaky(3), Path("x"))


def folder(root: Path, count: int = 24) -> Path:
    for number in range(count):
        picture(root / "images" / f"{number:02d}.png")
        picture(root / "targets" / f"{number:02d}.png")
    return root


def test_a_folder_gives_its_pool_and_nothing_else(tmp_path: Path):
    dataset = open_dataset(f"folder:{folder(tmp_path)}")
    pool = dataset_pools(dataset, {"denoise": 1.0, "depth": 0.0}, 32)["denoise"]
    assert 0 < len(pool) < 24
    assert pool.spec.canvas == 32
    first, second = pool.pairs(0, 1)
    assert first.image.shape == second.target.shape == (6, 8, 3)


def test_both_pairs_of_a_sample_share_a_coding():
    """Foreground has other colours in every example of the world."""
    pool = dataset_pools(open_dataset("world"), {"foreground": 1.0}, 64)["foreground"]
    alone, _ = pool.pairs(1, 1)
    first, second = pool.pairs(0, 1)
    assert first.coding == second.coding != alone.coding
    colours = {tuple(c) for c in second.target.reshape(-1, 3).tolist()}
    assert colours <= {*first.coding.palette, (0, 0, 0)}
    np.testing.assert_array_equal(second.image, alone.image)


@pytest.mark.parametrize("task", ["panoptic", "nothing"])
def test_what_a_dataset_cannot_train_is_named(task: str):
    with pytest.raises(InputError, match=f"data world has no task '{task}'; it has depth"):
        dataset_pools(open_dataset("world"), {task: 1.0}, 64)
