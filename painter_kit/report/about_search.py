"""Sections about a search: what won, by how much, how it got there, and what prompts look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from painter_kit.evaluation.evaluate import primary
from painter_kit.evaluation.panel import median_index
from painter_kit.report.anytime import Course, anytime_chart, courses
from painter_kit.report.contact import contact_sheet
from painter_kit.report.document import (
    Block,
    Cell,
    Chart,
    Limits,
    Number,
    Section,
    Table,
    Text,
    Tiles,
)
from painter_kit.report.figures import Line, bars, forest
from painter_kit.report.gallery import Shown
from painter_kit.report.illustrated import Illustrated, candidate_prompts
from painter_kit.report.results import (
    HEADS,
    forwards_table,
    gain_lines,
    gain_row,
    gain_tiles,
    metric_name,
    panel_row,
    value_row,
)
from painter_kit.report.runs import Scored, read_lines, read_scores

if TYPE_CHECKING:
    from painter_kit.evaluation.loaded import Loaded
    from painter_kit.inference.parted import AnyPrompt

PROMPT = "prompt"


def search_sections(about: Illustrated) -> list[Section]:
    """Everything about one search."""
    path = about.run.path
    decisions, cells = read_lines(path / "decisions.jsonl"), read_scores(path / "scores.parquet")
    prompt, examples = about.prompt(PROMPT), about.measured()
    shown: list[Shown] = []
    if prompt is not None and examples is not None:
        shown = [about.shown("searched", prompt, examples)]
        panel = panel_shown(about, decisions, examples)
        shown += [panel[median_index([_value(about, one) for one in panel])]] if panel else []
    else:
        panel = []
    return [
        Section("Result", _result(about, prompt, panel)),
        Section("Course of the search", _course(about, decisions, cells)),
        Section("What prompts and pictures vary by", _components(about)),
        Section("Best and worst prompts", contact_sheet(about, decisions, cells)),
        *about.galleries(examples, "confirm", shown),
    ]


def panel_shown(
    about: Illustrated, decisions: Sequence[Mapping[str, Any]], examples: Loaded
) -> list[Shown]:
    """The random prompts with their Records on confirm; none unless all are known."""
    start = next((d for d in decisions if d["event"] == "start"), None)
    if about.source is None or start is None or about.source.task.parts:
        return []
    prompts = candidate_prompts(about.source, start["panel"])
    found = [
        Shown(f"random ({name})", prompt, records)
        for name, prompt in prompts.items()
        if (records := about.source.records(prompt, examples)) is not None
    ]
    return found if len(found) == len(start["panel"]) else []


def _value(about: Illustrated, one: Shown) -> float:
    assert about.source is not None
    assert one.records is not None
    return primary(about.source.task, one.prompt.effective(about.source.spec), one.records)


def confirm_of(about: Illustrated, prompt: AnyPrompt | None) -> Mapping[str, Any]:
    """The prompt's metric on confirm, with limits where its folder tells them."""
    noted = (prompt.scores.get("confirm") if prompt else None) or {}
    return {"value": about.row["winner"]["confirm"], **noted}


def _result(about: Illustrated, prompt: AnyPrompt | None, panel: Sequence[Shown]) -> list[Block]:
    row, confirm, unit = about.row, confirm_of(about, prompt), about.unit
    splits = row["splits"]
    rows = [
        value_row(
            "searched, on select", {"value": row["winner"]["select"]}, "chose it: optimistic"
        ),
        value_row("searched, on confirm", confirm, "chose nothing: believe this"),
        panel_row(row["panel"]),
        gain_row("gain over random prompts", row["gain"]),
        *_more(row),
    ]
    caption = (
        f"{metric_name(row, unit)} of {row['winner']['id']} on {splits['confirm']} confirm images; "
        "gains are positive when better."
    )
    others = [(name, gain) for name, gain in _others(row)]
    blocks: list[Block] = [
        Tiles(gain_tiles(row, confirm, unit, "searched")),
        Table(HEADS, rows, caption),
        Chart(
            forest(gain_lines(row, others), f"gain in {row['metric']} on confirm", zero=True),
            f"Gain of the searched prompt, {row['gain']['value']:+.4g}, with its interval",
            "Gains with 95 % intervals over images and prompts. An interval across 0 is no "
            "evidence of improvement.",
        ),
    ]
    if row.get("interchangeable"):
        blocks.insert(
            0, Text("Prompts are interchangeable here: the search stopped after the panel.", "note")
        )
    if panel:
        blocks.append(_panel_chart(about, confirm, panel))
    return [*blocks, *_all_metrics(row), *_finalists(row), forwards_table(row), *_certain(row)]


