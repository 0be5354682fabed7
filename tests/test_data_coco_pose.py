"""COCO's keypoints from files to average precision, on the world and on real photographs."""

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from painter_kit.data.base import open_dataset
from painter_kit.data.coco import open_coco
from painter_kit.data.coco_people import detections_file, people_file
from painter_kit.data.coco_pose import Pictures, pose_examples, released_pair
from painter_kit.data.crops import CANVAS, Crop, box_crop, warp, warp_points
from painter_kit.data.layouts import coco as layout
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.prepare.coco_pose import mirror_keypoints
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import evaluate
from painter_kit.tasks.base import decode_example, get_task
from painter_kit.types import Example, Spec
from tests.coco_keypoints import coco_metrics, results

SAMPLES = os.environ.get("PAINTERKIT_SAMPLES")
TASK = get_task("keypoint")
Predict = Callable[[list[np.ndarray], Spec], np.ndarray]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    write_layout(layout.LAYOUT, root, LayoutOptions(count=4, size=(120, 160)))
    return root


def test_training_examples_are_crops_of_single_persons(root: Path):
    data = open_dataset("coco", root)
    examples = data.examples("keypoint", data.sources["pool"])
    truth = COCO(str(people_file(root, "train2017")))
    persons = [a for a in truth.dataset["annotations"] if a["num_keypoints"]]
    assert len(examples) == len(persons)
    assert "000000000165_box0" in examples.ids
    assert [name.split("_")[0] for name in examples.ids] == list(examples.groups)
    example = examples[list(examples.ids).index("000000000165_box0")]
    assert example.group == "000000000165"
    annotated = next(a for a in persons if a["image_id"] == 165)
    photograph = np.asarray(Image.open(root / "coco" / "train2017" / "000000000165.jpg"))
    height, width = photograph.shape[:2]
    x, y, w, h = annotated["bbox"]
    x, y, right, low = max(x, 0), max(y, 0), min(width - 1, x + w), min(height - 1, y + h)
    crop = box_crop((x, y, right - x, low - y))
    np.testing.assert_array_equal(example.image, warp(photograph, crop))
    np.testing.assert_array_equal(example.views[0], example.image)
    np.testing.assert_array_equal(example.views[1], warp(photograph[:, ::-1], crop.mirrored(width)))
    keypoints = np.reshape(annotated["keypoints"], (17, 3))
    np.testing.assert_array_equal(example.truth["keypoints"], warp_points(keypoints, crop))
    assert example.truth["area"] / crop.zoom**2 == pytest.approx(annotated["area"])
    corners = warp_points(np.array([[x, y, 0]]), crop)[0, :2]
    assert annotated["bbox"][:2] == [x, y]  # else the corners differ
    np.testing.assert_allclose(example.truth["box"][:2], corners, atol=1e-3)


def test_test_examples_are_whole_pictures_with_detected_persons(root: Path):
    examples = open_dataset("coco", root).examples("keypoint", "test")
    assert list(examples.ids) == ["000000000285", "000000000301", "000000000317", "000000000333"]
    assert isinstance(examples, Pictures)
    for example, boxes in zip(examples, examples.boxes, strict=True):
        assert example.image.shape == (120, 160, 3)
        assert len(example.views) == 2 * len(boxes)
        assert example.truth["crop_scores"].tolist() == [b.score for b in boxes]
        crop = box_crop(boxes[0].box)
        assert example.truth["crops"][0].tolist() == [*crop.centre, *crop.extent]
    assert any(example.truth["crowd"].any() for example in examples)


def test_annotated_boxes_are_another_dataset(root: Path):
    data = open_dataset("coco:gt-boxes", root)
    assert data.tasks == ("keypoint",)
    spec = data.spec("keypoint")
    assert spec.data == "coco:gt-boxes"
    assert spec.digest != open_dataset("coco", root).spec("keypoint").digest
    for example in data.examples("keypoint", "test"):
        assert len(example.views) == 2 * np.count_nonzero(~example.truth["ignored"])
        assert set(example.truth["crop_scores"]) <= {1.0}
    with pytest.raises(InputError, match="takes no argument but gt-boxes; got 'other'"):
        open_coco("other")


