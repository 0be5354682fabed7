"""Animals from files to average precision, on the world and on real photographs."""

import contextlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from painter_kit.data.animals import CANVAS, AnimalData, AnimalPictures, animal_crop, animals_of
from painter_kit.data.base import open_dataset
from painter_kit.data.crops import warp_points
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import evaluate
from painter_kit.tasks.base import decode_example, get_task
from painter_kit.types import Example, Spec
from tests.ood_toys import written_root

SAMPLES = os.environ.get("PAINTERKIT_SAMPLES")
TASK = get_task("keypoint")
NAMES = ("ap10k", "animalpose")
Predict = Callable[[list[np.ndarray], Spec], np.ndarray]


@pytest.fixture(params=NAMES)
def data(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AnimalData:
    opened = open_dataset(request.param, written_root(tmp_path_factory, request.param))
    assert isinstance(opened, AnimalData)
    return opened


def perfect(data: AnimalData, side: int) -> Predict:
    """A painter that knows the truth of every crop and of the mirrored crop."""
    examples, spec = data.examples("keypoint", "test"), data.spec("keypoint")
    assert isinstance(examples, AnimalPictures)
    order = np.arange(len(spec.protocol.names))
    for one, other in spec.protocol.flip_pairs:
        order[[one, other]] = other, one
    known: dict[bytes, np.ndarray] = {}
    for herd, example in zip(examples.herds, examples, strict=True):
        width = example.image.shape[1]
        for place, animal in enumerate(animals_of(herd)):
            own, crop = animal.person.keypoints, animal_crop(animal)
            mirrored = own[order] * (-1, 1, 1) + (width - 1, 0, 0)
            for view, (points, c) in enumerate([(own, crop), (mirrored, crop.mirrored(width))]):
                truth = {"keypoints": warp_points(points, c)}
                picture = example.views[2 * place + view]
                known[picture.tobytes()] = TASK.encode(truth, spec, CANVAS)

    def predict(images: list[np.ndarray], _: Spec) -> np.ndarray:
        pictures = [Image.fromarray(known[image.tobytes()]) for image in images]
        resized = [picture.resize((side, side), Image.Resampling.BICUBIC) for picture in pictures]
        return np.stack([np.asarray(p, np.float32) / np.float32(255) for p in resized])

    return predict


def official(data: AnimalData, folder: Path, predict: Predict) -> dict[str, float]:
    """COCO's summary of the decoded people, with the annotation file as it is on disk."""
    spec = data.spec("keypoint")
    found = []
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(folder / data.layout.files["test"]))
    own = {Path(image["file_name"]).stem: number for number, image in truth.imgs.items()}
    for example in data.examples("keypoint", "test"):
        views = list(TASK.views(example, spec)) if TASK.views else []
        people = decode_example(TASK, spec, predict(views, spec), example)
        animals = example.truth["crop_animals"][people.kept]
        rows = zip(people.points, people.person_scores, animals, strict=True)
        for points, score, animal in rows:
            annotation = truth.imgToAnns[own[example.id]][animal]
            keypoints = np.column_stack([points, np.ones(len(points))]).ravel().tolist()
            found.append({"image_id": own[example.id], "category_id": annotation["category_id"]})
            found[-1] |= {"keypoints": keypoints, "score": float(score)}
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(truth, truth.loadRes(found), "keypoints")
        evaluation.params.kpt_oks_sigmas = np.array(spec.protocol.sigmas)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    names = ("ap", "ap50", "ap75", "ap_medium", "ap_large", "ar")
    return dict(zip(names, map(float, evaluation.stats[:6]), strict=True))


def check_against_coco(data: AnimalData, side: int) -> dict[str, float]:
    """Metrics of a perfect painter, which are COCO's own of the same animals."""
    spec, predict = data.spec("keypoint"), perfect(data, side)
    examples = data.examples("keypoint", "test")
    found = TASK.summarise(evaluate(TASK, spec, examples, predict, batch_size=4), spec)
    expected = official(data, data.layout.folder(data.root, data.name), predict)
    known = {name: value for name, value in expected.items() if value >= 0}
    assert {name: found[name] for name in known} == pytest.approx(known, abs=1e-12)
    return found


