"""Every setting is documented where it stands, and what is printed is a `stock.toml` that reads."""

import os
from pathlib import Path

import pytest

from streams.knobs import Knob, knobs, reasons, render_toml
from streams.section import Section
from streams.settings import Settings
from streams.settings_sources import CONFIG_VARIABLE

SECRET = "canary-3Ys6Hd9Kx2Lm4Rt8Zq1Wc5Vb7Np"  # noqa: S105 (of the tests)


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("STOCK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def by_name(settings: Settings) -> dict[str, Knob]:
    return {f"{knob.table}.{knob.name}".lstrip("."): knob for knob in knobs(settings)}


def test_every_setting_has_its_reason_beside_it() -> None:
    """A knob without one is a knob nobody can turn."""
    silent = [f"{knob.table}.{knob.name}" for knob in knobs(Settings()) if not knob.reason]

    assert silent == []


def test_knob_says_unit_bounds_and_variable() -> None:
    """From the name, the type and the place of a setting."""
    found = by_name(Settings())
    body, feed = found["door.body_bytes_max"], found["clarus.feed"]

    assert (body.unit, body.variable) == ("bytes", "STOCK_DOOR__BODY_BYTES_MAX")
    assert body.bounds.startswith("at least 1024 and at most ")
    assert feed.bounds == "one of stock, headers"
    assert found["engine.session_timeout_ms"].unit == "milliseconds"
    assert found["door.request_s_max"].unit == "seconds"
    assert found["kafka.servers"].variable == "STOCK_KAFKA"
    assert found["kafka.replication"].variable == "STOCK_KAFKA_CLIENT__REPLICATION"


def test_every_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed as a variable's name is one."""
    for knob in knobs(Settings()):
        if knob.is_secret or knob.value is None or isinstance(knob.value, list | dict):
            continue
        monkeypatch.setenv(knob.variable, str(knob.value))

    assert Settings() == Settings.model_validate({})


def test_what_is_printed_reads_back_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the secrets, which belong into files of their own."""
    monkeypatch.setenv("STOCK_DOOR_SECRET", SECRET)
    settings = Settings(
        kafka="one:9092,two:9092",
        partitions=4,
        door={"allow": ["192.0.2.0/24"]},  # type: ignore[arg-type]
        clarus={"sites": {'L "1"': "LEEDS"}, "accounts": ["A=B", "é"]},  # type: ignore[arg-type]
        reason=[{"text": "BRK", "category": "damage"}],  # type: ignore[arg-type]
    )
    text = render_toml(knobs(settings))
    monkeypatch.delenv("STOCK_DOOR_SECRET")
    Path("printed.toml").write_text(text)
    monkeypatch.setenv(CONFIG_VARIABLE, "printed.toml")

    assert Settings() == settings.model_copy(update={"door_secret": None})
    assert SECRET not in text
    assert "# set, not shown; STOCK_DOOR_SECRET\n# door_secret = ...\n" in text
    assert "# not set; STOCK_WEB_TOKEN\n# web_token = ...\n" in text


class Example(Section):
    """A table with every way to write a reason."""

    above: int = 1  # beside
    # First line,
    # second line.
    under: int = 2
    shares: int = 3

    parted: int = 4
    long: tuple[int, ...] = ()  # at its end


def test_reasons_are_the_comments_of_the_source() -> None:
    """Above, beside, or shared with the field before; never across a gap."""
    assert reasons(Example) == {
        "above": "beside",
        "under": "First line, second line.",
        "shares": "First line, second line.",
        "parted": "",
        "long": "at its end",
    }
