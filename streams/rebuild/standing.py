"""Where lanes had come, and with which chart they began: what a rebuild starts from."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from ledger.chart import Chart, chart_from_fields
from streams.chart import chart_of
from streams.engine.errors import RefusesToRun
from streams.engine.mark import MARK_KEY, parse_mark
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


def first_chart(
    found: Found, published: Published, announced: set[str], settings: Settings
) -> Chart:
    """Return the chart a lane began with: the one no record announces.

    What entries cite must be known, else nobody can prove them any more.
    """
    wanted = chart_of(settings)
    kept = {
        key[1:].decode(): chart_from_fields(orjson.loads(value))
        for key, value in found.image.items()
        if key.startswith(CHART)
    }
    unknown = published.rules - announced - kept.keys() - {wanted.rules}
    if unknown:
        raise RefusesToRun(
            f"entries cite {min(unknown)}, a chart that is lost with the changelog: put its "
            "rows back into stock.toml, rebuild, then `stock chart apply` the present ones"
        )
    began = sorted(kept.keys() - announced) or sorted(published.rules - announced)
    return kept.get(began[0], wanted) if len(began) == 1 else wanted