def _finalists(row: Mapping[str, Any]) -> list[Block]:
    """The last race's finalists by all metrics on select, for every part a table."""
    rows: Sequence[Mapping[str, Any]] = row.get("finalists", [])
    last = {one.get("part", ""): one.get("round") for one in rows}
    blocks: list[Block] = []
    for part, turn in last.items():
        own = [r for r in rows if (r.get("part", ""), r.get("round")) == (part, turn)]
        names = list(own[0]["metrics"])
        if len(own) < 2 or len(names) < 2:
            continue
        told = [
            (
                r["id"],
                *(Number(_known(r["metrics"][n])) for n in names),
                "yes" if r["pareto"] else "",
            )
            for r in own
        ]
        caption = (
            "finalists on select, which chose one of them. Not beaten: no other finalist is at "
            "least as good by all metrics and better by one; such differences have no intervals "
            "and are often chance."
        )
        blocks.append(Table(("finalist", *names, "not beaten"), told, _of_part(part, caption)))
    return blocks


def _all_metrics(row: Mapping[str, Any]) -> list[Block]:
    """The other metrics of the task on confirm, where it has any."""
    metrics: Mapping[str, Mapping[str, Mapping[str, Any]]] = row.get("metrics", {})
    if len(metrics) < 2:
        return []
    rows = [(name, *_number(of["searched"]), *_number(of["panel"])) for name, of in metrics.items()]
    heads = ("metric", "searched", "95 % interval", "random, mean", "95 % interval")
    caption = f"All metrics on confirm; {row['metric']} is the one that was searched by."
    return [Table(heads, rows, caption)]


def _number(value: Mapping[str, Any]) -> tuple[Cell, Cell]:
    return Number(_known(value["value"])), Limits(value["ci_low"], value["ci_high"])


