"""``--plan`` for this machine or, with ``--devices`` and ``--throughput``, for another."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from painter_kit.errors import MissingError

if TYPE_CHECKING:
    from painter_kit.evaluation.cost import Rate

log = logging.getLogger(__name__)


def check_hardware(flags: Mapping[str, Any]) -> None:
    """Raise ``UsageError`` for ``--devices`` or ``--throughput`` without ``--plan``."""
    if not flags["plan"] and (flags["devices"] or flags["throughput"]):
        raise click.UsageError("--devices and --throughput are for --plan; add it")


def find_rate(flags: Mapping[str, Any], measure: Callable[[], float]) -> Rate:
    """The pace that was given for other hardware, or what ``measure`` finds of this machine, in
    forwards per second."""
    from painter_kit.distributed import from_first, world_size
    from painter_kit.evaluation.cost import Rate

    given, devices = flags["throughput"], flags["devices"] or world_size()
    return Rate(given or from_first(measure), devices, measured=given is None)


def rate_if_known(flags: Mapping[str, Any], measure: Callable[[], float]) -> Rate | None:
    """The same; None, with a word why, where files are missing that measuring needs."""
    try:
        return find_rate(flags, measure)
    except MissingError as error:
        log.warning("the plan tells no time (%s); --throughput X tells it at any pace", error)
        return None
