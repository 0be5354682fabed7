"""Reading ADE20K: hand-made pictures, recorded targets, real samples."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.data.ade20k import PROMPTS, Ade20kData, Entry, open_ade20k, read_example
from painter_kit.data.base import HasReleased, open_dataset
from painter_kit.data.pictures import write_png
from painter_kit.data.switches import switched
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import measure_painted
from painter_kit.inference.canvas import resize_picture, to_tensor
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task
from painter_kit.tasks.colors import painted_colours
from painter_kit.types import Pair
from tests.golden_models import GOLDEN as MODEL_GOLDEN
from tests.golden_models import golden_painter
from tests.sample_data import copy_samples

GOLDEN = Path(__file__).parent / "golden"
SEMANTIC = get_task("semantic")
SPEC = Ade20kData(None).spec("semantic")
SPLITS = {"training": ("ADE_train_00000002", *PROMPTS), "validation": ("ADE_val_00000001",)}


def write_pair(entry: Entry, numbers: np.ndarray) -> None:
    image = np.random.default_rng(len(entry.name)).integers(0, 256, (*numbers.shape, 3), np.uint8)
    entry.image.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(entry.image)
    write_png(entry.labels, numbers)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Pictures whose annotations hold every number from 0 to 150."""
    for split, names in SPLITS.items():
        for name in names:
            entry = Entry(tmp_path / "ade20k", split, name)
            write_pair(entry, np.resize(np.arange(151, dtype=np.uint8), (12, 16)))
    return tmp_path


@pytest.mark.parametrize(("subset", "split"), [("train", "training"), ("test", "validation")])
def test_labels_are_annotations_less_one(root: Path, subset: str, split: str):
    data = open_dataset("ade20k", root)
    examples = data.examples("semantic", subset)
    assert examples.ids == examples.groups == list(SPLITS[split])
    assert len(examples) == len(SPLITS[split])
    for example in examples:
        labels = example.truth["labels"]
        assert labels.dtype == np.uint8
        assert labels.ravel()[:151].tolist() == [255, *range(150)]
        stored = Image.open(root / "ade20k/images" / split / f"{example.id}.jpg")
        np.testing.assert_array_equal(example.image, np.asarray(stored))


def test_index_maps_alone_are_the_same_truth(root: Path):
    official = open_ade20k("", root).examples("semantic", "test")[0]
    folder = root / "ade20k"
    write_png(
        folder / "annotations_detectron2/validation/ADE_val_00000001.png", official.truth["labels"]
    )
    shutil.rmtree(folder / "annotations")
    (example,) = open_ade20k("", root).examples("semantic", "test")
    assert example.digest == official.digest


def test_the_spec_is_the_released_protocol():
    palette = SPEC.coding.palette
    assert (SPEC.canvas, SPEC.metric, SPEC.data) == (448, "miou", "ade20k")
    assert len(palette) == len(SPEC.classes) == 150
    known = {0: (255, 255, 255), 1: (255, 255, 213), 5: (255, 255, 45), 6: (255, 213, 255)}
    known |= {35: (255, 45, 45), 36: (213, 255, 255), 149: (87, 255, 45)}
    assert {index: palette[index] for index in known} == known
    np.testing.assert_array_equal(palette, np.load(GOLDEN / "colours.npz")["ade20k"])
    assert {SPEC.image_resize, SPEC.target_resize} == {"bicubic"}
    assert SPEC.output_resize == "bilinear"
    assert (SPEC.protocol.distance, SPEC.protocol.void) == ("abs", False)
    sources = open_ade20k("").sources
    assert sources == {"pool": "train", "select": "train", "confirm": "train", "test": "test"}


def test_quirks_are_switches():
    given = switched(SPEC, ["target_resize=nearest", "output_resize=nearest", "void=true"])
    assert (given.target_resize, given.output_resize) == ("nearest", "nearest")
    assert given.protocol.void
    black = np.zeros((1, 1, 3))
    assert SEMANTIC.decode(black, SPEC, (1, 1)) == [[143]]  # the class nearest to black
    assert SEMANTIC.decode(black, given, (1, 1)) == [[255]]


def numbers_of(painted: np.ndarray) -> np.ndarray:
    """uint8 (H, W): the annotation that is painted in exactly these colours."""
    known = {(0, 0, 0): 0} | {colour: c + 1 for c, colour in enumerate(SPEC.coding.palette)}
    rows = [[known[tuple(colour)] for colour in row] for row in painted.tolist()]
    return np.array(rows, np.uint8)


def test_recorded_training_pair(tmp_path: Path):
    """Picture, target and weight of the released loader, which resizes labels to the nearest."""
    golden = np.load(GOLDEN / "dataset_pairs.npz")
    image, target, valid, raw = (
        golden[f"ade20k_image2semantic.{key}"] for key in ("image", "target", "valid", "target_raw")
    )
    entry = Entry(tmp_path, "training", "a")
    write_pair(entry, numbers_of(raw))
    example = read_example(entry)
    painted = SEMANTIC.encode(example.truth, SPEC, raw.shape[:2])
    np.testing.assert_array_equal(painted, raw)
    source = golden["ade20k_image2semantic.image_u8"]
    for picture, expected, how in ((source, image, "bicubic"), (painted, target, "nearest")):
        made = to_tensor(resize_picture(picture, 40, how)[None], "cpu")[0].numpy()
        np.testing.assert_allclose(made, expected, atol=2e-6)
    small = {"labels": numbers_of(resize_picture(painted, 40, "nearest")) - np.uint8(1)}
    weight = SEMANTIC.weight(small, SPEC, (40, 40)).transpose(2, 0, 1)
    np.testing.assert_array_equal(weight, valid)


