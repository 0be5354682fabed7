"""``painterkit tasks``: what can be asked for."""

from __future__ import annotations

import click

from painter_kit.cli.options import options
from painter_kit.cli.output import emit, say, table


@click.command()
@options("json")
def command(as_json: bool) -> None:
    """List the tasks and the data that comes with them."""
    from painter_kit.data.base import dataset_names, open_dataset
    from painter_kit.tasks.base import task_names

    names = [name for name in dataset_names() if name != "folder"]
    having = {name: open_dataset(name).tasks for name in names}
    rows = [
        {"task": task, "data": [name for name, tasks in having.items() if task in tasks]}
        for task in task_names()
    ]
    if as_json:
        emit({"tasks": rows})
        return
    say(table([{"task": r["task"], "data": ", ".join(r["data"])} for r in rows]))
    say("\nOwn pairs of pictures: --data folder:DIR with DIR/images and DIR/targets.")
