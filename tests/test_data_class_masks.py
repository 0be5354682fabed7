"""One example per picture and category, with 255 ignored, whatever the mask's form."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from painter_kit.data.class_masks import ClassMask, ClassMaskData, ClassMasks
from painter_kit.errors import InputError

NUMBERS = np.array([[0, 3, 3], [255, 3, 7]], np.uint8)


@pytest.fixture
def numbered(tmp_path: Path) -> ClassMask:
    Pictures.fromarray(np.zeros((2, 3, 3), np.uint8)).save(tmp_path / "a.jpg")
    palette = Pictures.fromarray(NUMBERS).convert("P")
    palette.putdata(NUMBERS.ravel().tolist())
    palette.save(tmp_path / "a.png")
    return ClassMask("bird", "a", tmp_path / "a.jpg", tmp_path / "a.png", 3)


def test_numbers_become_foreground_background_and_void(numbered: ClassMask):
    (example,) = ClassMasks((numbered,))
    np.testing.assert_array_equal(example.truth["mask"], [[0, 1, 1], [255, 1, 0]])
    assert (example.id, example.group) == ("bird/a", "a")


def test_white_masks_are_foreground_from_half_on(tmp_path: Path):
    levels = np.array([[0, 127], [128, 255]], np.uint8)
    Pictures.fromarray(levels).save(tmp_path / "1.png")
    Pictures.fromarray(np.zeros((2, 2, 3), np.uint8)).save(tmp_path / "1.jpg")
    one = ClassMask("cat", "1", tmp_path / "1.jpg", tmp_path / "1.png")
    np.testing.assert_array_equal(one.read_mask(), [[0, 0], [1, 1]])
    assert one.group == "cat/1"  # 1.jpg of another class is another picture


def test_what_is_wrong_with_files_is_told(numbered: ClassMask):
    absent = ClassMask("cow", "a", numbered.image, numbered.mask, 9)
    with pytest.raises(InputError, match="does not show cow"):
        absent.read_mask()
    Pictures.fromarray(np.zeros((4, 3, 3), np.uint8)).save(numbered.image)
    with pytest.raises(InputError, match=r"3 x 2 but .* 3 x 4"):
        ClassMasks((numbered,))[0]


def test_a_dataset_knows_its_subsets_and_task():
    data = ClassMaskData("few", {"val": lambda: ()}, {"test": "val"}, "unpack it")
    assert data.spec("foreground").data == "few"
    with pytest.raises(InputError, match="unpack it"):
        data.examples("foreground", "val")
    with pytest.raises(InputError, match="has the subsets val"):
        data.examples("foreground", "trn")
    with pytest.raises(InputError, match="no task depth"):
        data.spec("depth")
