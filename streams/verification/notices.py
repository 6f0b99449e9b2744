"""Exceptions: what must stand for what was kept apart or parked, and nothing that is settled."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.engine.fold import SourceRecord
from streams.verification.evidence import Source, parse_source
from streams.verification.findings import Findings

JUDGED = ("E02:", "E03:", "E04:", "E05:")


@dataclass(slots=True)
class Notices:
    """The exceptions topic: the last state of each, as far as the marks judge it."""

    until: Mapping[tuple[str, int], int]  # next offset by source topic and partition
    waiting: Container[Source]  # at the marks: what is said of them comes with their opening
    findings: Findings
    _last: dict[str, tuple[SourceRecord, dict[str, Any]]] = field(
        default_factory=dict[str, tuple[SourceRecord, dict[str, Any]]]
    )
    _newer: set[str] = field(default_factory=set[str])  # told again after the marks

    def take(self, record: SourceRecord) -> None:
        """Take a record of the exceptions topic."""
        name = (record.key or b"").decode(errors="replace")
        if record.value is None or not name.startswith(JUDGED):
            return
        try:
            said = orjson.loads(record.value)
            source = parse_source(said["source"])
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            self._find(record, None, f"it does not read: {error!r}")
            return
        if source is None:
            return
        if source in self.waiting or source[2] >= self.until.get(source[:2], 0):
            self._newer.add(name)
        else:
            self._last[name] = record, said

    def judge(self, standing: Mapping[str, tuple[str, int, str]]) -> None:
        """Hold the topic against what stands: by exception id, the topic, partition and SKU."""
        for name, (topic, partition, sku) in sorted(standing.items()):
            last = self._last.get(name)
            if name in self._newer or (last is not None and last[1]["state"] == "raised"):
                continue
            if last is None:
                self.findings.add(topic, partition, None, sku, f"nobody raised {name}")
            else:
                self._find(last[0], sku, f"{name} is cleared, and still stands")
        for name, (record, said) in self._last.items():
            is_raised = said["state"] == "raised" and name not in self._newer
            if is_raised and name not in standing:
                self._find(
                    record, said.get("sku"), f"{name} is raised, and nothing stands behind it"
                )

    def _find(self, record: SourceRecord, sku: str | None, what: str) -> None:
        self.findings.add(record.topic, record.partition, record.offset, sku, what)
