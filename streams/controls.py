"""What the control records of the movements topic have said: which places are open, which chart.

Known from the lanes' marks, and from the log after them.
"""

from dataclasses import dataclass, field
from datetime import datetime

from aiokafka import TopicPartition

from ledger.chart import Chart
from ledger.errors import MalformedRecord
from ledger.holds import Place
from ledger.movement import Opened
from ledger.wire import parse_movement_record
from streams.openings import Openings
from streams.reading import consumer_of, ends_written, read_between, read_marks
from streams.settings import Settings
from streams.topics import MOVEMENTS, STOCK_CHANGELOG

CONTROL = b'{"control":'


@dataclass(slots=True)
class Controls:
    """What counts once every lane has come to the end of the log."""

    opened: dict[Place, datetime] = field(default_factory=dict[Place, datetime])
    rules: dict[int, str] = field(default_factory=dict[int, str])  # chart's id by partition

    def take(self, partition: int, value: bytes | None) -> None:
        """Let a record of the movements topic count, if it is a control."""
        if value is None or not value.startswith(CONTROL):
            return
        try:
            said = parse_movement_record(value)
        except MalformedRecord:
            return  # keep_stock puts it to quarantine
        if isinstance(said, Opened):
            self.opened.setdefault(Place(said.account, said.site), said.at)
        elif isinstance(said, Chart):
            self.rules[partition] = said.rules


async def read_controls(settings: Settings) -> Controls:
    """Return what the controls have said up to now.

    Waits for transactions that are open now, so that a control of a moment ago is seen.
    """
    topic = MOVEMENTS.name
    wanted = [TopicPartition(topic, partition) for partition in range(settings.partitions)]
    until = await ends_written(settings, wanted)
    marks = await read_marks(settings, STOCK_CHANGELOG.name)
    controls = Controls()
    async with consumer_of(settings, wanted) as consumer:
        start = await consumer.beginning_offsets(wanted)
        for number, mark in marks.items():
            controls.opened |= Openings(mark.state).opened
            if "rules" in mark.state:
                controls.rules[number] = mark.state["rules"]
            start[wanted[number]] = mark.next_offset.get(topic, start[wanted[number]])
        async for tp, records in read_between(consumer, start, until):
            for record in records:
                controls.take(tp.partition, record.value)
    return controls
