"""The state file: whole or not at all, and readable or refused in words."""

from pathlib import Path

import pytest
import torch

from painter_kit.errors import InputError
from painter_kit.training.state import STATE_FILE, load_state, save_state


def test_round_trip(tmp_path: Path):
    save_state(tmp_path / "new", {"iteration": 3, "model": {"w": torch.arange(4.0)}})
    state = load_state(tmp_path / "new")
    assert state["iteration"] == 3
    assert torch.equal(state["model"]["w"], torch.arange(4.0))


def test_a_failed_write_leaves_the_old_state(tmp_path: Path):
    save_state(tmp_path, {"iteration": 1})
    with pytest.raises(Exception, match="pickle"):
        save_state(tmp_path, {"iteration": 2, "bad": lambda: None})
    assert load_state(tmp_path)["iteration"] == 1
    assert [path.name for path in tmp_path.iterdir()] == [STATE_FILE]


def test_a_missing_state_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="nothing to resume, start without --resume"):
        load_state(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no checkpoint at all"])
def test_an_unreadable_state_is_named(tmp_path: Path, content: bytes):
    (tmp_path / STATE_FILE).write_bytes(content)
    with pytest.raises(InputError, match=r"state\.pt: unreadable .*--overwrite"):
        load_state(tmp_path)


def test_a_cut_state_is_named(tmp_path: Path):
    save_state(tmp_path, {"w": torch.zeros(1000)})
    path = tmp_path / STATE_FILE
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match="unreadable"):
        load_state(tmp_path)


def test_a_changed_bit_is_noticed(tmp_path: Path):
    """Which ``torch.load`` would not."""
    save_state(tmp_path, {"w": torch.zeros(1000)})
    path = tmp_path / STATE_FILE
    content = bytearray(path.read_bytes())
    content[content.index(bytes(1000)) + 500] ^= 1
    path.write_bytes(content)
    assert torch.load(path, weights_only=True)["w"].count_nonzero() == 1
    with pytest.raises(InputError, match=r"unreadable \(damaged: checksum of .* does not match"):
        load_state(tmp_path)
