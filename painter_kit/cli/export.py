"""``painterkit export``: a prompt with its Painter as a model that answers pictures."""

from __future__ import annotations

import base64
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.cli.folders import choose_out, finished_folder
from painter_kit.cli.options import options
from painter_kit.cli.output import emit, say

if TYPE_CHECKING:
    from painter_kit.serving.champion import Standing
    from painter_kit.serving.folder import Served
    from painter_kit.tracking.models import Pyfunc, Version

CHAMPION = "champion"
REFERENCE, INCLUDED = "reference", "included"
ALIASED = ("searched", "learned")


@click.command()
@click.argument("folder", metavar="PROMPT", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "where",
    type=click.Choice(["mlflow", "folder"]),
    default="mlflow",
    show_default=True,
    help="MLflow's registry, or a model folder at --out.",
)
@click.option(
    "--weights",
    type=click.Choice([REFERENCE, INCLUDED]),
    default=REFERENCE,
    show_default=True,
    help="Name the weights, or put a copy into the model.",
)
@click.option("--name", help="Name in the registry [TASK-prompt].")
@click.option(
    "--champion/--no-champion",
    default=None,
    help="Make it the champion or not [if it is better on confirm].",
)
@options("data", "data_root", "checkpoint", "precision", "out", "overwrite", "json")
def command(folder: Path, where: str, **flags: Any) -> None:
    """Export the prompt in the folder PROMPT as a model: pictures in, results out.

    In MLflow it becomes a version of TASK-prompt with the alias 'searched' or 'learned', and
    'champion' if it is the best so far on confirm. Serve it by
    'mlflow models serve --env-manager local -m models:/TASK-prompt@champion'.
    """
    served, standing = _served(folder, flags)
    if where == "folder":
        out = choose_out(flags["out"], "export", overwrite=flags["overwrite"])
        with tempfile.TemporaryDirectory() as room, finished_folder(out, "export") as fresh:
            _save(served, standing, flags["weights"], Path(room), fresh / "model")
        told: dict[str, Any] = {"model": out / "model"}
        say(f"model written to {told['model']}", flags["as_json"])
    else:
        registered = _register(served, standing, flags)
        told = registered.to_json()
        say(registered.sentence, flags["as_json"])
    say(f"serve it:  mlflow models serve --env-manager local -m {told['model']}", flags["as_json"])
    if flags["as_json"]:
        emit({**standing.facts, "weights": flags["weights"], **told})


def _served(folder: Path, flags: dict[str, Any]) -> tuple[Served, Standing]:
    """The prompt with weights and the spec that fits both, found and checked."""
    from painter_kit.cli.predict import prompt_spec
    from painter_kit.data.specs import with_canvas
    from painter_kit.inference.parted import load_prompt
    from painter_kit.model.checkpoint import load_painter
    from painter_kit.serving.champion import standing_of
    from painter_kit.serving.folder import serve_prompt

    prompt = load_prompt(folder)
    spec = prompt_spec(prompt, flags["data"], flags["data_root"])
    checkpoint = flags["checkpoint"] or "world-tiny"
    spec = with_canvas(spec, load_painter(checkpoint).canvas)
    served = serve_prompt(prompt, spec, checkpoint, flags["precision"] or "fp32")
    return served, standing_of(prompt, spec, served.model_digest)


def _save(served: Served, standing: Standing, weights: str, room: Path, folder: Path) -> None:
    """Write MLflow's model folder; ``room`` is for what is copied into it."""
    from painter_kit.serving.folder import write_folder
    from painter_kit.tracking.models import save_pyfunc

    own = room / "served_prompt"
    write_folder(served, own, weights == INCLUDED)
    save_pyfunc(_pyfunc(served, standing, own), folder)


def _pyfunc(served: Served, standing: Standing, own: Path) -> Pyfunc:
    from painter_kit import __version__, serving
    from painter_kit.data.pictures import png_bytes
    from painter_kit.inference.parted import PartedPrompt, plain_prompts
    from painter_kit.tracking.models import Pyfunc

    prompt = served.prompt
    example = png_bytes(plain_prompts(prompt)[0].pair.image)
    parted = prompt.parts if isinstance(prompt, PartedPrompt) else ()
    painted = [f"painted_{name}" for name in parted] or ["painted"]
    return Pyfunc(
        code=Path(serving.__path__[0]) / "mlflow_model.py",
        artifacts={"served_prompt": own},
        inputs=("image",),
        outputs=("task", *painted),
        more=("decoded", *(("segments",) if parted else ())),
        example={"image": base64.b64encode(example).decode("ascii")},
        requirements=[f"painterkit=={__version__}"],
        metadata=standing.facts,
    )


@dataclass(frozen=True)
class Registered:
    """A version with the aliases that it was given, and why it is the champion or not."""

    version: Version
    aliases: tuple[str, ...]
    why: str
    run_id: str | None

    def to_json(self) -> dict[str, Any]:
        """What ``--json`` says of it."""
        name, number = self.version.name, self.version.number
        return {
            "model": self.version.uri,
            "name": name,
            "version": number,
            "aliases": list(self.aliases),
            "run_id": self.run_id,
        }

    @property
    def sentence(self) -> str:
        """The same in words."""
        named = f", alias {', '.join(self.aliases)}" if self.aliases else ""
        verb = "is" if CHAMPION in self.aliases else "is not"
        version = f"version {self.version.number} of {self.version.name}"
        return f"{version}{named}; {verb} the champion ({self.why})"


def _register(served: Served, standing: Standing, flags: dict[str, Any]) -> Registered:
    """Put the model into MLflow's registry and move the aliases."""
    from painter_kit.serving.champion import Standing, takes_over
    from painter_kit.tracking import start_tracking
    from painter_kit.tracking.models import give_alias, holder, register, run_of_prompt

    tracking = start_tracking()
    name = flags["name"] or f"{served.prompt.task}-prompt"
    run_id = run_of_prompt(tracking, served.prompt.digest)
    with tempfile.TemporaryDirectory() as room:
        model = Path(room) / "model"
        _save(served, standing, flags["weights"], Path(room), model)
        version = register(tracking, name, model, standing.facts, run_id)
    before = holder(tracking, name, CHAMPION)
    wins, why = takes_over(standing, Standing(before.tags) if before else None, flags["champion"])
    kind = served.prompt.kind
    aliases = [*([kind] if kind in ALIASED else []), *([CHAMPION] if wins else [])]
    for alias in aliases:
        give_alias(tracking, version, alias)
    return Registered(version, tuple(aliases), why, run_id)
