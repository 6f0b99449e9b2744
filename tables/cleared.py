"""Exceptions that are cleared: known for a year, then their records are deleted."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ledger.errors import UnreadableState
from ledger.exceptions import Notice

CLEARED = b"\x00cleared:"
KEPT = timedelta(days=365)  # after its clearing; then a tombstone lets Kafka forget it

Changes = list[tuple[bytes, bytes | None]]  # key, when it was cleared or a tombstone


class Cleared:
    """Invariant: what is in here is cleared in the exceptions topic, and not deleted there."""

    def __init__(self) -> None:
        self._at: dict[str, datetime] = {}  # by exception id, in the order of clearing
        self._changes: dict[bytes, bytes | None] = {}

    def restore(self, changelog: Mapping[bytes, bytes]) -> None:
        """Start from a recovered changelog."""
        try:
            kept = {
                key[len(CLEARED) :].decode(): datetime.fromisoformat(value.decode())
                for key, value in changelog.items()
                if key.startswith(CLEARED)
            }
        except ValueError as error:
            raise UnreadableState(f"a cleared exception does not read back: {error}") from None
        self._at = dict(sorted(kept.items(), key=lambda cleared: cleared[1]))

    def note(self, notice: Notice) -> None:
        """Take a notice that is said: one that clears counts from now, one that raises does not."""
        if notice.state == "cleared":
            self._at.pop(notice.exception_id, None)
            self._at[notice.exception_id] = notice.at
            self._changes[_key(notice.exception_id)] = _value(notice.at)
        elif self._at.pop(notice.exception_id, None) is not None:
            self._changes[_key(notice.exception_id)] = None

    def forget(self, now: datetime) -> list[str]:
        """Return the exceptions cleared over a year ago, and know of them no more."""
        due: list[str] = []
        for exception_id, at in self._at.items():
            if at + KEPT >= now:
                break
            due.append(exception_id)
        for exception_id in due:
            del self._at[exception_id]
            self._changes[_key(exception_id)] = None
        return due

    def snapshot(self) -> Changes:
        """Return what changed since the last snapshot."""
        changes, self._changes = list(self._changes.items()), {}
        return changes


def render_cleared(cleared: Mapping[str, datetime]) -> dict[bytes, bytes]:
    """Return the records that keep when exceptions were cleared, by their id."""
    return {_key(exception_id): _value(at) for exception_id, at in cleared.items()}


def _key(exception_id: str) -> bytes:
    return CLEARED + exception_id.encode()


def _value(at: datetime) -> bytes:
    return at.isoformat().encode()