def _others(row: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Gains beside the one over random prompts, by name."""
    found = [("over the released prompt", row["over_released"])] if "over_released" in row else []
    return found + [(f"{a['name']}, over searched", a["gain"]) for a in row.get("alternatives", [])]


def _more(row: Mapping[str, Any]) -> list[tuple[Cell, ...]]:
    optimism = row["gain"].get("optimism")
    rows = [gain_row(f"gain {name}", gain) for name, gain in _others(row)]
    if optimism is not None:
        what = "how much select promised too much"
        rows.append(("optimism", Number(optimism, signed=True), "", what))
    return rows


def _certain(row: Mapping[str, Any]) -> list[Block]:
    """What the search says in words: certificates, early stops, dropped pairs, sensitivity."""
    said = [str(c["sentence"]) for c in row.get("certificates", []) if "sentence" in c]
    said += [str(v) for v in row.get("sensitivity", {}).get("verdicts", [])]
    said += [str(a["note"]) for a in row.get("alternatives", [])]
    if skipped := row.get("skipped"):
        said.append(f"not measured, because the search was ended: {', '.join(skipped)}")
    if stopped := row.get("stopped"):
        said.append(f"stopped early: {stopped}")
    if dropped := row.get("dropped"):
        said.append(
            "left out of the pool: " + ", ".join(f"{n} ({why})" for why, n in dropped.items())
        )
    return [Text(f"{text[0].upper()}{text[1:]}.".replace("..", ".")) for text in said if text]


def _panel_chart(about: Illustrated, confirm: Mapping[str, Any], panel: Sequence[Shown]) -> Chart:
    """The searched prompt among the random ones, each with its own value on confirm."""
    values = sorted((_value(about, one), one.name[len("random (") : -1]) for one in panel)
    if about.row["direction"] == "max":
        values.reverse()
    lines = [Line(name, value) for value, name in values]
    own = Line("searched", confirm["value"], confirm.get("ci_low"), confirm.get("ci_high"), True)
    return Chart(
        forest([own, *lines], metric_name(about.row, about.unit)),
        f"The searched prompt above {len(panel)} random prompts, on confirm",
        "The searched prompt (interval over images) and every random prompt, best first.",
    )


def _course(
    about: Illustrated, decisions: Sequence[Mapping[str, Any]], cells: Sequence[Scored]
) -> list[Block]:
    found = courses(decisions, cells)
    if not found:
        return [Text("No race was run, or its log is not there: nothing to draw.", "note")]
    return [block for course in found for block in _one_course(course)]


def _one_course(course: Course) -> list[Block]:
    caption = (
        "Left: how much more than the random prompts whoever led scored, on the images judged by "
        "then. "
        "Right: how much more the final winner scores than that leader, on common select images. "
        "The panel's forwards come before."
    )
    rows = [
        (Number(m.forwards), m.leader, Number(m.images), Number(m.estimate), Number(m.regret))
        for m in course.moments
    ]
    heads = ("forwards", "leader", "images", "over random so far", "regret")
    last = course.moments[-1]
    alt = (
        f"Lead over random prompts and regret over {last.forwards} forwards; {last.leader} led last"
    )
    name = f"{course.name}: " if course.name else ""
    table = Table(heads, rows, f"{name}who led when." if name else "Who led when.")
    if len(rows) < 2:  # a single point draws no course
        return [table]
    return [Chart(anytime_chart(course), alt, f"{name}{caption}"), table]


def _components(about: Illustrated) -> list[Block]:
    blocks = [block for one in about.row.get("outlook", []) for block in _outlook(one)]
    return blocks or [Text("The search noted no variance components.", "note")]


def _outlook(outlook: Mapping[str, Any]) -> list[Block]:
    """Variance components of one part, and what they made expect."""
    named = {"prompts": "prompt_sd", "images": "image_sd", "both together": "interaction_sd"}
    values: dict[str, tuple[float, float | None, float | None]] = {
        name: (_known(outlook[key]), outlook.get(f"{key}_low"), outlook.get(f"{key}_high"))
        for name, key in named.items()
    }
    rows = [(name, Number(value), Limits(a, b)) for name, (value, a, b) in values.items()]
    said = "standard deviations of scores on select, from the random prompts (two-way analysis of "
    caption = _of_part(outlook.get("part", ""), said)
    alt = ", ".join(f"{name} {value:.3g}" for name, (value, _, _) in values.items())
    return [
        Chart(
            bars(values, "standard deviation of scores"),
            f"Standard deviations of scores: {alt}",
            f"{caption}variance).{_expected(outlook)}",
        ),
        Table(("source", "standard deviation", "95 % interval"), rows),
    ]


def _of_part(part: str, said: str) -> str:
    """A caption that begins with the part's name, or with a capital where there are no parts."""
    return f"{part}: {said}" if part else f"{said[0].upper()}{said[1:]}"


def _known(value: float | None) -> float:
    return float("nan") if value is None else value


def _expected(outlook: Mapping[str, Any]) -> str:
    gain = outlook.get("expected_gain_value")
    if gain is None:
        return ""
    limits = Limits(outlook["expected_gain_ci_low"], outlook["expected_gain_ci_high"])
    return (
        f" The best of {outlook['candidates']} was expected to gain {gain:.3g} (95 %: {limits}) if "
        "prompts' effects are normal."
    )
