"""What does not agree: where it is in the log, and what is said there against what was reckoned."""

from collections.abc import Iterator
from dataclasses import dataclass

FINDINGS_KEPT_MAX = 100  # more are counted only: the first one is where to look


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement."""

    topic: str
    partition: int
    offset: int | None  # none: of the partition as a whole
    sku: str | None
    what: str  # one sentence

    def __str__(self) -> str:
        at = f"{self.topic}/{self.partition}" + ("" if self.offset is None else f"/{self.offset}")
        return f"{at}{f' ({self.sku})' if self.sku else ''}: {self.what}"


class Findings:
    """The disagreements found, the first one first."""

    def __init__(self) -> None:
        self.count = 0
        self._kept: list[Finding] = []

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._kept)

    def add(
        self, topic: str, partition: int, offset: int | None, sku: str | None, what: str
    ) -> None:
        """Note a disagreement."""
        self.count += 1
        if len(self._kept) < FINDINGS_KEPT_MAX:
            self._kept.append(Finding(topic, partition, offset, sku, what))
