"""Settings are strict: what nobody reads or cannot be read is refused in one clear line."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from streams.commands.say import EXIT_CONFIG, settings_or_exit
from streams.settings import Settings, masked

SECRET = "canary-9Kx2Lm4Rt8Zq1Wc5Vb7Np3Ys6Hd"  # noqa: S105 (of the tests)


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("STOCK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what is said on the way out, without what every line begins with."""
    with pytest.raises(SystemExit) as end:
        settings_or_exit()
    said = capsys.readouterr().err

    assert end.value.code == EXIT_CONFIG
    assert all(line.startswith("stock: ") for line in said.splitlines())
    return said.replace("stock: ", "").rstrip()


def test_nothing_set_is_a_working_machine() -> None:
    """Every setting has a default but the secrets."""
    settings = Settings()

    assert settings.door_bind == "127.0.0.1:8480"
    assert settings.door_secret is None
    assert settings.web_token is None


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        (
            {"STOCK_DOR_BIND": "x"},
            "there is no setting STOCK_DOR_BIND: see `stock doctor --settings`",
        ),
        ({"STOCK_DOOR__BODY_MAX": "1"}, "there is no setting door.body_max: see `stock doctor"),
        ({"STOCK_KAFKA__REPLICATION": "3"}, "there is no setting STOCK_KAFKA__REPLICATION: see"),
        ({"STOCK_KAFKA_CLIENT__USER": "x"}, "there is no setting kafka.user: see `stock doctor"),
        ({"STOCK_DOOR_BIND": "8480"}, "the setting door_bind: '8480' is no address: host:port, as"),
        ({"STOCK_WEB_BIND": "::1:8480"}, "the setting web_bind: '::1:8480' is no address"),
        ({"STOCK_WEB_BIND": "localhost:70000"}, "the setting web_bind: 'localhost:70000' is no"),
        ({"STOCK_PARTITIONS": "many"}, "the setting partitions: Input should be a valid integer"),
        ({"STOCK_PARTITIONS": "0"}, "the setting partitions: Input should be greater than"),
        ({"STOCK_BOOKS__TIME_ZONE": "Mars"}, "the setting books.time_zone: there is no time zone"),
        ({"STOCK_DOOR__ALLOW": '["10.0.0.0/99"]'}, "the setting door.allow: '10.0.0.0/99' does"),
        ({"STOCK_DOOR__ALLOW": "10.0.0.1"}, "not every one of STOCK_DOOR__ALLOW reads: lists"),
        ({"STOCK_CONFIG": "gone.toml"}, "STOCK_CONFIG=gone.toml: there is no such file"),
        ({"STOCK_DOOR_SECRET_FILE": "gone"}, "STOCK_DOOR_SECRET_FILE=gone: No such file"),
        (
            {"STOCK_DOOR_SECRET": SECRET, "STOCK_DOOR_SECRET_FILE": "x"},
            "both STOCK_DOOR_SECRET and STOCK_DOOR_SECRET_FILE are set: keep one",
        ),
    ],
)
def test_wrong_variable_is_refused(
    variables: Mapping[str, str],
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line: which, why, and where to look."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    said = refused(capsys)

    assert said.removeprefix("the settings do not read: ").startswith(why)
    assert "\n" not in said
    assert SECRET not in said


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("STALL_S", "20", "engine.stall_s: Input should be greater than 20"),
        ("STALL_S", "21", "engine: a lane waits up to 1 s for its cut, and Kafka may take 20 s to"),
        ("CUT_INTERVAL_MS", "600000", "engine: a lane waits up to 600 s for its cut, and Kafka"),
        ("BACKLOG_INTERVAL_MS", "10000", "engine: a lane waits up to 10 s for its cut, and Kafka"),
    ],
)
def test_a_pace_that_the_watch_would_take_for_a_stall_is_refused(
    name: str,
    value: str,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It would begin again for ever."""
    monkeypatch.setenv(f"STOCK_ENGINE__{name}", value)
    said = refused(capsys)

    assert said.startswith(f"the setting {why}")
    assert "\n" not in said


@pytest.mark.parametrize("zone", ["America/New_York", "Atlantic/Azores", "Etc/GMT+1"])
def test_books_behind_utc_are_refused_with_header_events_alone(
    zone: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bare date is 00:00 UTC, the day before there; the Azores are behind in winter only."""
    monkeypatch.setenv("STOCK_BOOKS__TIME_ZONE", zone)
    behind = Settings().books.time_zone
    monkeypatch.setenv("STOCK_CLARUS__FEED", "headers")
    said = refused(capsys)

    assert behind == zone
    assert said.startswith(f"the setting books: time_zone {zone} is behind UTC, and with clarus.")
    assert "Set a zone that is never behind UTC, as Europe/London, or have stock.* events" in said
    assert "\n" not in said


@pytest.mark.parametrize("zone", ["Europe/London", "Europe/Dublin", "UTC", "Pacific/Auckland"])
def test_books_never_behind_utc_go_with_header_events(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bare date is of its own day in every one of them."""
    monkeypatch.setenv("STOCK_BOOKS__TIME_ZONE", zone)
    monkeypatch.setenv("STOCK_CLARUS__FEED", "headers")

    assert Settings().books.time_zone == zone


@pytest.mark.parametrize(
    ("servers", "shown"),
    [
        ("kafka:909x", "kafka:909x"),
        ("kafka", "kafka"),
        (":9092", ":9092"),
        ("kafka:0", "kafka:0"),
        ("kafka:65536", "kafka:65536"),
        ("a..b:9092", "a..b:9092"),
        ("a:1,,b:2", ""),
        ("SSL://a:1", "SSL://a:1"),
        (f"u:{SECRET}@a:1", "...@a:1"),
    ],
)
def test_what_no_client_can_call_is_no_server(
    servers: str, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would be a traceback of aiokafka's; a login in it is not shown."""
    monkeypatch.setenv("STOCK_KAFKA", servers)

    assert refused(capsys).startswith(f"the setting kafka: {shown!r} is no server: host:port, as")


def test_servers_are_taken_with_blanks_between_them() -> None:
    """As people write lists; every client gets them without."""
    assert Settings(kafka="one:9092, [::1]:9093 ").kafka == "one:9092,[::1]:9093"


@pytest.mark.parametrize(
    ("protocol", "login"),
    [
        ("SASL_PLAINTEXT", {}),
        ("SASL_PLAINTEXT", {"SASL_USERNAME": "stock"}),
        ("SASL_SSL", {"SASL_USERNAME": "", "SASL_PASSWORD": SECRET}),
        ("SASL_SSL", {"SASL_MECHANISM": "SCRAM-SHA-256", "SASL_PASSWORD": SECRET}),
    ],
)
def test_a_login_is_a_user_and_a_password(
    protocol: str,
    login: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever the mechanism; without either no client can be made."""
    for name, value in ({**login, "SECURITY_PROTOCOL": protocol}).items():
        monkeypatch.setenv(f"STOCK_KAFKA_CLIENT__{name}", value)
    said = refused(capsys)

    assert said.startswith(f"the setting kafka: {protocol} is a login: set sasl_username and")
    assert "\n" not in said
    assert SECRET not in said


@pytest.mark.parametrize("name", ["ca_file", "certificate_file", "key_file"])
@pytest.mark.parametrize("file", ["gone.pem", "folder"])
def test_a_file_that_is_named_is_there(
    name: str, file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else every client of Kafka would fail, each in its own words."""
    Path("folder").mkdir()
    monkeypatch.setenv(f"STOCK_KAFKA_CLIENT__{name.upper()}", file)

    assert refused(capsys) == f"the setting kafka.{name}: {file}: there is no such file"


@pytest.mark.parametrize("name", ["home", "cache", "kafka_client__ca_file"])
def test_a_user_nobody_knows_has_no_folder(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`~name` is the folder of a user of this machine."""
    monkeypatch.setenv(f"STOCK_{name.upper()}", "~no-such-user/x")

    assert refused(capsys).endswith(": ~no-such-user/x: there is no such user")


@pytest.mark.parametrize(
    ("toml", "why"),
    [
        ("door_bind = ", "stock.toml is no TOML: "),
        ("\xff\xfe", "stock.toml is no TOML: "),
        ("colour = 'red'", "there is no setting colour: see `stock doctor --settings`"),
        ("[door]\nbody_max = 1", "there is no setting door.body_max: see"),
        ("[kafka]\nuser = 'x'", "there is no setting kafka.user: see"),
        ("[doors]\nbody_bytes_max = 1", "there is no setting doors: see"),
        ("[door]\nbody_bytes_max = 1", "the setting door.body_bytes_max: Input should be greater"),
        ("[[reason]]\ntext = 'X'", "the setting reason.0.category: Field required"),
    ],
)
def test_wrong_file_is_refused(toml: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same for `stock.toml`."""
    Path("stock.toml").write_text(toml, encoding="latin-1")
    said = refused(capsys).removeprefix("the settings do not read: ")

    assert said.startswith(why)
    assert "\n" not in said


def test_every_wrong_setting_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A file is mended in one go."""
    Path("stock.toml").write_text("partitions = 0\nweb_bind = 'x'\ncolour = 1\n")

    assert len(refused(capsys).splitlines()) == 3


def test_environment_wins_over_the_file_named_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments, then the environment, then the file; `~` is the user's folder."""
    Path("mine.toml").write_text(
        "partitions = 4\nhome = '~/stock'\n[kafka]\nreplication = 2\n[door]\nconnections_max = 9\n"
    )
    monkeypatch.setenv("STOCK_CONFIG", "mine.toml")
    monkeypatch.setenv("STOCK_DOOR__CONNECTIONS_MAX", "8")
    settings = Settings()

    assert (settings.partitions, settings.kafka_client.replication) == (4, 2)
    assert settings.door.connections_max == 8
    assert settings.home == Path.home() / "stock"


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    """In what is printed at start and in every representation."""
    for name in ("DOOR_SECRET", "WEB_TOKEN", "KAFKA_CLIENT__SASL_PASSWORD"):
        monkeypatch.setenv(f"STOCK_{name}", SECRET)
    settings = Settings()

    assert settings.kafka_client.sasl_password is not None
    assert settings.kafka_client.sasl_password.get_secret_value() == SECRET
    assert SECRET not in repr((settings, masked(settings)))


@pytest.mark.parametrize(
    ("variable", "others"),
    [
        ("STOCK_DOOR_SECRET", {}),
        ("STOCK_WEB_TOKEN", {}),
        (
            "STOCK_KAFKA_CLIENT__SASL_PASSWORD",
            {
                "STOCK_KAFKA_CLIENT__SECURITY_PROTOCOL": "SASL_SSL",
                "STOCK_KAFKA_CLIENT__SASL_USERNAME": "ledger",
            },
        ),
    ],
)
def test_every_secret_may_come_from_a_file(
    variable: str, others: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its content without the line's end is the secret, in a table too."""
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    for name, value in {f"{variable}_FILE": "secret", **others}.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    found = (settings.door_secret, settings.web_token, settings.kafka_client.sasl_password)

    assert [secret.get_secret_value() for secret in found if secret] == [SECRET]