def test_a_perfect_painter_reaches_the_ceiling_that_coco_measures(data: AnimalData):
    found = check_against_coco(data, 256)
    # Legs of the world's quadrupeds cross, and of two keypoints in one place one is lost.
    assert 0.75 < found["ap"] <= 1
    assert 0.75 < found["pck"] <= found["pck_20"] <= 1
    assert ("ap_shared" in found) == (data.name == "animalpose")


@pytest.mark.skipif(not SAMPLES, reason="PAINTERKIT_SAMPLES is not set")
@pytest.mark.parametrize("name", ["ap10k:val", "animalpose"])
def test_real_photographs_with_a_perfect_painter(name: str):
    data = open_dataset(name, Path(str(SAMPLES)).resolve())
    assert isinstance(data, AnimalData)
    found = check_against_coco(data, 256)
    assert found["ap"] == pytest.approx(1)
    assert found["pck"] == 1


def test_training_examples_are_crops_of_single_animals(data: AnimalData):
    examples = data.examples("keypoint", data.sources["pool"])
    assert len(examples) == len(set(examples.ids)) >= 6
    assert [name.rpartition("_box")[0] for name in examples.ids] == list(examples.groups)
    example = examples[0]
    assert example.image.shape == (*CANVAS, 3)
    assert [view.shape for view in example.views] == [(*CANVAS, 3)] * 2
    assert example.truth["size"].tolist() == list(CANVAS)
    box = example.truth["box"]
    # The box's longer side fills four fifths of the crop, and is in its middle.
    assert max(box[2:]) * 1.25 == pytest.approx(256, abs=8)
    assert (box[:2] + box[2:] / 2).tolist() == pytest.approx([128, 128], abs=4)
    record = TASK.measure(_as_found(example), example.truth, data.spec("keypoint"))
    assert TASK.summarise([record], data.spec("keypoint"))["pck"] == 1


def _as_found(example: Example) -> Any:
    """The true keypoints as a prediction of one animal."""
    from painter_kit.tasks.heat import Keypoints

    keypoints = example.truth["keypoints"]
    return Keypoints(keypoints[:, :2].astype(float), np.ones(len(keypoints)), CANVAS)


def test_test_examples_are_whole_pictures(data: AnimalData):
    examples = data.examples("keypoint", "test")
    assert len(examples) == 6
    for example in examples:
        truth = example.truth
        assert example.image.shape == (120, 160, 3)
        assert len(example.views) == 2 * len(truth["crops"]) == 2 * len(truth["crop_animals"])
        assert len(truth["categories"]) == len(truth["boxes"]) == len(truth["keypoints"])
        assert set(truth["crop_scores"]) <= {1.0}


def test_colours_are_the_first_of_five_levels_of_green_times_five_of_blue(data: AnimalData):
    spec = data.spec("keypoint")
    count = len(spec.protocol.names)
    expected = [(0, 255 - 51 * (k // 5), 255 - 51 * (k % 5)) for k in range(count)]
    assert list(spec.coding.palette) == expected
    assert count == {"ap10k": 17, "animalpose": 20}[data.name]
    people = open_dataset("coco").spec("keypoint").coding.palette
    assert spec.coding.palette[:17] == people


def test_what_is_missing_is_named(data: AnimalData, tmp_path: Path):
    with pytest.raises(InputError, match="no task depth; it has keypoint"):
        data.spec("depth")
    with pytest.raises(InputError, match=r"has the subsets train, test; got 'all'"):
        data.examples("keypoint", "all")
    with pytest.raises(
        InputError, match=f"needs --data-root DIR, the folder that holds {data.name}/"
    ):
        open_dataset(data.name).examples("keypoint", "test")
    with pytest.raises(InputError, match=f"{data.name} does not exist; "):
        open_dataset(data.name, tmp_path).examples("keypoint", "test")
    (tmp_path / data.name).mkdir()
    with pytest.raises(InputError, match=r"\.json does not exist; "):
        open_dataset(data.name, tmp_path).examples("keypoint", "test")


def test_species_are_told_where_the_files_have_them(data: AnimalData):
    for subset in ("train", "test"):
        found = data.categories("keypoint", subset)
        if data.name == "animalpose":
            assert found == {}
            continue
        names = data.layout.form.audited
        for example in data.examples("keypoint", subset):
            assert {*found[example.id]} == {names[i] for i in example.truth["categories"]}
