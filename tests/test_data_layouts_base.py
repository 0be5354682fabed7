import json
from functools import partial
from pathlib import Path

import pytest

from painter_kit.data.layouts.base import (
    Layout,
    LayoutOptions,
    cost,
    layout_files,
    parts_folder,
    write_layout,
)
from painter_kit.data.prepare.base import Item
from painter_kit.errors import InputError


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def items(root: Path, options: LayoutOptions) -> list[Item]:
    names = [parts_folder(root, "toy") / f"{i}" for i in range(options.count)]
    names.append(root / "toy" / "picture")
    return [Item((name,), partial(put, name, str(options.seed))) for name in names]


def finish(root: Path, options: LayoutOptions) -> None:
    parts = sorted(parts_folder(root, "toy").iterdir())
    put(root / "toy" / "all", "".join(p.read_text() for p in parts))


TOY = Layout("toy", "for tests", ("toy",), 2.0, lambda o: [(100, 50)] * o.count, items, finish)


def test_parts_are_put_together_and_removed(tmp_path: Path):
    counted: list[int] = []
    assert write_layout(TOY, tmp_path, LayoutOptions(count=3), on_item=counted.append) == 4
    assert sum(counted) == 4
    assert (tmp_path / "toy" / "all").read_text() == "000"
    assert not parts_folder(tmp_path, "toy").exists()
    assert {p.name for p in layout_files(TOY, tmp_path)} == {"all", "picture"}


def test_what_is_finished_is_not_made_again(tmp_path: Path):
    options = LayoutOptions(count=2)
    write_layout(TOY, tmp_path, options)
    assert write_layout(TOY, tmp_path, options) == 0


def test_what_stopped_goes_on(tmp_path: Path):
    def stop(root: Path, options: LayoutOptions) -> None:
        raise KeyboardInterrupt

    options = LayoutOptions(count=3)
    broken = Layout("toy", "", ("toy",), 2.0, TOY.sizes, items, stop)
    with pytest.raises(KeyboardInterrupt):
        write_layout(broken, tmp_path, options)
    (parts_folder(tmp_path, "toy") / "1").unlink()
    assert write_layout(TOY, tmp_path, options) == 1
    assert (tmp_path / "toy" / "all").read_text() == "000"


def test_files_of_others_are_never_touched(tmp_path: Path):
    put(tmp_path / "toy" / "real", "photograph")
    for overwrite in (False, True):
        with pytest.raises(InputError, match="toy was not written by painterkit world"):
            write_layout(TOY, tmp_path, LayoutOptions(), overwrite=overwrite)
    assert [p.name for p in tmp_path.rglob("*")] == ["toy", "real"]


def test_other_options_need_overwrite(tmp_path: Path):
    write_layout(TOY, tmp_path, LayoutOptions(count=3))
    put(tmp_path / "other" / "kept", "")
    with pytest.raises(InputError, match="toy with count 3; give another --out"):
        write_layout(TOY, tmp_path, LayoutOptions(count=2))
    assert write_layout(TOY, tmp_path, LayoutOptions(count=2, seed=5), overwrite=True) == 3
    assert (tmp_path / "toy" / "all").read_text() == "55"
    assert (tmp_path / "other" / "kept").exists()
    note = json.loads((tmp_path / "world-toy.json").read_text())
    assert (note["count"], note["seed"], note["finished"]) == (2, 5, True)


def test_overwrite_makes_equal_options_anew(tmp_path: Path):
    write_layout(TOY, tmp_path, LayoutOptions(count=1))
    assert write_layout(TOY, tmp_path, LayoutOptions(count=1), overwrite=True) == 2


def test_a_note_of_something_else_is_refused(tmp_path: Path):
    for text in ("[]", "{"):
        put(tmp_path / "world-toy.json", text)
        with pytest.raises(InputError, match=r"world-toy\.json"):
            write_layout(TOY, tmp_path, LayoutOptions())


def test_the_cost_grows_with_the_pixels():
    one, ten = (cost(TOY, LayoutOptions(count=n)) for n in (1, 10))
    assert (one.pictures, ten.pictures) == (1, 10)
    assert one.disk == 100 * 50 * 2
    assert ten.seconds == pytest.approx(10 * one.seconds)
    assert ten.megapixels == pytest.approx(0.05)


@pytest.mark.parametrize("wrong", [{"count": 0}, {"size": (8, 64)}])
def test_options_are_checked(wrong: dict):
    with pytest.raises(InputError, match="must be at least"):
        LayoutOptions(**wrong)


def test_sizes_come_in_turn_unless_one_is_chosen():
    sizes = ((20, 30), (30, 20))
    assert [LayoutOptions().pick(sizes, i) for i in range(3)] == [(20, 30), (30, 20), (20, 30)]
    assert LayoutOptions(size=(16, 16)).pick(sizes, 1) == (16, 16)
