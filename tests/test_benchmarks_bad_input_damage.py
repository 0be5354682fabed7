"""Cases that can be made again, differ, and are what they are called."""

import io
import json
import pickle
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from benchmarks.bad_input import arrays, raw, strange, tables, texts, weights
from benchmarks.bad_input.campaign import make_samples
from benchmarks.bad_input.damage import BY_SUFFIX, Sample, generator, make_case, targets
from benchmarks.bad_input.pictures import of_picture, png
from benchmarks.bad_input.table import get_reader
from benchmarks.bad_input.worker import read_sample

READERS = ("coco-keypoint", "prompt", "weights-pth", "sidd-blocks-7.3", "store", "config-train")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    folder = tmp_path_factory.mktemp("samples")
    make_samples(folder, list(READERS))
    return {name: read_sample(folder / name) for name in READERS}


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("name", READERS)
def test_a_number_and_a_seed_make_one_case(name: str, samples: dict[str, Sample], tmp_path: Path):
    reader, made = get_reader(name), []
    for place in ("a", "b", "c"):
        seed = 2 if place == "c" else 1
        for number in range(12):
            folder = tmp_path / place / str(number)
            folder.mkdir(parents=True)
            make_case(reader, samples[name], folder, generator(seed, name, number))
        made.append([content(tmp_path / place / str(n)) for n in range(12)])
    if name != "weights-pth":  # torch writes addresses into its older layout
        assert made[0] == made[1]
    assert made[0] != made[2]
    assert len({str(sorted(case.items())) for case in made[0]}) > 9


@pytest.mark.parametrize("name", READERS)
def test_most_damage_knows_the_format(name: str, samples: dict[str, Sample], tmp_path: Path):
    said = []
    for number in range(40):
        (tmp_path / str(number)).mkdir()
        rng = generator(3, name, number)
        said.append(make_case(get_reader(name), samples[name], tmp_path / str(number), rng))
    assert sum("damaged as" in what for what in said) > 15
    assert sum("(" in what for what in said) < 8  # what a library would not write


def test_only_targets_are_damaged(samples: dict[str, Sample]):
    known = targets(get_reader("coco-keypoint"), samples["coco-keypoint"])
    assert {name for names in known.values() for name in names} < set(samples["coco-keypoint"])
    assert all("panoptic" not in name for names in known.values() for name in names)


def test_every_file_of_a_sample_has_a_kind(samples: dict[str, Sample]):
    for name, sample in samples.items():
        assert set(targets(get_reader(name), sample)) <= set(BY_SUFFIX)


def rngs(count: int = 60) -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in range(count)]


def test_plain_data_is_changed_and_the_original_left_alone():
    value = {"images": [{"id": 1, "file_name": "a.jpg"}], "n": 2.5, "t": True}
    before = json.dumps(value)
    made = [json.dumps(strange.damaged(rng, value)) for rng in rngs()]
    assert json.dumps(value) == before
    assert sum(text != before for text in made) > 50
    assert len(set(made)) > 40


def test_bytes_and_lines_are_changed():
    text = b"a,b,c\n1,2,3\n4,5,6\n" * 4
    assert sum(raw.of_bytes(rng, text, [b"other"]) != text for rng in rngs()) > 50
    assert sum(texts.of_lines(rng, text) != text for rng in rngs()) > 50


def test_what_stands_instead_of_a_file(tmp_path: Path):
    for name, make in raw.INSTEAD.items():
        make(tmp_path / name)
    assert not (tmp_path / "nothing").exists()
    assert (tmp_path / "a folder").is_dir()
    assert (tmp_path / "a pipe").is_fifo()
    assert (tmp_path / "a link to nothing").is_symlink()


def test_yaml_of_every_kind_of_trouble():
    text = yaml.safe_dump({"seed": 1, "mix": {"depth": 2.0}}).encode()
    made = []
    for rng in rngs(300):
        with suppress(yaml.YAMLError, ValueError):  # what cannot be written is damaged as bytes
            made.append(texts.of_yaml(rng, text))
    assert len(made) > 280
    assert any(b"!!python" in one for one in made)
    assert any(b"&l9" in one for one in made)
    assert yaml.safe_load(texts.laughs(2, 2))["l2"] == [[["lol"] * 2] * 2] * 2


def test_pictures_are_of_many_kinds():
    good = png(4, 5, (b"\0" + bytes(15)) * 4)
    made = [of_picture(rng, good) for rng in rngs(400)]
    starts = {one[:3] for one in made}
    assert {b"\x89PN", b"\xff\xd8\xff", b"BM\x36"} & starts
    assert any(one.startswith(b"%!PS") for one in made)
    assert any(one != good and one[:16] == good[:16] for one in made)


def test_weights_hold_code_now_and_then(samples: dict[str, Sample]):
    made = [weights.of_torch(rng, samples["weights-pth"]["weights.pth"]) for rng in rngs(80)]
    assert any(b"posix\nsystem" in one or b"subprocess" in one for one in map(_pickled, made))
    assert any(not zipfile.is_zipfile(io.BytesIO(one)) for one in made)


def _pickled(content: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return b"".join(archive.read(n) for n in archive.namelist() if n.endswith(".pkl"))
    except Exception:
        return content


def test_malicious_objects_name_what_they_call():
    for number in range(6):
        text = pickle.dumps(weights.malicious(number), protocol=2)
        assert any(word in text for word in (b"posix", b"builtin", b"check_output"))


def test_arrays_and_stores_change(samples: dict[str, Sample]):
    blocks = samples["sidd-blocks-7.3"]["denoise/ValidationGtBlocksSrgb.mat"]
    assert sum(arrays.of_hdf5(rng, blocks) != blocks for rng in rngs(30)) > 25
    store = samples["store"]["records.sqlite"]
    made = [tables.of_sqlite(rng, store) for rng in rngs(30)]
    assert all(one.startswith(b"SQLite format 3") for one in made)
    assert len(set(made)) > 12
    file = io.BytesIO()
    np.save(file, np.zeros((2, 3)))
    assert any(b"99999" in arrays.of_npy(rng, file.getvalue()) for rng in rngs(30))


def test_a_state_of_weights_keeps_some_names():
    state = {"a": torch.zeros(2), "b": torch.ones(3)}
    file = io.BytesIO()
    torch.save(state, file)
    assert weights.of_torch(np.random.default_rng(0), file.getvalue()) != file.getvalue()
