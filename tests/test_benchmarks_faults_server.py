"""A real server that is killed and comes back with what it had."""

from pathlib import Path
from urllib.request import urlopen

import pytest

from benchmarks.faults.server import Server, kill_group
from painter_kit.tracking.store import open_client, reachable

pytestmark = pytest.mark.slow


def test_a_server_comes_back(tmp_path: Path):
    server = Server(tmp_path)
    with server.up() as process:
        made = open_client(server.address).create_experiment("kept")
        kill_group(process)
        with pytest.raises(OSError):
            urlopen(f"{server.address}/health", timeout=5)
    with server.up(), reachable(server.address):
        assert open_client(server.address).get_experiment_by_name("kept").experiment_id == made
