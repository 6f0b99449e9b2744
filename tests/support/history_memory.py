"""What a card must remember of its movements: so what is a repeat, a conflict, or too old to tell.

Kept are 14 days by the time of receipt and at most 4,096 facts. They are forgotten in groups, as
the README's limits have it: one of at most 256 facts, which a card has begun within two days.
"""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

DAYS, GROUP_DAYS = 14, 2
FACTS_MAX, GROUP_MAX = 4_096, 256

Said = dict[str, Any]
Contents = dict[bytes, bytes]  # by the id's hash
Packed = tuple[int, datetime, bytes]  # day of the first, newest occurrence, twelve bytes a fact


@dataclass(slots=True)
class Group:
    """Facts that are forgotten together."""

    day: int  # its first fact's day of receipt
    newest: datetime  # the latest occurrence
    contents: Contents = field(default_factory=Contents)


@dataclass(slots=True)
class Memory:
    """One card's facts, in order of arrival."""

    groups: list[Group] = field(default_factory=list[Group])
    forgotten_until: datetime | None = None

    def refused(self, said: Said, let_in: Contents | None = None) -> str | None:
        """Return the fate of what is not applied: repeated, conflict or too_old.

        What has waited for an opening can repeat what that has let in before, nothing older.
        """
        known, own = self._content_of(said["movement_id"], let_in), _content(said)
        if known == own:
            return "repeated"
        if known is None and (let_in is not None or not self._is_too_old(said)):
            return None
        accepted = f"accepted:{said['movement_id']}:{said['content_hash']}"
        if self._content_of(accepted, let_in) is not None:
            return "repeated"  # a person has accepted just this before
        return "too_old" if known is None else "conflict"

    def remember(self, said: Said, let_in: Contents | None = None) -> None:
        """Keep a fact; forget what is beyond the bounds."""
        if let_in is not None:
            let_in[_hash(said["movement_id"])] = _content(said)
        occurred_at = datetime.fromisoformat(said["occurred_at"])
        day = datetime.fromisoformat(said["received_at"]).toordinal()
        last = self.groups[-1] if self.groups else None
        if last is None or len(last.contents) == GROUP_MAX or day >= last.day + GROUP_DAYS:
            last = Group(day, occurred_at)
            self.groups.append(last)
            self._forget(day)
        last.contents[_hash(said["movement_id"])] = _content(said)
        last.newest = max(last.newest, occurred_at)

    def packed(self) -> list[Packed]:
        """Return the groups as a card has them."""
        return [
            (
                group.day,
                group.newest,
                b"".join(own + content for own, content in group.contents.items()),
            )
            for group in self.groups
        ]

    def _forget(self, today: int) -> None:
        while (
            self.groups[0].day < today - DAYS - GROUP_DAYS
            or sum(len(group.contents) for group in self.groups) > FACTS_MAX - GROUP_MAX
        ):
            newest = self.groups.pop(0).newest
            self.forgotten_until = max(self.forgotten_until or newest, newest)

    def _is_too_old(self, said: Said) -> bool:
        if self.forgotten_until is None or said.get("accepts") or said["kind"] == "opening":
            return False
        return datetime.fromisoformat(said["occurred_at"]) <= self.forgotten_until

    def _content_of(self, movement_id: str, let_in: Contents | None) -> bytes | None:
        own = _hash(movement_id)
        all_contents = (*(group.contents for group in self.groups), let_in or {})
        return next((contents[own] for contents in all_contents if own in contents), None)


def _hash(movement_id: str) -> bytes:
    return blake2b(movement_id.encode(), digest_size=8).digest()


def _content(said: Said) -> bytes:
    return bytes.fromhex(said["content_hash"][:8])
