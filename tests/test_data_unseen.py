"""Low-level tasks of any pictures: from folders, from scikit-image and from the world."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from painter_kit.data.base import open_dataset
from painter_kit.data.builtin_degraded import middle
from painter_kit.data.unseen import UnseenData
from painter_kit.data.unseen_degrade import KINDS
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import measure_painted
from painter_kit.evaluation.splits import make_splits
from painter_kit.tasks.base import get_task
from tests.ood_toys import evaluated

METRICS = {
    "haze": {"psnr", "ssim"},
    "blur": {"psnr", "ssim"},
    "inpaint": {"psnr", "ssim", "psnr_hole"},
    "colourise": {"psnr", "ssim", "delta_e"},
}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with seven small photographs, two of them of one scene."""
    folder = tmp_path_factory.mktemp("root") / "photos"
    folder.mkdir()
    for place, name in enumerate(["a__1", "a__2", "b", "c", "d", "e", "f", "g"]):
        cut = middle("coffee" if place % 2 else "astronaut")[place : place + 40, 7 * place :][
            :, :56
        ]
        Image.fromarray(cut).save(folder / f"{name}.png")
    return folder.parent


def opened(name: str, root: Path | None = None) -> UnseenData:
    data = open_dataset(name, root)
    assert isinstance(data, UnseenData)
    return data


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_of_pictures_is_a_data_set(kind: str, photos: Path):
    by_argument, by_root = opened(f"{kind}:{photos / 'photos'}"), opened(kind, photos)
    task = KINDS[kind]
    assert by_argument.tasks == (task,)
    first, second = (list(d.examples(task)) for d in (by_argument, by_root))
    assert [e.digest for e in first] == [e.digest for e in second]
    assert [e.id for e in first] == ["a__1", "a__2", "b", "c", "d", "e", "f", "g"]
    assert [e.group for e in first][:3] == ["a", "a", "b"]
    clean = np.asarray(Image.open(photos / "photos" / "b.png"))
    np.testing.assert_array_equal(first[2].truth["clean"], clean)
    splits = make_splits(by_argument, task)
    parts = [splits.pool, splits.select, splits.confirm, splits.test]
    assert sum(map(len, parts)) == 8


def test_degradations_go_by_seed_and_name_not_by_place(photos: Path, tmp_path: Path):
    base = opened("haze", photos).examples("dehaze")
    other = opened("haze:seed=1", photos).examples("dehaze")
    assert base[0].digest != other[0].digest
    assert opened("haze:seed=0", photos).examples("dehaze")[0].digest == base[0].digest
    named = opened(f"haze:seed=1:{photos / 'photos'}").examples("dehaze")
    assert named[0].digest == other[0].digest
    source = photos / "photos" / "d.png"
    (tmp_path / "d.png").write_bytes(source.read_bytes())
    alone = opened(f"haze:{tmp_path}").examples("dehaze")[0]
    assert alone.digest == base[list(base.ids).index("d")].digest


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("source", ["builtin", "world"])
def test_pictures_need_restoring_and_their_truth_does_not(kind: str, source: str):
    data = opened(f"{kind}:{source}")
    task = get_task(KINDS[kind])
    spec = data.spec(task.name)
    examples = data.examples(task.name, data.sources["test"])
    chosen = [examples[i] for i in range(0, 60, 12)]
    idle, perfect = (
        task.summarise([measure_painted(task, spec, pick(e) / 255, e) for e in chosen], spec)
        for pick in (lambda e: e.image, lambda e: e.truth["clean"])
    )
    assert set(idle) == set(perfect) == METRICS[kind]
    plain = [peak_signal_noise_ratio(e.truth["clean"], e.image) for e in chosen]
    assert idle["psnr"] == pytest.approx(np.mean(plain), abs=0.05)
    assert 10 < idle["psnr"] < 32
    assert perfect["psnr"] == 100
    if kind == "inpaint":
        assert idle["psnr_hole"] < idle["psnr"] - 2
    if kind == "colourise":
        assert idle["delta_e"] > 3 > perfect["delta_e"]


def test_the_world_keeps_its_splits_and_its_size():
    data = opened("blur:world")
    assert data.sources == open_dataset("world").sources
    assert data.spec("deblur").canvas == 64
    clean = open_dataset("world").examples("denoise", "test")[3]
    example = data.examples("deblur", "test")[3]
    assert example.id == clean.id
    np.testing.assert_array_equal(example.truth["clean"], clean.truth["clean"])
    assert set(opened("blur:builtin").sources.values()) == {"all"}


def test_what_is_missing_or_odd_is_named(tmp_path: Path):
    with pytest.raises(
        InputError, match="--data haze needs pictures: write haze:DIR, haze:builtin"
    ):
        opened("haze").examples("dehaze")
    with pytest.raises(InputError, match="photos"):
        opened("haze", tmp_path).examples("dehaze")
    with pytest.raises(InputError, match="has no task denoise; it has dehaze"):
        opened("haze:builtin").spec("denoise")
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (9, 40)).save(tmp_path / "photos" / "x.png")
    with pytest.raises(InputError, match=r"x\.png is smaller than 16 pixels"):
        opened("haze", tmp_path).examples("dehaze")
    (tmp_path / "photos" / "x.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"x\.png cannot be read"):
        opened("haze", tmp_path).examples("dehaze")


@pytest.mark.parametrize("kind", ["inpaint", "colourise"])
def test_evaluating_on_a_folder(
    kind: str, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    args = ("--data", f"{kind}:{photos / 'photos'}", "--keep-predictions", "--out", "out")
    found = evaluated(tmp_path, monkeypatch, *args, "--task", KINDS[kind])
    assert set(found["metrics"]) == METRICS[kind]
    assert found["n"] >= 1
    kept = list((tmp_path / "out/predictions" / KINDS[kind] / "pictures").glob("*.png"))
    assert len(kept) == found["n"]
