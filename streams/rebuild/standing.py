"""Where lanes had come, and with which chart they began: what a rebuild starts from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from ledger.chart import Chart, chart_from_fields
from streams.chart import chart_of
from streams.engine.errors import RefusesToRun
from streams.engine.mark import MARK_KEY, parse_mark
from streams.openings import Openings, UnderWay
from streams.rebuild.remains import Published
from streams.settings import Settings
from tables.stock import CHART

Image = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Found:
    """What is left of one lane: its changelog, and the group's offsets by source topic."""

    image: Image
    committed: Mapping[str, int | None]
    end: Mapping[str, int]

    @property
    def under_way(self) -> UnderWay | None:
        """Return the opening that the lane was in the middle of, as its mark says."""
        marked = self.image.get(MARK_KEY)
        return None if marked is None else Openings(parse_mark(marked).state).under_way

    def until(self, *, published: Mapping[str, int], caught_up: bool) -> dict[str, int] | None:
        """Return up to where the lane had come; None where it never began.

        The mark says it; without one the group's offsets; without both a person must say that
        the lane had caught up (`caught_up`).
        """
        marked = self.image.get(MARK_KEY)
        if marked is not None:
            until = dict(parse_mark(marked).next_offset)
        elif any(offset is not None for offset in self.committed.values()):
            until = {topic: offset or 0 for topic, offset in self.committed.items()}
        elif caught_up:
            until = dict(self.end)
        elif published:
            raise RefusesToRun(
                "neither a changelog nor the group's offsets tell how far the lanes had come: "
                "restore one of them; or, if all had been taken, say --caught-up"
            )
        else:
            return None
        self._check(until, published)
        return until

    def _check(self, until: Mapping[str, int], published: Mapping[str, int]) -> None:
        for topic, offset in until.items():
            if offset > self.end[topic]:
                raise RefusesToRun(
                    f"{topic} ends at {self.end[topic]}, but was read to {offset}: it was made anew"
                )
            if published.get(topic, 0) > offset:
                raise RefusesToRun(
                    f"{topic} was read to {published[topic]} at least, as what was published of it "
                    f"shows, and the group stands at {offset}: somebody moved its offsets back"
                )


@dataclass(slots=True)
class Announced:
    """The charts that control records of one partition announce."""

    charts: dict[str, Chart] = field(default_factory=dict[str, Chart])  # by the id entries cite
    first_at_ms: int | None = None  # when Kafka took the first of them in

    def take(self, chart: Chart, at_ms: int) -> None:
        """Take the next one."""
        self.charts[chart.rules] = chart
        if self.first_at_ms is None:
            self.first_at_ms = at_ms


def first_chart(
    found: Found, published: Published, announced: Announced, settings: Settings
) -> Chart:
    """Return the chart a lane began with; the settings' where nothing is left that tells.

    What entries cite must be known, else nobody can prove them any more.
    """
    wanted = chart_of(settings)
    kept = {
        key[1:].decode(): chart_from_fields(orjson.loads(value))
        for key, value in found.image.items()
        if key.startswith(CHART)
    }
    known = {wanted.rules: wanted, **announced.charts, **kept}
    began = _first_rules(found, kept, published, announced) or wanted.rules
    unknown = (published.rules | {began}) - known.keys()
    if unknown:
        raise RefusesToRun(
            f"{min(unknown)}, a chart that entries cite or the lane began with, is lost with the "
            "changelog: put its rows back into stock.toml, rebuild, then `stock chart apply` the "
            "present ones"
        )
    return known[began]


def _first_rules(
    found: Found, kept: Mapping[str, Chart], published: Published, announced: Announced
) -> str | None:
    """Return the id of the chart a lane began with, by the best that is left to tell.

    The mark says it. Else it is the one chart, kept or cited, that no record announces. Where that
    one was taken back later, all are announced: then what Kafka took into the journal before any
    announcement cites it, if anything was entered by then.
    """
    marked = found.image.get(MARK_KEY)
    said = None if marked is None else parse_mark(marked).state.get("first_rules")
    if said is not None:
        return said
    unannounced = (kept.keys() - announced.charts.keys()) or (
        published.rules - announced.charts.keys()
    )
    if len(unannounced) == 1:
        return next(iter(unannounced))
    if published.earliest is None:
        return None
    at_ms, rules = published.earliest
    is_before = announced.first_at_ms is None or at_ms < announced.first_at_ms
    return rules if is_before else None
