"""Writing pairs of degraded and clean pictures, and measuring how degraded they are."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from painter_kit.data.base import open_dataset
from painter_kit.data.builtin_degraded import middle
from painter_kit.data.prepare import unseen
from painter_kit.data.prepare.base import PrepareOptions, run_items
from painter_kit.data.prepare.table import get_preparation
from painter_kit.data.unseen import PHOTOS
from painter_kit.data.unseen_degrade import KINDS
from painter_kit.errors import MissingError
from painter_kit.types import Example
from tests.ood_toys import run


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / PHOTOS).mkdir()
    for name in ("chelsea", "coffee"):
        Image.fromarray(middle(name)[:48, :64]).save(tmp_path / PHOTOS / f"{name}.png")
    return tmp_path


def examples(kind: str, root: Path, seed: int) -> list[Example]:
    return list(open_dataset(f"{kind}:seed={seed}", root).examples(KINDS[kind], "all"))


@pytest.mark.parametrize("kind", KINDS)
def test_pairs_are_the_examples_and_a_folder_of_their_own(kind: str, root: Path):
    preparation = get_preparation(kind)
    (step,) = preparation.steps
    options = PrepareOptions(seed=3)
    assert run_items(step.items(root, options)) == 2
    assert run_items(step.items(root, options)) == 0
    assert step.finish(root, options) == ()
    folder = open_dataset(f"folder:{root / kind}")
    read = list(folder.examples(KINDS[kind], "all"))
    for one, made in zip(read, examples(kind, root, 3), strict=True):
        assert one.id == made.id
        np.testing.assert_array_equal(one.image, made.image)
        np.testing.assert_array_equal(one.truth["clean"], made.truth["clean"])


def test_check_measures_every_source(root: Path):
    findings = {f.part: f for f in unseen.check("haze", root, deep=True)}
    assert set(findings) == {"haze:builtin", "haze:world", PHOTOS}
    assert all(f.whole for f in findings.values())
    values = [peak_signal_noise_ratio(e.truth["clean"], e.image) for e in examples("haze", root, 0)]
    low, high = min(values), max(values)
    expected = f"input PSNR of 2: {np.mean(values):.1f} dB ({low:.1f} to {high:.1f})"
    assert findings[PHOTOS].note == expected
    (root / PHOTOS / "coffee.png").write_bytes(b"no picture")
    (broken,) = [f for f in unseen.check("haze", root, deep=True) if f.part == PHOTOS]
    assert broken.broken == (f"{PHOTOS}/coffee.png",)


def test_without_photographs_nothing_is_made_but_said(tmp_path: Path):
    (step,) = get_preparation("blur").steps
    with pytest.raises(MissingError, match="photos does not exist; put clean pictures there"):
        step.items(tmp_path, PrepareOptions())
    result = run("datasets", "check", "blur", "--root", str(tmp_path))
    assert result.exit_code == 0
    assert "input PSNR of 96" in result.stdout
    assert "put pictures there, or use blur:DIR" in result.stdout