def test_recorded_picture_painted_under_blended_colours():
    """The released script resizes the prompt's painted labels bicubically; so does the spec."""
    image, target, query = (
        np.asarray(Image.open(MODEL_GOLDEN / f"infer_{name}.png").convert("RGB"))
        for name in ("prompt_image", "prompt_target", "query")
    )
    prompt = Prompt(Pair(image, target, SPEC.coding), "semantic")
    expected = np.asarray(Image.open(GOLDEN / "infer_out_semseg_ade.png").convert("RGB"))
    predictor = Predictor(golden_painter("A"), batch_size=1)

    def off(spec) -> np.ndarray:
        painted = predictor.pictures(prompt, [query], replace(spec, canvas=32))[0]
        made = painted_colours(painted, query.shape[:2], spec.output_resize, spec.protocol.rounding)
        return np.abs(made.astype(int) - expected)

    assert off(SPEC).max() <= 1
    assert np.mean(off(SPEC) > 0) <= 0.005
    assert off(replace(SPEC, target_resize="nearest")).max() > 1


def test_the_released_prompts(root: Path):
    data = open_ade20k("", root)
    assert isinstance(data, HasReleased)
    examples = {example.id: example for example in data.examples("semantic", "train")}
    for pair, name in (
        (data.released("semantic"), "ADE_train_00009574"),
        (data.released("semantic", PROMPTS[1]), "ADE_train_00014165"),
    ):
        np.testing.assert_array_equal(pair.image, examples[name].image)
        np.testing.assert_array_equal(
            numbers_of(pair.target) - np.uint8(1), examples[name].truth["labels"]
        )
        assert pair.coding == SPEC.coding


def test_the_released_prompt_is_missing(root: Path):
    data, entry = open_ade20k("", root), Entry(root / "ade20k", "training", PROMPTS[0])
    entry.labels.unlink()
    with pytest.raises(InputError, match=r"ADE_train_00009574\.png does not .*ADEChallengeData"):
        data.released("semantic")
    entry.image.unlink()
    with pytest.raises(InputError, match=r"training/ADE_train_00009574\.jpg and 1 more do not"):
        data.released("semantic")
    with pytest.raises(InputError, match="has no task depth; it has semantic"):
        data.released("depth")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda e: e.labels.unlink(), r"ADE_val_00000001\.png does not exist; unpack ADE"),
        (lambda e: e.image.unlink(), r"ADE_val_00000001\.jpg does not exist; unpack ADE"),
        (
            lambda e: write_png(e.labels, np.full((12, 16), 151, np.uint8)),
            r"ADE_val_00000001\.png holds 151; expected 0 \(none\) to 150",
        ),
        (
            lambda e: write_png(e.labels, np.full((12, 16), 300, np.uint16)),
            r"ADE_val_00000001\.png holds 300; expected 0 \(none\) to 150",
        ),
        (
            lambda e: write_png(e.labels, np.zeros((12, 16, 3), np.uint8)),
            r"ADE_val_00000001\.png has pixels of kind RGB; expected one number per pixel",
        ),
        (
            lambda e: write_png(e.labels, np.zeros((12, 15), np.uint8)),
            r"ADE_val_00000001\.png is 15 x 12 but .*\.jpg is 16 x 12; get both anew",
        ),
        (
            lambda e: e.image.write_bytes(e.image.read_bytes()[:200]),
            r"ADE_val_00000001\.jpg cannot be read",
        ),
    ],
)
def test_broken_pairs_are_named(root: Path, damage, message: str):
    damage(Entry(root / "ade20k", "validation", "ADE_val_00000001"))
    with pytest.raises(InputError, match=message) as error:
        list(open_ade20k("", root).examples("semantic", "test"))
    assert "\n" not in str(error.value)


def test_index_maps_with_other_numbers_are_named(root: Path):
    entry = Entry(root / "ade20k", "validation", "ADE_val_00000001", "annotations_detectron2")
    write_png(entry.labels, np.full((12, 16), 150, np.uint8))
    with pytest.raises(InputError, match="holds 150; expected 0 to 149 or 255"):
        read_example(entry)


def test_what_is_not_there_is_said(tmp_path: Path):
    with pytest.raises(InputError, match="needs --data-root DIR"):
        open_ade20k("").examples("semantic", "test")
    with pytest.raises(InputError, match="ade20k does not exist; unpack ADEChallengeData2016"):
        open_ade20k("", tmp_path).examples("semantic", "test")
    (tmp_path / "ade20k").mkdir()
    data = open_ade20k("", tmp_path)
    with pytest.raises(InputError, match="images/validation holds no pictures; unpack"):
        data.examples("semantic", "test")
    with pytest.raises(InputError, match="has the subsets train, test"):
        data.examples("semantic", "val")
    with pytest.raises(InputError, match="takes no argument but got 'x'"):
        open_ade20k("x", tmp_path)


def test_real_samples_come_back_exactly(tmp_path: Path):
    """Painting and decoding lose nothing where nothing is resized."""
    copy_samples("ade20k", tmp_path)
    examples = open_ade20k("", tmp_path).examples("semantic", "test")
    assert examples.ids == ["ADE_val_00000001", "ADE_val_00000003"]
    records = []
    for example in examples:
        size = example.image.shape[:2]
        painted = SEMANTIC.encode(example.truth, SPEC, size)
        assert 2 < len(np.unique(example.truth["labels"])) < 30
        records.append(measure_painted(SEMANTIC, SPEC, painted / np.float32(255), example))
    assert SEMANTIC.summarise(records, SPEC) == {
        **dict.fromkeys(("miou", "macc", "pacc", "fwiou"), 1.0)
    }