def test_the_released_constants():
    spec = open_coco("").spec("keypoint")
    assert (spec.metric, spec.canvas, spec.output_resize) == ("ap", 448, "nearest")
    assert (spec.image_resize, spec.target_resize) == ("bicubic", "bicubic")
    assert spec.protocol.flip_test
    assert spec.protocol.flip_crop == "mirrored-image"
    assert (spec.protocol.nms_oks, spec.protocol.score_floor, spec.protocol.keep) == (0.9, 0.2, 20)
    assert spec.coding.palette[5] == (0, 204, 255)


def perfect(examples: Iterable[Example], spec: Spec, side: int) -> Predict:
    """A painter that knows the truth: it paints the person whose box is nearest to the crop's."""
    known: dict[bytes, np.ndarray] = {}
    for example in examples:
        truth, width = example.truth, example.image.shape[1]
        if "crops" not in truth:
            known[example.views[0].tobytes()] = TASK.encode(truth, spec, CANVAS)
            continue
        persons = np.flatnonzero(~truth["ignored"])
        centres = truth["boxes"][persons, :2] + truth["boxes"][persons, 2:] / 2
        for place, (x, y, w, h) in enumerate(truth["crops"]):
            own = mirrored = np.zeros((17, 3))
            if len(persons):
                away = np.square(centres - (x, y)).sum(axis=1)
                own = truth["keypoints"][persons[away.argmin()]]
                mirrored = mirror_keypoints(own, width)
            crop = Crop((x, y), (w, h))
            pairs = (own, crop), (mirrored, crop.mirrored(width))
            for view, (points, c) in zip(example.views[2 * place :], pairs, strict=False):
                painted = TASK.encode({"keypoints": warp_points(points, c)}, spec, CANVAS)
                known[view.tobytes()] = painted

    def predict(images: list[np.ndarray], _: Spec) -> np.ndarray:
        pictures = [Image.fromarray(known[image.tobytes()]) for image in images]
        resized = [picture.resize((side, side), Image.Resampling.BICUBIC) for picture in pictures]
        return np.stack([np.asarray(p, np.float32) / np.float32(255) for p in resized])

    return predict


def check_against_coco(root: Path, name: str, side: int) -> dict[str, float]:
    """Metrics of a perfect painter, which are COCO's own of the same people."""
    data = open_dataset(name, root)
    spec, examples = data.spec("keypoint"), data.examples("keypoint", "test")
    predict = perfect(examples, spec, side)
    metrics = TASK.summarise(evaluate(TASK, spec, examples, predict, batch_size=3), spec)
    found = []
    for example in examples:
        empty = np.zeros((0, 0, 0, 3), np.float32)
        views = list(TASK.views(example, spec)) if TASK.views else []
        painted = predict(views, spec) if views else empty
        people = decode_example(TASK, spec, painted, example)
        found += results(int(example.id), people)
    expected = coco_metrics(COCO(str(people_file(root, "val2017"))), found)
    assert metrics == pytest.approx({k: v for k, v in expected.items() if v >= 0}, abs=1e-12)
    return metrics


@pytest.mark.parametrize("name", ["coco", "coco:gt-boxes"])
def test_a_perfect_painter_reaches_the_ceiling_that_coco_measures(root: Path, name: str):
    assert check_against_coco(root, name, 192)["ap"] == pytest.approx(1, abs=0.02)


