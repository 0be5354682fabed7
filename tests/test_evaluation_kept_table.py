from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.data.specs import restoration_spec
from painter_kit.errors import InputError
from painter_kit.evaluation.kept.panoptic import PanopticFiles
from painter_kit.evaluation.kept.pictures import PngFiles, write_depth_png
from painter_kit.evaluation.kept.results import ResultFiles
from painter_kit.evaluation.kept.sidd import BlockArray
from painter_kit.evaluation.kept.table import Several, open_kept
from painter_kit.tasks.base import decode_example, get_task
from painter_kit.types import Coding, Spec

ABOUT = {"prompt": "p"}
WORLD = open_dataset("world")
PANOPTIC = Spec("panoptic", "coco", 560, "pq", "max", "", Coding(), None)


@pytest.mark.parametrize(
    ("spec", "names", "kind"),
    [
        (WORLD.spec("depth"), ["a"], PngFiles),
        (WORLD.spec("semantic"), ["a"], PngFiles),
        (WORLD.spec("instance"), ["a"], ResultFiles),
        (WORLD.spec("keypoint"), ["a"], ResultFiles),
        (WORLD.spec("denoise"), ["1_1"], PngFiles),
        (restoration_spec("sidd", "denoise"), ["1_1"], BlockArray),
        (restoration_spec("sidd", "denoise"), ["1_1", "x"], PngFiles),
        (PANOPTIC, ["a"], PanopticFiles),
    ],
)
def test_every_task_has_its_form(tmp_path: Path, spec: Spec, names: list[str], kind: type):
    assert isinstance(open_kept(spec, tmp_path, names, ABOUT), kind)


@pytest.mark.parametrize("name", WORLD.tasks)
def test_every_task_of_the_world_is_kept_and_done(tmp_path: Path, name: str):
    task, spec = get_task(name), WORLD.spec(name)
    example = WORLD.examples(name, "test")[0]
    files = open_kept(spec, tmp_path, [example.id], ABOUT, painted=True)
    painted = np.random.default_rng(0).random((64, 64, 3)).astype(np.float32)
    stack = painted if task.views is None else painted[None]
    output = dict.fromkeys(task.parts, painted) or stack
    assert not files.has(example.id)
    files.keep(example, output, decode_example(task, spec, output, example), spec)
    assert files.has(example.id)
    assert open_kept(spec, tmp_path, [example.id], ABOUT, painted=True).has(example.id)
    made = files.finish([example.id])
    assert made[-1] == tmp_path / "painted"
    assert all(path.exists() for path in made)
    assert any((tmp_path / "painted").rglob("*.png"))


def test_several_forms_are_done_when_all_are(tmp_path: Path):
    spec, example = WORLD.spec("depth"), WORLD.examples("depth", "test")[0]
    forms = [PngFiles(tmp_path / name, write_depth_png) for name in "ab"]
    depth = np.ones((64, 64), np.float32)
    forms[0].keep(example, np.zeros(0), depth, spec)
    assert not Several(forms).has(example.id)
    forms[1].keep(example, np.zeros(0), depth, spec)
    assert Several(forms).has(example.id)


def test_predictions_of_another_prompt_are_not_mixed(tmp_path: Path):
    open_kept(WORLD.spec("depth"), tmp_path, ["a"], ABOUT)
    with pytest.raises(InputError, match="of another prompt"):
        open_kept(WORLD.spec("depth"), tmp_path, ["a"], {"prompt": "q"})
