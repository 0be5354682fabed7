import numpy as np
import pytest

from painter_kit.data.world import cache
from painter_kit.data.world.cache import Batch, rendered
from painter_kit.data.world.figures import render_figure
from painter_kit.data.world.scene import render_scene
from painter_kit.errors import InputError

SCENES = Batch("scene", 0, "train", 5, (32, 32))
FIGURES = Batch("figure", 0, "train", 3, (64, 64))


def test_rendered_scenes_equal_those_rendered_directly(tmp_path):
    arrays = rendered(SCENES, tmp_path)
    for index in range(SCENES.count):
        scene = render_scene(0, "train", index, (32, 32))
        for name in ("image", "labels", "ids"):
            np.testing.assert_array_equal(arrays[name][index], getattr(scene, name))
        depth_m = (arrays["depth_mm"][index] / 1000).astype(np.float32)
        np.testing.assert_array_equal(depth_m, scene.depth_m)
        bits = [c for c in range(12) if arrays["classes"][index] >> c & 1]
        assert bits == np.unique(scene.labels).tolist()


def test_rendered_figures_equal_those_rendered_directly(tmp_path):
    arrays = rendered(FIGURES, tmp_path)
    figure = render_figure(0, "train", 2)
    np.testing.assert_array_equal(arrays["image"][2], figure.image)
    np.testing.assert_array_equal(arrays["keypoints"][2], figure.keypoints)


def test_arrays_are_rendered_once_and_read_only(tmp_path, monkeypatch):
    first = rendered(SCENES, tmp_path)
    monkeypatch.setattr(cache, "render_scene", None)
    second = rendered(SCENES, tmp_path)
    np.testing.assert_array_equal(first["image"], second["image"])
    with pytest.raises(ValueError, match="read-only"):
        second["image"][0] = 0


def test_another_batch_or_renderer_has_a_folder_of_its_own(tmp_path, monkeypatch):
    names = {Batch("scene", s, "train", n, (32, 32)).digest for s in (0, 1) for n in (5, 6)}
    assert len(names) == 4
    before = SCENES.digest
    monkeypatch.setattr(cache, "RENDER_VERSION", cache.RENDER_VERSION + 1)
    assert SCENES.digest != before


def test_nothing_half_rendered_stays_behind(tmp_path, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("no more memory")

    monkeypatch.setattr(cache, "render_scene", broken)
    with pytest.raises(RuntimeError):
        rendered(SCENES, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_first_of_two_processes_wins(tmp_path, monkeypatch):
    """Another process publishes the same arrays while this one renders."""
    render, inside = cache._render_all, []

    def slow(batch, work, processes):
        if not inside:
            inside.append(True)
            rendered(batch, tmp_path)
        render(batch, work, processes)

    monkeypatch.setattr(cache, "_render_all", slow)
    arrays = rendered(SCENES, tmp_path)
    assert arrays["image"].any()
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.slow
def test_the_number_of_processes_changes_nothing(tmp_path):
    batch = Batch("figure", 0, "train", 101, (8, 8))
    one, two = (rendered(batch, tmp_path / str(n), processes=n) for n in (1, 2))
    for name in batch.layout():
        np.testing.assert_array_equal(one[name], two[name])


def test_a_damaged_array_is_named(tmp_path):
    rendered(SCENES, tmp_path)
    (path,) = tmp_path.rglob("labels.npy")
    whole = path.read_bytes()
    for content in (b"", whole[:-1], whole[:60], whole.replace(b"|u1", b"|O "), b"\0" * 200):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"labels\.npy is damaged .* rendered anew"):
            rendered(SCENES, tmp_path)
    np.save(path, np.zeros((5, 32, 31), np.uint8))
    with pytest.raises(InputError, match=r"it holds uint8 \(5, 32, 31\)"):
        rendered(SCENES, tmp_path)
    path.unlink()
    with pytest.raises(InputError, match="it is missing"):
        rendered(SCENES, tmp_path)