def test_flip_crops_of_either_kind_serve(root: Path):
    data = open_dataset("coco:gt-boxes", root)
    spec, examples = data.spec("keypoint"), data.examples("keypoint", "test")
    protocol = replace(spec.protocol, flip_crop="mirrored-crop")
    fast = replace(spec, protocol=protocol)
    crops = [v for e in examples for v in (TASK.views or list)(e, fast)]
    assert len(crops) == sum(len(e.views) for e in examples)
    for crop, mirrored in zip(crops[::2], crops[1::2], strict=True):
        np.testing.assert_array_equal(mirrored, crop[:, ::-1])
    # The mirrored photograph's crop is nearly that: it is moved by a pixel of the photograph.
    released = [view for example in examples for view in example.views[1::2]]
    gaps = [np.abs(a.astype(int) - b).mean() for a, b in zip(released, crops[1::2], strict=True)]
    assert min(gaps) > 0
    assert max(gaps) < 15


def test_crops_for_training_are_measured_as_pictures_of_one_person(root: Path):
    data = open_dataset("coco", root)
    spec, examples = data.spec("keypoint"), data.examples("keypoint", "train")
    still = replace(spec, protocol=replace(spec.protocol, flip_test=False))
    records = evaluate(TASK, still, examples, perfect(examples, spec, 192), batch_size=2)
    metrics = TASK.summarise(records, still)
    assert metrics["ap"] == pytest.approx(1, abs=0.02)
    assert metrics["ar"] == pytest.approx(1, abs=0.02)


def test_the_released_prompt_is_read_or_made(root: Path, tmp_path: Path):
    made = released_pair(root)
    assert made.image.shape == made.target.shape == (256, 192, 3)
    shutil.copytree(root / "coco" / "annotations", tmp_path / "coco" / "annotations")
    with pytest.raises(InputError, match=r"000000000165\.jpg does not exist"):
        released_pair(tmp_path)
    folder = tmp_path / "coco_pose" / "data_pair" / "train_256x192_aug0"
    folder.mkdir(parents=True)
    for kind, picture in (("image", made.target), ("label", made.image)):
        Image.fromarray(picture).save(folder / f"000000000165_box0_{kind}.png")
    read = released_pair(tmp_path)
    np.testing.assert_array_equal(read.image, made.target)
    np.testing.assert_array_equal(read.target, made.image)
    assert read.coding == made.coding


def test_what_is_missing_is_named(root: Path, tmp_path: Path):
    with pytest.raises(InputError, match="--data coco needs --data-root"):
        pose_examples(None, "val2017")
    with pytest.raises(InputError, match=r"person_keypoints_val2017.json does not exist"):
        pose_examples(tmp_path, "val2017")
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    detections_file(tmp_path).unlink()
    with pytest.raises(InputError, match=r"AP_H_56_person.json does not exist; .*coco:gt-boxes"):
        pose_examples(tmp_path, "val2017")
    assert len(pose_examples(tmp_path, "val2017", "annotated")) == 4
    photograph = tmp_path / "coco" / "val2017" / "000000000285.jpg"
    Image.new("RGB", (3, 3)).save(photograph)
    with pytest.raises(InputError, match="is 3 x 3 but its annotation is of another size"):
        pose_examples(tmp_path, "val2017", "annotated")[0]
    photograph.unlink()
    with pytest.raises(InputError, match=r"000000000285.jpg does not exist; .*official archives"):
        pose_examples(tmp_path, "val2017", "annotated")
    text = people_file(tmp_path, "train2017").read_text()
    people_file(tmp_path, "train2017").write_text(text.replace('"id": 165', '"id": 166'))
    with pytest.raises(InputError, match="the released prompt 000000000165_box0 is neither at"):
        released_pair(tmp_path)


@pytest.mark.skipif(not SAMPLES, reason="PAINTERKIT_SAMPLES is not set")
@pytest.mark.parametrize(("name", "ceiling"), [("coco", 61 / 101), ("coco:gt-boxes", 1.0)])
def test_real_photographs_with_a_perfect_painter(name: str, ceiling: float):
    # Persons were detected in two of the five pictures: 6 of the 10 that count.
    metrics = check_against_coco(Path(str(SAMPLES)).resolve(), name, 256)
    assert metrics["ap"] == pytest.approx(ceiling, abs=0.01)
