"""Texts of plain data that parsers choke on."""

import json
import os
from pathlib import Path

import pytest
import yaml

from painter_kit.documents import MOST, SPELLED_OUT, parse_json, parse_yaml, read_json, read_text


def laughs(levels: int) -> str:
    lines = ["l0: &l0 [lol, lol]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, levels + 1)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("9" * 5_000, "too large"),
        (str(2**63), "too large"),
        (str(-(2**63) - 1), "too large"),
        ("{", "Expecting"),
        ("", "Expecting value"),
    ],
)
def test_json_is_refused_as_a_value_error(text: str, words: str):
    with pytest.raises(ValueError, match=words):
        parse_json(text)


def test_json_within_the_limits_is_json():
    text = json.dumps({"a": [1, 2.5, None, True, "é"], "b": {"c": MOST, "d": -(2**63)}})
    assert parse_json(text) == json.loads(text)
    assert parse_json('{"a": {"b": 1}}', lambda value: tuple(value.items())) == (
        ("a", (("b", 1),)),
    )


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system [touch x]",
        "!!python/name:os.system",
        "!own {a: 1}",
        "2001-99-99",
        "!!int many",
        "!!float ''",
        "=",
        "a: [",
        "9" * 5_000,
        str(2**63),
        "&a [*a]",
        "a: &a {b: *a}",
        "[" * 100_000,
        "- " * 100_000,
        laughs(9),
        "? [1, 2]\n: 3",
        "\t",
        "a\0b",
    ],
)
def test_yaml_is_refused_as_a_value_error_in_one_line(text: str):
    with pytest.raises(ValueError) as caught:
        parse_yaml(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: 1",
        "a: &a [1, 2]\nb: *a",
        "- 1\n- 2.5\n- null",
        laughs(2),
        "a: 2001-12-14",
        "<<: {a: 1}",
    ],
)
def test_yaml_within_the_limits_is_yaml(text: str):
    assert parse_yaml(text) == yaml.safe_load(text)


def test_an_alias_counts_wherever_it_is_used():
    row = f"a: &a [{', '.join('1' * 100)}]\n"
    uses = SPELLED_OUT // 101  # the list and what is in it
    assert len(parse_yaml(row + f"b: [{', '.join(['*a'] * (uses - 5))}]")["b"]) == uses - 5
    with pytest.raises(ValueError, match="stands for more than"):
        parse_yaml(row + f"b: [{', '.join(['*a'] * (uses + 5))}]")


def test_files_are_read_whole(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_text('{"a": "é"}', encoding="utf-8")
    assert read_text(path) == '{"a": "é"}'
    assert read_json(path) == {"a": "é"}
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(ValueError, match="utf-8"):
        read_json(path)
    with pytest.raises(FileNotFoundError):
        read_text(tmp_path / "none")


def test_a_pipe_is_no_file(tmp_path: Path):
    """Opening it would wait for somebody to write."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(OSError, match="no regular file"):
            read_text(tmp_path / name)
