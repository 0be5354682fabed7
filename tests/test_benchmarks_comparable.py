"""What may be put beside a published number."""

from dataclasses import replace

import pytest

from benchmarks.comparable import RELEASED_PARAMETERS, Setting, reasons, row_reasons
from benchmarks.tables import rows_for
from painter_kit.data.specs import depth_spec, released_spec
from painter_kit.types import Coding, Spec

FULL = Setting(
    spec=depth_spec("nyuv2"),
    split="test",
    n=654,
    available=654,
    checkpoint="painter_vit_large.pth",
    parameters=RELEASED_PARAMETERS,
    precision="fp32",
    prompt_kind="random",
)


def test_the_published_setting_is_comparable():
    assert reasons(FULL) == []
    random, searched, learned, separate, readme = rows_for("depth", "nyuv2")[:5]
    assert row_reasons(random, FULL) == []
    assert row_reasons(separate, FULL) == []
    assert [len(row_reasons(row, FULL)) for row in (searched, learned, readme)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n": 32}, "32 of 654 test pictures"),
        ({"n": 2, "available": 2}, "2 pictures where the test set has 654"),
        ({"split": "confirm"}, "split confirm"),
        ({"parameters": 3_000_000, "checkpoint": "world-tiny"}, "world-tiny has 3,000,000"),
        ({"spec": replace(FULL.spec, canvas=224)}, "canvas 224, not 448"),
        ({"switches": ("crop=null",)}, "protocol switched: crop=null"),
        ({"precision": "bf16"}, "precision bf16"),
        ({"prompt_kind": "given"}, "prompt of kind given"),
        ({"spec": depth_spec("world")}, "no numbers are published for depth on world"),
    ],
)
def test_every_difference_is_named(change: dict[str, object], words: str):
    (reason,) = reasons(replace(FULL, **change))
    assert words in reason


def test_differences_add_up():
    found = reasons(replace(FULL, n=5, precision="bf16", switches=("a=1", "b=2")))
    assert len(found) == 3
    assert "a=1, b=2" in found[1]


def test_panoptic_was_painted_at_560():
    part = replace(released_spec("coco", "instance"), canvas=560)
    spec = Spec("panoptic", "coco", 560, "pq", "max", "", Coding(), None, parts=(("one", part),))
    full = replace(FULL, spec=spec, n=5000, available=5000)
    assert reasons(full) == []
    small = replace(spec, parts=(("one", replace(part, canvas=448)),))
    assert reasons(replace(full, spec=small)) == ["canvas 448, not 560"]


def test_the_released_patch_of_sidd_is_lost():
    spec = replace(released_spec("sidd", "denoise"))
    setting = replace(FULL, spec=spec, n=1280, available=1280)
    assert reasons(setting) == []
    (reason,) = reasons(replace(setting, prompt_kind="released"))
    assert "cannot be made again" in reason
