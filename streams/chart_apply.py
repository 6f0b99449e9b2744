"""`stock chart apply`: from here on the settings' chart counts, in every partition at once.

A chart is a record of the log like any other fact: entries cite it, and what was parked because
nobody had mapped its reason is entered where the record stands.
"""

from ledger.chart import Chart
from ledger.wire import render_chart
from streams.chart import chart_of
from streams.controls import read_controls
from streams.engine.fold import Send
from streams.headers import event_kind, rfc3339_ms
from streams.one_transaction import only_writer
from streams.settings import Settings
from streams.topic_admin import check_topics
from streams.topics import APP_ID, MOVEMENTS

TRANSACTIONAL_ID = f"{APP_ID}-chart"


async def apply(settings: Settings, *, now_ms: int) -> Chart | None:
    """Write the settings' chart; None where it counts everywhere already, and nothing is written.

    Two at once: the later one fences the earlier.
    """
    chart = chart_of(settings)
    await check_topics(settings)
    async with only_writer(settings, TRANSACTIONAL_ID, [MOVEMENTS.name]) as writer:
        rules = (await read_controls(settings)).rules
        partitions = range(settings.partitions)
        if all(rules.get(partition) == chart.rules for partition in partitions):
            return None
        send = record_of(chart, now_ms)
        await writer.write({(MOVEMENTS.name, p): [send] for p in partitions})
    return chart


def record_of(chart: Chart, now_ms: int) -> Send:
    """Return the control record of a chart."""
    headers = event_kind(MOVEMENTS.name, "chart", "apply").headers(chart.rules, rfc3339_ms(now_ms))
    return None, render_chart(chart), headers
