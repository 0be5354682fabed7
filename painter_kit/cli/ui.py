"""``painterkit ui``: MLflow's page on the right store, started lean, with a link that helps."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

import click

from painter_kit.cli.options import options
from painter_kit.cli.output import emit, say
from painter_kit.errors import InputError, PainterKitError

log = logging.getLogger(__name__)

PORT, PORTS = 5000, 20
START_SECONDS = 120
STOP_SECONDS = 10
# One process instead of ten: no job runners, and nothing is sent home.
LEAN = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), help=f"Port [the first free one from {PORT} on]."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@options("json")
def command(port: int | None, host: str, as_json: bool) -> None:
    """Open MLflow on this folder's runs (or MLFLOW_TRACKING_URI) until interrupted.

    Prints links to the comparison of the prompts that were evaluated last, as soon as they can be
    opened.
    """
    from painter_kit.tracking import database_of, store_uri

    uri = store_uri()
    if uri.startswith(("http://", "https://")):
        _tell("the runs are on a server already\n", uri, links(uri, uri), as_json)
        return
    path = database_of(uri)
    if path is not None and not path.is_file():
        raise InputError(f"no runs here: {path} does not exist; run painterkit demo first")
    if not is_loopback(host):
        log.warning(
            "--host %s: whoever reaches this machine can read, change and delete all runs; MLflow "
            "asks nobody for a password",
            host,
        )
    port = free_port(host, port)
    with _server(uri, host, port) as (server, output):
        address = f"http://{host}:{port}"
        told = links(uri, address)  # while the server starts
        _wait(server, output, address)
        _tell("", address, told, as_json)
        say("stop with Ctrl-C", as_json)
        try:
            server.wait()
        except KeyboardInterrupt:
            return
        raise PainterKitError(f"MLflow ended: {_last_line(output)}")


def _tell(before: str, address: str, places: Mapping[str, str], as_json: bool) -> None:
    words = "\n".join(f"{what}\n  {link}" for what, link in places.items())
    say(f"{before}{words}", as_json)
    if as_json:
        emit({"address": address, "links": places})


def is_loopback(host: str) -> bool:
    """Whether only this machine itself can reach what listens on ``host``."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def links(uri: str, address: str) -> dict[str, str]:
    """Where to look at the runs of the store ``uri``, which is shown at ``address``: what is shown
    -> link.

    Keeps the view on the latest prompts in the store. Raises ``PainterKitError`` when it cannot
    be used.
    """
    from painter_kit.tracking.links import compare_link, latest_prompts, runs_link
    from painter_kit.tracking.store import experiment_name, open_client, reachable
    from painter_kit.tracking.views import keep_view

    with reachable(uri):
        client = open_client(uri)
        experiment = client.get_experiment_by_name(experiment_name())
        if experiment is None:
            return {f"no runs of experiment {experiment_name()} yet; MLflow is at": address}
        own = experiment.experiment_id
        latest = latest_prompts(client, own)
        if latest is None:
            return {"all runs": runs_link(address, own)}
        view = keep_view(client, own, latest)
    what = f"{len(latest.run_ids)} prompts of {latest.group}" if latest.group else "the last prompt"
    return {
        f"{what}: charts, and pictures side by side": runs_link(address, own, "charts", view),
        "their numbers as a table": runs_link(address, own, "table", view),
        "image by image": runs_link(address, own, "images", view),
        "parameters and metrics compared": compare_link(address, own, latest.run_ids),
        "all runs": runs_link(address, own),
    }


def free_port(host: str, wanted: int | None) -> int:
    """``wanted``, else the first free port from ``PORT`` on; ``InputError`` if there is none."""
    for port in [wanted] if wanted else range(PORT, PORT + PORTS):
        if _free(host, port):
            return port
    raise InputError(f"no free port on {host}; give a free one by --port")


def _free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


@contextmanager
def _server(uri: str, host: str, port: int) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """MLflow's server in a process group of its own, which ends with the block."""
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri]
    command += ["--host", host, "--port", str(port), "--workers", "1"]
    with tempfile.TemporaryFile() as output:
        server = subprocess.Popen(
            command,
            env={**os.environ, **LEAN},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        # SIGINT too: a program that a script starts in the background inherits it ignored.
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = [signal.signal(number, signal.default_int_handler) for number in numbers]
        try:
            yield server, output
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)
            _stop(server)


def _stop(server: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, number)
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            return


def _wait(server: subprocess.Popen[bytes], output: IO[bytes], address: str) -> None:
    """Return when the server answers. Raises ``PainterKitError`` when it ends or never does."""
    for _ in range(START_SECONDS * 4):
        if server.poll() is not None:
            raise PainterKitError(f"MLflow did not start: {_last_line(output)}")
        try:
            with urlopen(f"{address}/health", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.25)
    raise PainterKitError(f"MLflow did not answer at {address} within {START_SECONDS} s")


def _last_line(output: IO[bytes]) -> str:
    output.seek(0)
    lines = output.read().decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "no output"
