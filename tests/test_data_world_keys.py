import pytest

from painter_kit.data.world.keys import generator


def test_equal_keys_give_equal_streams():
    first, second = generator(0, "train", 7), generator(0, "train", 7)
    assert first.random(5).tolist() == second.random(5).tolist()


@pytest.mark.parametrize("other", [(1, "train", 7), (0, "test", 7), (0, "train", 8)])
def test_any_other_key_gives_another_stream(other):
    assert generator(0, "train", 7).random() != generator(*other).random()


def test_streams_are_the_same_on_every_machine():
    # A change would silently move every scene and every split of the world.
    assert generator(0, "train", 7, "scene").integers(0, 1000, 4).tolist() == [331, 733, 809, 184]
