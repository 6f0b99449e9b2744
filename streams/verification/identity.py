"""Which ids a card must remember, and so what is a repeat, a conflict, or too old to tell."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from streams.verification.facts import ACCEPTED, OPENING, Fact

DAYS = 14
KEPT_MAX = 4_096
GROUP_MAX = 256
GROUP_DAYS = 2

Contents = dict[bytes, bytes]  # by an id's hash


@dataclass(slots=True)
class Group:
    """Facts that are forgotten together."""

    day: int
    newest: datetime
    contents: Contents = field(default_factory=Contents)


@dataclass(slots=True)
class Identity:
    """The ids of one card, oldest group first."""

    groups: list[Group] = field(default_factory=list[Group])
    forgotten_until: datetime | None = None

    def outcome(self, fact: Fact, let_in: Contents | None = None) -> str | None:
        """Return `repeated`, `conflict` or `too_old`; None for a new fact.

        `let_in` is what the opening that the fact waited for has let in before it: of a place that
        was not open nothing else can be repeated.
        """
        refused = self._refused(fact, let_in)
        if refused is not None and self._content_of(ACCEPTED + fact.told, let_in) is not None:
            return "repeated"  # a person accepted it before
        return refused

    def _refused(self, fact: Fact, let_in: Contents | None) -> str | None:
        known = self._content_of(fact.movement_id, let_in)
        if known is not None:
            return "repeated" if known == fact.content else "conflict"
        if self.forgotten_until is None or fact.occurred_at > self.forgotten_until:
            return None
        return None if is_new(fact, let_in) else "too_old"

    def _content_of(self, movement_id: str, let_in: Contents | None) -> bytes | None:
        seen = short_hash(movement_id)
        found = (group.contents[seen] for group in self.groups if seen in group.contents)
        return next(found, (let_in or {}).get(seen))

    def remember(self, fact: Fact, let_in: Contents | None = None) -> None:
        """Keep a fact, and forget by the rules: 14 days, 4,096 ids, whole groups."""
        if let_in is not None:
            let_in[short_hash(fact.movement_id)] = fact.content
        day = fact.received_at.toordinal()
        last = self.groups[-1] if self.groups else None
        if last is None or len(last.contents) >= GROUP_MAX or day >= last.day + GROUP_DAYS:
            last = Group(day, fact.occurred_at)
            self.groups.append(last)
            self._forget(day)
        last.contents[short_hash(fact.movement_id)] = fact.content
        last.newest = max(last.newest, fact.occurred_at)

    def packed(self) -> list[tuple[int, datetime, bytes]]:
        """Return the groups as a card carries them."""
        return [
            (group.day, group.newest, b"".join(i + c for i, c in group.contents.items()))
            for group in self.groups
        ]

    def _forget(self, today: int) -> None:
        while (
            self.groups[0].day < today - DAYS - GROUP_DAYS
            or sum(len(group.contents) for group in self.groups) > KEPT_MAX - GROUP_MAX
        ):
            gone = self.groups.pop(0)
            self.forgotten_until = max(self.forgotten_until or gone.newest, gone.newest)


def is_new(fact: Fact, let_in: Contents | None) -> bool:
    """Say whether a fact repeats nothing that is forgotten: a person says so, or its place does."""
    return bool(fact.accepts) or fact.kind in OPENING or let_in is not None


def short_hash(movement_id: str) -> bytes:
    """Return the 8 bytes that stand for an id on a card."""
    return blake2b(movement_id.encode(), digest_size=8).digest()
