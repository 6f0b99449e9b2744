"""The lines that a demo ends with, typed in a terminal: they lead to where it played."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from streams.demo.where import Where
from streams.demo.world import World, enter, lines_to_enter
from streams.kafka import bootstrap, connection
from streams.settings import Settings
from streams.settings_sources import CONFIG_VARIABLE

KAFKA_PORT = 21_099
YOURS = "one.example:9092,two.example:9092"
PASSWORD = "canary-8Wc3Yd5Ne12Rk7Qx9Vm4Lz6Tb"  # noqa: S105 (of the tests)
PASSWORD_VARIABLE = "STOCK_KAFKA_CLIENT__SASL_PASSWORD"  # noqa: S105 (a name)
LOGIN = {
    "STOCK_KAFKA": YOURS,
    "STOCK_KAFKA_CLIENT__REPLICATION": "3",
    "STOCK_KAFKA_CLIENT__SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    "STOCK_KAFKA_CLIENT__SASL_MECHANISM": "SCRAM-SHA-512",
    "STOCK_KAFKA_CLIENT__SASL_USERNAME": "ledger",
}


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    put(before)


def put(variables: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(variables)


def entered(folder: Path, variables: Mapping[str, str]) -> tuple[Where, Settings]:
    """Enter a demo's world from a terminal with these variables; return also what it plays with."""
    os.environ.update(variables)
    folder.mkdir()
    world, yours = World(folder), Settings()
    lines = lines_to_enter(world, yours)
    settings = enter(world, yours, KAFKA_PORT, '[clarus]\naccounts = ["NPK"]\n')
    return Where(settings, world, lines), settings


def shown(table: Table) -> str:
    told = StringIO()
    Console(file=told, width=200).print(table, highlight=False)
    return told.getvalue()


def typed(table: Table, before: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a terminal once all lines that change them were typed."""
    cells = (line.removeprefix("terminal").strip() for line in shown(table).splitlines())
    lines = [line for line in cells if line.startswith(("unset ", "export "))]
    said = subprocess.run(
        ["sh", "-euc", "\n".join((*lines, "env -0"))],
        env={"PATH": os.environ["PATH"], **before},
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(line.split("=", 1) for line in said.stdout.rstrip("\0").split("\0"))


@pytest.mark.parametrize(
    "yours",
    [
        {},
        {"STOCK_KAFKA_PORT": "29999", "STOCK_PARTITIONS": "3"},
        {"STOCK_KAFKA": YOURS},
        {**LOGIN, PASSWORD_VARIABLE: PASSWORD},
    ],
)
def test_the_lines_lead_to_the_kafka_that_was_played_on(
    yours: dict[str, str], tmp_path: Path
) -> None:
    """During the demo and after it: the same settings, whatever the terminal had set."""
    where, played = entered(tmp_path / "a demo", yours)
    for table in (where.while_it_runs("MUG"), where.afterwards("MUG")):
        put(typed(table, yours))
        found = Settings()

        assert bootstrap(found) == bootstrap(played)
        assert connection(found) == connection(played)
        assert found.model_dump(exclude={"door_secret"}) == played.model_dump(
            exclude={"door_secret"}
        )
    assert bootstrap(played) == yours.get("STOCK_KAFKA", f"127.0.0.1:{KAFKA_PORT}")


def test_a_file_of_a_certificate_is_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path of yours may be one from the folder you played in."""
    (tmp_path / "ca.pem").touch()
    monkeypatch.chdir(tmp_path)
    yours = {"STOCK_KAFKA": YOURS, "STOCK_KAFKA_CLIENT__CA_FILE": "ca.pem"}
    where, _ = entered(tmp_path / "demo", yours)
    monkeypatch.chdir(tmp_path / "demo")
    put(typed(where.afterwards("MUG"), yours))

    assert Settings().kafka_client.ca_file == tmp_path / "ca.pem"


@pytest.mark.parametrize("of_a_file", [True, False])
def test_a_password_is_neither_written_nor_taken_away(*, of_a_file: bool, tmp_path: Path) -> None:
    """It stays where you have it; no file of the demo's holds it, no line shows it."""
    (tmp_path / "password").write_text(PASSWORD)
    secret = {f"{PASSWORD_VARIABLE}_FILE": str(tmp_path / "password")}
    yours = {**LOGIN, **(secret if of_a_file else {PASSWORD_VARIABLE: PASSWORD})}
    where, _ = entered(tmp_path / "demo", yours)
    table = where.afterwards("MUG")
    written = [file.read_text() for file in (tmp_path / "demo").iterdir()]

    assert typed(table, yours).items() >= (yours.items() - LOGIN.items())
    assert [text for text in (*written, shown(table)) if PASSWORD in text] == []


def test_a_password_of_a_file_of_settings_is_asked_for(tmp_path: Path) -> None:
    """It stood in your own `stock.toml`, which the demo's replaces: say where it is."""
    own = tmp_path / "own.toml"
    own.write_text(
        f'[kafka]\nservers = "{YOURS}"\nsecurity_protocol = "SASL_PLAINTEXT"\n'
        f'sasl_username = "ledger"\nsasl_password = "{PASSWORD}"\n'
    )
    where, played = entered(tmp_path / "demo", {CONFIG_VARIABLE: str(own)})

    assert connection(played)["sasl_plain_password"] == PASSWORD
    assert f"export {PASSWORD_VARIABLE}_FILE=...    # a file" in shown(where.afterwards("MUG"))
