"""Reading weights from files of any layout, and refusing what cannot be read safely."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from painter_kit.errors import InputError
from painter_kit.model.builders import CONFIGS
from painter_kit.model.reading import checksum, own_metadata, read_checkpoint

STATE = {"a.weight": torch.arange(4.0), "b.weight": torch.ones(2)}


def shards(folder: Path, suffix: str = "safetensors") -> Path:
    """The state in two files with the list that transformers writes beside them."""
    files = {name: f"model-{i}.{suffix}" for i, name in enumerate(STATE)}
    for name, file in files.items():
        part = {name: STATE[name]}
        if suffix == "safetensors":
            save_file(part, folder / file)
        else:
            torch.save(part, folder / file)
    index = folder / f"model.{suffix}.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": files}))
    return index


@pytest.mark.parametrize("suffix", ["safetensors", "bin"])
def test_shards_are_put_together(tmp_path: Path, suffix: str):
    state, config = read_checkpoint(shards(tmp_path, suffix))
    assert config is None
    assert state.keys() == STATE.keys()
    assert all(torch.equal(state[name], STATE[name]) for name in STATE)


def test_a_shard_that_is_missing_is_named(tmp_path: Path):
    index = shards(tmp_path)
    (tmp_path / "model-1.safetensors").unlink()
    with pytest.raises(InputError, match=r"model-1.safetensors: no such weights, but model.saf"):
        read_checkpoint(index)


def test_a_shard_may_not_be_called_anything(tmp_path: Path):
    path = tmp_path / "model.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": {"a.weight": "x" * 5000}}))
    with pytest.raises(InputError, match="no such weights") as caught:
        read_checkpoint(path)
    assert len(str(caught.value)) < 2100


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"weight_map": 3}'])
def test_a_list_of_shards_that_is_none_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "model.safetensors.index.json"
    path.write_text(text)
    with pytest.raises(InputError, match="not an index of weights"):
        read_checkpoint(path)


def test_shards_lie_beside_their_list(tmp_path: Path):
    inner = tmp_path / "inner"
    inner.mkdir()
    save_file(STATE, tmp_path / "outside.safetensors")
    index = inner / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a.weight": "../outside.safetensors"}}))
    with pytest.raises(InputError, match=r"inner/outside.safetensors: no such weights"):
        read_checkpoint(index)


@pytest.mark.parametrize("key", ["model", "state_dict", None])
def test_weights_may_lie_under_a_key_or_at_the_top(tmp_path: Path, key: str | None):
    torch.save({key: STATE, "epoch": 3} if key else STATE, tmp_path / "x.pth")
    assert read_checkpoint(tmp_path / "x.pth")[0].keys() == STATE.keys()


def test_a_file_without_weights_is_refused(tmp_path: Path):
    torch.save({"model": {"epoch": 3}}, tmp_path / "none.pth")
    with pytest.raises(InputError, match=r"none.pth: no weights found"):
        read_checkpoint(tmp_path / "none.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(InputError, match=r"list.pth: expected a dict"):
        read_checkpoint(tmp_path / "list.pth")


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_a_changed_bit_is_noticed(tmp_path: Path, suffix: str):
    path, state = tmp_path / f"x.{suffix}", {"w": torch.ones(500)}
    if suffix == "pth":
        torch.save(state, path)
    else:
        save_file(state, path, own_metadata(state, asdict(CONFIGS["painter-vit-large"])))
    assert read_checkpoint(path)[0].keys() == state.keys()
    content = bytearray(path.read_bytes())
    content[content.index(torch.ones(500).numpy().tobytes()) + 1001] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged: "):
        read_checkpoint(path)


@pytest.mark.parametrize(("old", "new"), [("painterkit", "qainterkit"), ("[896, ", "[897, ")])
def test_a_changed_letter_of_the_configuration_is_noticed(tmp_path: Path, old: str, new: str):
    path, state = tmp_path / "x.safetensors", {"w": torch.ones(5)}
    save_file(state, path, own_metadata(state, asdict(CONFIGS["painter-vit-large"])))
    content = path.read_bytes()
    assert old.encode() in content
    path.write_bytes(content.replace(old.encode(), new.encode(), 1))
    with pytest.raises(InputError, match="damaged: "):
        read_checkpoint(path)


def test_the_checksum_is_of_everything():
    state = {"a": torch.zeros(2, 3), "b": torch.tensor(1.5, dtype=torch.bfloat16)}
    others = [
        ({**state, "a": torch.zeros(3, 2)}, ""),
        ({"c": state["a"], "b": state["b"]}, ""),
        ({**state, "b": torch.tensor(1.5)}, ""),
        ({**state, "b": torch.tensor(1.25, dtype=torch.bfloat16)}, ""),
        (state, "{}"),
    ]
    assert checksum(dict(reversed(state.items())), "") == checksum(state, "")
    assert len({checksum(*one) for one in [(state, ""), *others]}) == 6


@pytest.mark.parametrize(
    "odd",
    [
        torch.zeros(1).expand(10**6, 10**6),
        torch.eye(3).to_sparse(),
        torch.zeros(3, device="meta"),
    ],
    ids=["expanded", "sparse", "without data"],
)
def test_tensors_that_the_file_does_not_hold_are_refused(odd: torch.Tensor, tmp_path: Path):
    torch.save({"model": {**STATE, "odd": odd}}, tmp_path / "a.pth")
    with pytest.raises(InputError, match=r"a\.pth: odd is no array of plain numbers"):
        read_checkpoint(tmp_path / "a.pth")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[" * 100_000, "nested too deeply"),
        ("[1]", "network must be a mapping"),
        ('{"depth": "many"}', "depth must be a whole number"),
        ('{"own": 1}', "unknown key own"),
    ],
)
def test_a_configuration_of_another_form_is_refused(config: str, words: str, tmp_path: Path):
    save_file(STATE, tmp_path / "a.safetensors", {"painterkit.config": config})
    with pytest.raises(InputError, match=rf"a\.safetensors.*{words}"):
        read_checkpoint(tmp_path / "a.safetensors")
