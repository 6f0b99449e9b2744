"""The door's secret: what is refused, and that it is never shown."""

import secrets
from pathlib import Path

import pytest

from streams.clarus.secret import required_secret
from streams.engine.errors import RefusesToRun
from streams.settings import Settings
from tests.support.doors import door_settings

SECRET = secrets.token_urlsafe(32)


@pytest.mark.parametrize(
    ("weak", "why"),
    [
        (None, "the door needs STOCK_DOOR_SECRET"),
        ("short-but-quite-random-9Kx2Lm4Rt", None),
        ("short-but-quite-random-9Kx2Lm4R", "shorter than 32 bytes"),
        ("a" * 64, "can be guessed"),
        ("abcdefgh" * 8, "can be guessed"),
        ("changeme-changeme-" * 3, "can be guessed"),
        ("0101010101010101010101010101010101", "can be guessed"),
    ],
)
def test_weak_secret_is_refused_with_the_fix(
    tmp_path: Path, weak: str | None, why: str | None
) -> None:
    """One line, which says what to set and how to make one, and not what was set."""
    settings = door_settings(tmp_path, door_secret=weak)
    if why is None:
        required_secret(settings)
        return

    with pytest.raises(RefusesToRun, match=why) as refusal:
        required_secret(settings)

    assert "secrets.token_urlsafe" in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert weak is None or weak not in str(refusal.value)


def test_only_the_secret_itself_is_it(tmp_path: Path) -> None:
    """Longer, shorter or empty is not."""
    secret = required_secret(door_settings(tmp_path, door_secret=SECRET))
    text = SECRET.encode()

    assert secret.is_told_by(text)
    assert not any(secret.is_told_by(t) for t in (b"", text[:-1], text + b"x", text.swapcase()))


def test_secret_shows_itself_nowhere(tmp_path: Path) -> None:
    """Not in a representation, for whatever prints one."""
    settings = door_settings(tmp_path, door_secret=SECRET)

    assert SECRET not in repr((required_secret(settings), settings))


def test_secret_comes_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As compose hands secrets over; the line's end is not part of it."""
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    monkeypatch.setenv("STOCK_DOOR_SECRET_FILE", str(file))

    assert required_secret(Settings(home=tmp_path)).is_told_by(SECRET.encode())
