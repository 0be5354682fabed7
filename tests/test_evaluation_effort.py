import pytest

from painter_kit.evaluation.cost import Rate
from painter_kit.evaluation.effort import AGAIN, TO_INPUT, Effort, in_bytes

EFFORT = Effort(7200, samples=1000, each=TO_INPUT + AGAIN, storage={"store": 1_500_000})


def test_samples_that_go_back_count_as_forwards():
    assert EFFORT.equivalents == 7200 + 3 * 1000
    assert Effort(5).equivalents == 5


def test_device_hours_do_not_depend_on_how_many_devices_share_them():
    one, four = Rate(2.0, measured=False), Rate(2.0, 4, measured=False)
    assert EFFORT.device_hours(one) == EFFORT.device_hours(four) == 10200 / 2 / 3600
    found = EFFORT.to_json(four)
    assert found["seconds"] == 10200 / 8
    assert found["device_hours"] == pytest.approx(10200 / 7200)
    assert (found["throughput"], found["devices"]) == (2.0, 4)
    assert found["storage"] == {"store": 1_500_000}


def test_words_for_people():
    words = EFFORT.words(Rate(2.0, 4, measured=False))
    assert words.startswith("about 21.2 min at 4 devices of 2 forwards/s as given for 10200 forw")
    assert "(1.42 device-hours); on disk (computed): store 1.50MB" in words
    assert Effort(10, at_most=True).words(Rate(1.0)).startswith("at most 10.0 s at 1 forwards/s m")


def test_without_a_pace_there_is_no_time():
    assert EFFORT.words(None) == "on disk (computed): store 1.50MB"
    found = EFFORT.to_json(None)
    assert found["seconds"] is found["device_hours"] is found["throughput"] is None
    assert found["forward_equivalents"] == 10200


def test_bytes_for_people():
    assert [in_bytes(n) for n in (999, 2_000_000, 3.5e9)] == ["999B", "2.00MB", "3.50GB"]
