"""Suites as files: every shipped one is whole, and a broken one is told by its key."""

import json
from pathlib import Path

import pytest

from benchmarks.suites.base import load_suite, parse_suite, suite_names
from benchmarks.suites.cells import open_part
from painter_kit.data.base import dataset_names
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task

GOOD = {
    "format": 1,
    "name": "mine",
    "version": 1,
    "title": "Mine",
    "parts": [{"name": "one", "task": "depth", "data": "world-unseen"}],
    "protocols": {"clean": {}},
}


def parse(**changes: object):
    return parse_suite(json.dumps({**GOOD, **changes}), "mine.json")


@pytest.mark.parametrize("name", suite_names())
def test_shipped_suites_name_what_exists(name: str):
    suite, digest = load_suite(name)
    assert suite.name == name
    assert len(digest) == 64
    for part in suite.parts:
        assert get_task(part.task).name == part.task
        assert part.data.partition(":")[0] in dataset_names()
        assert part.shows
        if part.by == "class":
            assert part.data_of("x/y").endswith("x/y")
    for figure in suite.published:
        assert figure.source
        assert figure.part in ("", *(part.name for part in suite.parts))


@pytest.mark.parametrize("name", [n for n in suite_names() if n.startswith(("world", "builtin"))])
def test_suites_without_downloads_open(name: str):
    for part in load_suite(name)[0].parts:
        opened = open_part(part, None, 64, count=3)
        assert len(opened.asked.ids) == 3
        assert not {*opened.asked.ids} & {*opened.shown.ids}


def test_a_file_is_a_suite_in_json_or_yaml(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "format: 1\nname: mine\nversion: 2\ntitle: T\n"
        "parts: [{name: a, task: depth, data: world}]\n"
        "protocols: {clean: {}}\n"
    )
    suite, digest = load_suite(str(path))
    assert (suite.version, suite.parts[0].task) == (2, "depth")
    assert digest != parse()[1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 2}, "format must be 1"),
        ({"protocols": {"other": {}}}, "called clean"),
        ({"parts": []}, "names of their own"),
        ({"parts": GOOD["parts"] * 2}, "names of their own"),
        ({"titel": "x"}, "did you mean title"),
        ({"protocols": {"clean": {"queries": "cycle"}}}, "count belongs"),
        ({"protocols": {"clean": {"shots": []}}}, "shots must be"),
        ({"protocols": {"clean": {}, "p": {"supports": "own"}}}, "need parts by class"),
        ({"parts": [{**GOOD["parts"][0], "category_data": "a:{b}"}]}, "must hold {category}"),
        ({"parts": [{"name": "one", "task": "depth"}]}, "missing key parts.0.data"),
    ],
)
def test_what_is_wrong_is_named(changes, words):
    with pytest.raises(InputError, match=r"mine\.json") as caught:
        parse(**changes)
    assert words in str(caught.value)


def test_unknown_names_are_answered_with_known_ones():
    with pytest.raises(InputError, match="pascal5i"):
        load_suite("pascal-5i")
    suite = parse()[0]
    with pytest.raises(InputError, match="suite mine has one"):
        suite.part("two")
    with pytest.raises(InputError, match="suite mine has clean"):
        suite.protocol("published")


def test_episode_files_lie_beside_the_file_of_their_suite(tmp_path: Path):
    (tmp_path / "below").mkdir()
    path = tmp_path / "below" / "mine.yaml"
    path.write_text(
        "{format: 1, name: mine, version: 1, title: M, "
        "parts: [{name: p, task: depth, data: world-unseen}], "
        "protocols: {clean: {shots: [1, 5], file: {p: one.json, p/5: five.json}}}}"
    )
    protocol = load_suite(str(path))[0].protocol("clean")
    assert protocol.episode_file("p", 1) == tmp_path / "below" / "one.json"
    assert protocol.episode_file("p", 5) == tmp_path / "below" / "five.json"
    assert protocol.episode_file("q", 1) is None
