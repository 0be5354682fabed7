import logging

import click
import pytest

from painter_kit.cli.planned import check_hardware, find_rate, rate_if_known
from painter_kit.errors import InputError, MissingError
from painter_kit.evaluation.cost import Rate

NOTHING = {"plan": False, "devices": None, "throughput": None}


def missing() -> float:
    raise MissingError("no weights here")


def broken() -> float:
    raise InputError("weights of another model")


def test_hardware_belongs_to_a_plan():
    check_hardware(NOTHING)
    check_hardware({**NOTHING, "plan": True, "devices": 3})
    for given in ({"devices": 3}, {"throughput": 1.0}):
        with pytest.raises(click.UsageError, match="are for --plan; add it"):
            check_hardware({**NOTHING, **given})


def test_nothing_is_measured_for_other_hardware():
    assert find_rate({**NOTHING, "throughput": 2.5}, missing) == Rate(2.5, measured=False)
    assert find_rate({**NOTHING, "devices": 4}, lambda: 7.0) == Rate(7.0, 4)


def test_a_plan_without_weights_says_what_is_lacking(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.WARNING)
    assert rate_if_known(NOTHING, missing) is None
    assert "no time (no weights here); --throughput X tells it" in caplog.text
    with pytest.raises(InputError, match="another model"):
        rate_if_known(NOTHING, broken)
