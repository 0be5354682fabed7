from collections.abc import Iterator
from pathlib import Path

import pytest

from painter_kit.errors import InputError
from painter_kit.evaluation.released import has_released, released_prompt
from painter_kit.inference.parted import PartedPrompt
from painter_kit.inference.prompt import Prompt
from tests.toys import BOTH, BOTH_SPEC, PARTS, SPEC, TOY, Published, registered, toy_data


@pytest.fixture(autouse=True)
def _known_parts() -> Iterator[None]:
    with registered():
        yield


def test_the_published_pair_is_a_prompt_of_its_own_kind():
    data = Published(toy_data().subsets)
    assert has_released(data)
    prompt = released_prompt(TOY, data, SPEC, "--prompt")
    assert isinstance(prompt, Prompt)
    assert (prompt.kind, prompt.task, prompt.spec_digest) == ("released", "toy", SPEC.digest)
    assert prompt.pair.digest == data.released("toy").digest
    assert prompt.provenance == {"data": "toys"}


def test_a_task_with_parts_has_one_for_each():
    prompt = released_prompt(BOTH, Published(toy_data().subsets), BOTH_SPEC, "--prompt")
    assert isinstance(prompt, PartedPrompt)
    assert (prompt.kind, tuple(prompt.parts)) == ("released", PARTS)


@pytest.mark.parametrize("option", ["--prompt", "--strategy"])
def test_data_without_one_are_named_with_the_option(option: str):
    assert not has_released(toy_data())
    assert not has_released(None)
    words = f"{option} released: --data toys has no released prompt; .*nyuv2.*another {option}"
    with pytest.raises(InputError, match=words):
        released_prompt(TOY, toy_data(), SPEC, option)


def test_missing_files_of_real_data_are_named(tmp_path: Path):
    from painter_kit.data.base import open_dataset
    from painter_kit.tasks.base import get_task

    data, task = open_dataset("nyuv2", tmp_path), get_task("depth")
    assert has_released(data)
    with pytest.raises(InputError, match="nyu_depth_v2 does not exist"):
        released_prompt(task, data, data.spec("depth"), "--prompt")
