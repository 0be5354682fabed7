"""Reading NYU Depth v2: hand-made frames, recorded targets, the written world, real samples."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.data.base import HasReleased, open_dataset
from painter_kit.data.nyuv2 import PROMPT, Frame, Nyuv2Data, open_nyuv2, read_frame
from painter_kit.data.pictures import write_depth, write_png
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import measure_painted
from painter_kit.inference.canvas import resize_picture, stitch, to_tensor
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task
from painter_kit.tasks.depth import EIGEN_CROP
from tests.golden_models import GOLDEN as MODEL_GOLDEN
from tests.golden_models import golden_arrays, golden_painter
from tests.sample_data import copy_samples

GOLDEN = Path(__file__).parent / "golden"
DEPTH = get_task("depth")
SPEC = Nyuv2Data(None).spec("depth")


def write_frame(image: Path, size: tuple[int, int] = (12, 16), seed: int = 0) -> Frame:
    """A random picture and depth of 0.5 to 9.5 m, a tenth of it missing."""
    rng = np.random.default_rng(seed)
    frame = Frame(image, image.parent.name)
    image.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rng.integers(0, 256, (*size, 3), np.uint8)).save(image, quality=95)
    depth = rng.uniform(0.5, 9.5, size)
    write_depth(frame.depth, np.where(rng.random(size) < 0.1, 0, depth))
    return frame


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "nyu_depth_v2"
    for seed, name in enumerate((PROMPT, "kitchen_0001a/rgb_00002", "kitchen_0001a/rgb_00001")):
        write_frame(folder / "sync" / f"{name}.jpg", seed=seed)
    for number in (1, 0):
        place = folder / "official_splits" / "test" / "office"
        write_frame(place / f"rgb_{number:05d}.jpg", (480, 640), seed=number)
    return tmp_path


def test_training_frames_are_grouped_by_scene(root: Path):
    examples = open_dataset("nyuv2", root).examples("depth", "train")
    assert examples.ids == ["kitchen_0001a/rgb_00001", "kitchen_0001a/rgb_00002", PROMPT]
    assert examples.groups == ["kitchen_0001a", "kitchen_0001a", "study_room_0005b"]
    example = next(iter(examples))
    assert (example.id, example.group) == (examples.ids[0], examples.groups[0])
    assert example.image.shape == (12, 16, 3)  # whatever size the file has
    stored = Image.open(root / "nyu_depth_v2/sync/kitchen_0001a/sync_depth_00001.png")
    depth = example.truth["depth_m"]
    assert depth.dtype == np.float32
    np.testing.assert_array_equal(depth, np.asarray(stored).astype(np.float32) / np.float32(1000))


def test_the_official_test_split(root: Path):
    examples = open_dataset("nyuv2", root).examples("depth", "test")
    assert examples.ids == ["office/rgb_00000", "office/rgb_00001"]
    assert examples.groups == examples.ids  # nothing tells the scenes
    scenes = root / "nyu_depth_v2/official_splits/scenes.json"
    scenes.write_text(json.dumps({"office/rgb_00001": "office_0003"}))
    known = open_dataset("nyuv2", root).examples("depth", "test")
    assert known.groups == ["office/rgb_00000", "office_0003"]
    assert [e.group for e in known] == known.groups
    for text in ("{", "[]", '{"a": 1}'):
        scenes.write_text(text)
        with pytest.raises(InputError, match=r"scenes\.json .*remove it and prepare anew"):
            open_dataset("nyuv2", root).examples("depth", "test")


def test_the_spec_is_the_released_protocol():
    protocol = SPEC.protocol
    assert protocol.crop == EIGEN_CROP == (45, 471, 41, 601)
    assert (protocol.min_m, protocol.max_m) == (1e-3, 10)
    assert (protocol.rounding, protocol.bin_centre) == ("truncate", False)
    assert (SPEC.canvas, SPEC.metric, SPEC.data) == (448, "rmse", "nyuv2")
    assert {SPEC.image_resize, SPEC.target_resize} == {"bicubic"}
    assert SPEC.output_resize == "bilinear"
    sources = open_nyuv2("").sources
    assert sources == {"pool": "train", "select": "train", "confirm": "train", "test": "test"}


def test_painted_depth_is_what_the_loader_makes_of_the_file(tmp_path: Path):
    """Whole millimetres to 255 levels of 10 m, cut, three times."""
    codec = np.load(GOLDEN / "depth_codec.npz")
    frame = write_frame(tmp_path / "rgb_00001.jpg", codec["depth_mm"].shape)
    write_png(frame.depth, codec["depth_mm"])
    painted = DEPTH.encode(read_frame(frame).truth, SPEC, codec["depth_mm"].shape)
    np.testing.assert_array_equal(painted, codec["rgb"])
    known = np.array([[0, 39, 40, 9999, 10_000, 12_000]], np.uint16)
    write_png(frame.depth, np.repeat(known, 2, axis=0))
    write_png(frame.image, np.zeros((2, 6, 3), np.uint8))
    painted = DEPTH.encode(read_frame(frame).truth, SPEC, (2, 6))
    assert painted[0, :, 0].tolist() == [0, 0, 1, 254, 255, 255]


def test_recorded_training_pair(tmp_path: Path):
    """Picture and target of the released loader, resized to the canvas and normalised."""
    golden = np.load(GOLDEN / "dataset_pairs.npz")
    image, target, raw = (
        golden[f"nyuv2_image2depth.{key}"] for key in ("image", "target", "target_raw")
    )
    frame = Frame(tmp_path / "rgb_00001.png", "")
    write_png(frame.image, golden["nyuv2_image2depth.image_u8"])
    write_png(frame.depth, raw)
    example = read_frame(frame)
    painted = DEPTH.encode(example.truth, SPEC, raw.shape)
    for picture, expected, how in (
        (example.image, image, SPEC.image_resize),
        (painted, target, SPEC.target_resize),
    ):
        made = to_tensor(resize_picture(picture, 40, how)[None], "cpu")[0].numpy()
        np.testing.assert_allclose(made, expected, atol=2e-6)


def released_root(root: Path) -> Path:
    """The recorded prompt in the place of the released one."""
    image = root / "nyu_depth_v2" / "sync" / f"{PROMPT}.jpg"
    frame = write_frame(image, (50, 66))
    with Image.open(MODEL_GOLDEN / "infer_prompt_image.png") as picture:
        picture.save(image, format="PNG")  # exact pixels under the official name
    frame.depth.write_bytes((MODEL_GOLDEN / "infer_prompt_depth.png").read_bytes())
    return root


def test_recorded_canvas_of_the_released_prompt(tmp_path: Path):
    data = open_dataset("nyuv2", released_root(tmp_path))
    assert isinstance(data, HasReleased)
    pair = data.released("depth")
    assert pair.coding == SPEC.coding
    halves = to_tensor(resize_picture(pair.target, 32, SPEC.target_resize)[None], "cpu")
    canvas = stitch(halves, halves)[0].permute(1, 2, 0).numpy()
    expected = golden_arrays("infer.io.npz")["canvas_target_depth"]
    np.testing.assert_array_equal(canvas, expected)


def test_recorded_depth_painted_under_the_released_prompt(tmp_path: Path):
    """From the files of the prompt through the network to millimetres."""
    prompt = Prompt(open_nyuv2("", released_root(tmp_path)).released("depth"), "depth")
    query = np.asarray(Image.open(MODEL_GOLDEN / "infer_query.png").convert("RGB"))
    spec = replace(SPEC, canvas=32)
    painted = Predictor(golden_painter("A"), batch_size=1).pictures(prompt, [query], spec)[0]
    millimetres = np.round(DEPTH.decode(painted, spec, query.shape[:2]) * 1000)
    expected = np.asarray(Image.open(GOLDEN / "infer_out_depth.png")).astype(np.int32)
    off = np.abs(millimetres - expected)
    assert off.max() <= 1
    assert np.mean(off > 0) <= 0.005


def test_the_released_prompt_is_missing(root: Path):
    frame = root / "nyu_depth_v2/sync/study_room_0005b"
    (frame / "sync_depth_00094.png").unlink()
    data = open_nyuv2("", root)
    with pytest.raises(InputError, match=r"sync_depth_00094\.png does not exist; .*sync\.zip"):
        data.released("depth")
    (frame / "rgb_00094.jpg").unlink()
    with pytest.raises(InputError, match=r"study_room_0005b/rgb_00094\.jpg and 1 more do not"):
        data.released("depth")
    with pytest.raises(InputError, match="has no task semantic; it has depth"):
        data.released("semantic")


def grey(frame: Frame) -> None:
    with Image.open(frame.depth) as depth:
        size = depth.size
    Image.new("L", size).save(frame.depth)


def shrink(frame: Frame) -> None:
    write_depth(frame.depth, np.ones((6, 8)))


def cut(frame: Frame) -> None:
    frame.image.write_bytes(frame.image.read_bytes()[:300])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda frame: frame.depth.unlink(), r"sync_depth_00094\.png does not exist; unpack sync"),
        (grey, r"sync_depth_00094\.png has pixels of kind L; expected a 16-bit grey PNG"),
        (shrink, r"sync_depth_00094\.png is 8 x 6 but 16 x 12 is expected"),
        (cut, r"rgb_00094\.jpg cannot be read"),
    ],
)
def test_broken_pairs_are_named(root: Path, damage, message: str):
    image = root / "nyu_depth_v2" / "sync" / f"{PROMPT}.jpg"
    damage(Frame(image, ""))
    with pytest.raises(InputError, match=message) as error:
        list(open_nyuv2("", root).examples("depth", "train"))
    assert "\n" not in str(error.value)


def test_test_pictures_have_the_size_of_the_crop(root: Path):
    write_frame(root / "nyu_depth_v2/official_splits/test/office/rgb_00000.jpg", (120, 160))
    with pytest.raises(InputError, match=r"rgb_00000\.jpg is 160 x 120 but 640 x 480 is expected"):
        open_nyuv2("", root).examples("depth", "test")[0]


def test_what_is_not_there_is_said_with_what_makes_it(tmp_path: Path):
    with pytest.raises(InputError, match="needs --data-root DIR"):
        open_nyuv2("").examples("depth", "test")
    with pytest.raises(InputError, match=r"nyu_depth_v2 does not exist"):
        open_nyuv2("", tmp_path).examples("depth", "test")
    (tmp_path / "nyu_depth_v2").mkdir()
    data = open_nyuv2("", tmp_path)
    with pytest.raises(InputError, match=r"official_splits/test holds .*painterkit prepare nyuv2"):
        data.examples("depth", "test")
    with pytest.raises(InputError, match=r"nyu_depth_v2/sync holds no picture .*sync\.zip"):
        data.examples("depth", "train")
    with pytest.raises(InputError, match="has the subsets train, test"):
        data.examples("depth", "val")
    with pytest.raises(InputError, match="takes no argument but got 'x'"):
        open_nyuv2("x", tmp_path)


@pytest.mark.parametrize(("subset", "size"), [("train", (120, 160)), ("test", (480, 640))])
def test_the_ceiling_of_real_depth(tmp_path: Path, subset: str, size: tuple[int, int]):
    """8 bits cost about 2.3 cm, of which 2 are a bias, as the released code has it."""
    copy_samples("nyu_depth_v2", tmp_path)
    centred = replace(SPEC, protocol=replace(SPEC.protocol, bin_centre=True))
    for example in open_dataset("nyuv2", tmp_path).examples("depth", subset):
        assert example.image.shape[:2] == size
        painted = DEPTH.encode(example.truth, SPEC, size) / np.float32(255)
        record = measure_painted(DEPTH, SPEC, painted, example)
        assert DEPTH.summarise([record], SPEC)["rmse"] == pytest.approx(0.023, abs=0.001)
        depth = example.truth["depth_m"]
        inside = (depth > 0.04) & (depth < 10)
        bias = (DEPTH.decode(painted, SPEC, size) - depth)[inside].mean()
        assert bias == pytest.approx(-0.0205, abs=0.001)
        record = measure_painted(DEPTH, centred, painted, example)
        assert DEPTH.summarise([record], centred)["rmse"] == pytest.approx(0.0113, abs=0.001)
