"""`stock worker` and `stock up` where no worker can run: one line, and what to do."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from streams.broker.ports import draw_port
from streams.commands.say import EXIT_CONFIG
from streams.engine.end import EXIT_RESTART
from tests.support.doors import SECRET


@pytest.mark.parametrize("command", ["worker", "up"])
def test_no_account_of_ours_is_one_line(command: str, tmp_path: Path) -> None:
    """Said once, before any process is started or Kafka is asked, and never as a traceback."""
    ended = ran(command, tmp_path, STOCK_DOOR_SECRET=SECRET)

    assert ended.returncode == EXIT_CONFIG
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert "STOCK_CLARUS__ACCOUNTS" in ended.stderr


@pytest.mark.parametrize("command", ["worker", "worker --once", "up"])
@pytest.mark.parametrize("token", [{}, {"STOCK_WEB_TOKEN": "short"}])
def test_pages_that_anybody_could_read_are_refused(
    command: str, token: dict[str, str], tmp_path: Path
) -> None:
    """Refused before Kafka is asked; starting again does not set a token."""
    variables = {"STOCK_WEB_BIND": "0.0.0.0:6066", "STOCK_CLARUS__ACCOUNTS": '["NPK"]', **token}
    ended = ran(command, tmp_path, STOCK_DOOR_SECRET=SECRET, **variables)
    told = ended.stderr + ended.stdout

    assert ended.returncode == EXIT_CONFIG, told
    assert "STOCK_WEB_TOKEN" in told
    assert "Traceback" not in told
    assert command == "worker --once" or len(told.splitlines()) == 1


def test_a_certificate_that_does_not_read_ends_the_supervisor_too(tmp_path: Path) -> None:
    """Starting again does not mend a file; the worker's last words are the line."""
    (tmp_path / "ca.pem").write_text("junk")
    variables = {
        "STOCK_CLARUS__ACCOUNTS": '["NPK"]',
        "STOCK_KAFKA_CLIENT__SECURITY_PROTOCOL": "SSL",
        "STOCK_KAFKA_CLIENT__CA_FILE": "ca.pem",
    }
    ended = ran("worker", tmp_path, **variables)

    assert ended.returncode == EXIT_CONFIG, ended.stdout
    assert ended.stderr.startswith(
        "stock: worker-1: ca.pem, which the setting kafka.ca_file names, "
    )
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["demo", "up", "worker --once", "kafka start"])
def test_a_home_that_cannot_be_is_one_line(command: str, tmp_path: Path) -> None:
    """Whoever is called; before Kafka is asked or started."""
    (tmp_path / "file").touch()
    variables = {"STOCK_HOME": "file/home", "STOCK_CLARUS__ACCOUNTS": '["NPK"]'}
    ended = ran(command, tmp_path, STOCK_DOOR_SECRET=SECRET, **variables)
    told = ended.stderr + ended.stdout

    assert ended.returncode == EXIT_CONFIG, told
    assert "file/home" in told
    assert "cannot be made (Not a directory): set STOCK_HOME to a folder of yours" in told
    assert "Traceback" not in told


def test_a_port_that_another_program_has_is_one_line_of_the_log(tmp_path: Path) -> None:
    """It may be taken while a worker is started anew, and free again later: it ends, to begin so.

    Refused as a setting, one worker would end all the others with it.
    """
    port = draw_port()
    with socket.create_server(("127.0.0.1", port)):
        ended = ran(f"worker --once --web-port {port}", tmp_path, STOCK_CLARUS__ACCOUNTS='["NPK"]')
    told = ended.stdout + ended.stderr

    assert ended.returncode == EXIT_RESTART
    assert f'"port": {port}' in told.splitlines()[-1]
    assert "STOCK_WEB_BIND" in told.splitlines()[-1]
    assert "Traceback" not in told


def ran(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in a folder of its own; Kafka is away."""
    inherited = {name: v for name, v in os.environ.items() if not name.startswith("STOCK_")}
    door = f"127.0.0.1:{draw_port()}"  # the usual one may be a demo's that runs here
    given = {"STOCK_KAFKA": "127.0.0.1:1", "STOCK_HOME": str(folder), "STOCK_DOOR_BIND": door}
    return subprocess.run(
        [sys.executable, "-m", "streams", *command.split()],
        env=inherited | given | variables,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
