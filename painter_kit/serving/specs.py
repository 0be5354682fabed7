"""Specs as plain data, so that a folder decodes what is painted without the prompt's dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, get_type_hints

from painter_kit.errors import InputError
from painter_kit.schema import Builder
from painter_kit.tasks.depth import DepthProtocol
from painter_kit.tasks.foreground import ForegroundProtocol
from painter_kit.tasks.instance import InstanceProtocol
from painter_kit.tasks.keypoint import KeypointProtocol
from painter_kit.tasks.panoptic import PanopticProtocol
from painter_kit.tasks.restoration import RestorationProtocol
from painter_kit.tasks.semantic import SemanticProtocol
from painter_kit.types import Spec

PROTOCOLS: Mapping[str, type[Any]] = {
    protocol.__name__: protocol
    for protocol in (
        DepthProtocol,
        ForegroundProtocol,
        InstanceProtocol,
        KeypointProtocol,
        PanopticProtocol,
        RestorationProtocol,
        SemanticProtocol,
    )
}
PROTOCOL_TYPE = "protocol_type"


def spec_to_json(spec: Spec[Any]) -> dict[str, Any]:
    """Every field as plain data, with the name of the protocol's type.

    Raises ``InputError`` for a task from outside the package, whose protocol is not known here.
    """
    kind = type(spec.protocol).__name__
    if kind not in PROTOCOLS:
        raise InputError(f"task {spec.task} cannot be exported: its constants ({kind}) are its own")
    plain = {f.name: getattr(spec, f.name) for f in fields(spec)}
    return {
        **plain,
        "coding": spec.coding.to_json(),
        "protocol": asdict(spec.protocol),
        PROTOCOL_TYPE: kind,
        "parts": [[name, spec_to_json(part)] for name, part in spec.parts],
    }


def spec_from_json(value: Mapping[str, Any], source: str) -> Spec[Any]:
    """The spec that ``spec_to_json`` wrote, after a trip through JSON.

    Raises ``InputError``, naming ``source``, for fields that are missing, unknown or wrong.
    """
    builder, given = Builder(lambda key: source), dict(value)
    kind = given.pop(PROTOCOL_TYPE, None)
    if not isinstance(kind, str) or kind not in PROTOCOLS:
        known = ", ".join(PROTOCOLS)
        raise InputError(f"{source}: {PROTOCOL_TYPE} must be one of {known} but got {kind!r}")
    protocol = builder.build(PROTOCOLS[kind], given.pop("protocol", {}), "protocol.")
    hints = get_type_hints(Spec)
    try:
        parts = tuple(
            (builder.convert(str, name, "parts"), spec_from_json(part, source))
            for name, part in given.pop("parts", [])
        )
        plain = {name: builder.convert(hints[name], item, name) for name, item in given.items()}
        return Spec(**plain, protocol=protocol, parts=parts)
    except KeyError as error:
        raise InputError(f"{source}: unknown key {error}; export the prompt again") from None
    except (TypeError, ValueError) as error:
        raise InputError(f"{source}: {error}; export the prompt again") from None
