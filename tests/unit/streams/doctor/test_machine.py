"""What the doctor says of settings and machine alone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from streams.doctor import machine
from streams.doctor.diagnosis import Diagnosis, State
from streams.doctor.machine import examine_machine
from streams.settings import Settings

NOW = datetime(2026, 7, 3, 6, tzinfo=UTC)
GOOD: Mapping[str, Any] = {
    "kafka": "kafka:9092",
    "door_secret": "canary-8Zq1Wc5Vb7Np3Ys6Hd9Kx2Lm4Rt",
    "clarus": {"accounts": ["NPK"], "tenant": "northpeak"},
}


async def findings(home: Path, now: datetime = NOW, **given: Any) -> dict[str, Diagnosis]:
    settings = Settings.model_validate({**GOOD, "home": home, **given})
    return {found.about: found async for found in examine_machine(settings, now)}


async def test_good_settings_are_well(tmp_path: Path) -> None:
    """Nothing to do, and nothing secret said."""
    found = await findings(tmp_path)

    assert {f.state for f in found.values() if f.about != "disk"} == {State.OK}
    assert found["accounts"].says == "NPK of northpeak"
    assert "canary" not in repr(found)


@pytest.mark.parametrize(
    ("given", "about", "state", "fix"),
    [
        ({"door_secret": None}, "door secret", State.WARN, "STOCK_DOOR_SECRET"),
        ({"door_secret": "x" * 40}, "door secret", State.FAIL, "secrets.token_urlsafe"),
        ({"web_bind": "0.0.0.0:6066"}, "web token", State.FAIL, "set STOCK_WEB_TOKEN"),
        ({"clarus": {}}, "accounts", State.FAIL, "[clarus] accounts"),
        ({"reason": [{"text": "BRK", "category": "no"}]}, "chart", State.FAIL, "[[reason]]"),
    ],
)
async def test_what_is_wrong_comes_with_its_fix(
    given: Mapping[str, Any], about: str, state: State, fix: str, tmp_path: Path
) -> None:
    """One line each; the others go on."""
    found = await findings(tmp_path, **given)

    assert found[about].state is state
    assert fix in found[about].fix
    assert "\n" not in found[about].says + found[about].fix


@pytest.mark.parametrize(
    ("free_bytes", "state"),
    [(100 * 1024**2, State.FAIL), (1024**3, State.WARN), (10 * 1024**3, State.OK)],
)
async def test_full_disk_is_seen_before_it_is_full(
    free_bytes: int, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the disk that STOCK_HOME will be on, made or not."""

    class Usage:
        free = free_bytes

    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: Usage)

    assert (await findings(tmp_path / "not" / "made"))["disk"].state is state


async def test_clock_of_the_past_is_seen(tmp_path: Path) -> None:
    """A machine without a battery begins in 1970."""
    found = await findings(tmp_path, datetime(1970, 1, 1, tzinfo=UTC))

    assert found["clock"].state is State.FAIL


async def test_java_is_looked_for_where_a_local_kafka_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Kafka of one's own needs none here."""
    monkeypatch.setattr(machine, "find_java", _no_java)

    assert "Java" not in await findings(tmp_path)
    assert (await findings(tmp_path, kafka=None))["Java"].state is State.FAIL


def _no_java() -> None:
    raise machine.BrokerError("the local Kafka needs Java: install it")
