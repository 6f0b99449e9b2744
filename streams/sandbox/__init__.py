"""A stand-in for Clarus WMS, and for the little of Khaos Control that a day needs.

This is not Clarus, and nobody at its vendor had a hand in it. It is made from public facts alone
(the event names, the header names and the meaning of each event are documented; the sources are
the vendor's own help pages) and written in our own words; it holds no text, sample or artwork of
the vendor's. What it assumes, because no public page says it:

- the body of a `stock.*` adjustment, receipt, pick, dispatch and transfer is a transaction with an
  id of its own; the body of a hold or release is the stock record, with the record's id;
- field names beyond the documented ones (`reason_code`, `description`, `stock_id`, `location`,
  `goods_out`, `goods_in`, `lines`); that each nested object has `id` and `code`;
- positive quantities as JSON numbers, codes nested, no envelope, one record a call: each can be
  turned the other way by `Faults`;
- the value `return` of `receipt_type`, and that a received transaction names it;
- that a delivery is told again after any answer but 2xx or a connection that broke;
- times as RFC 3339 in UTC with one-second grain.

It does not serve Clarus's own interfaces (sign-in, REST, GraphQL): nothing here asks them yet.
Warehouse transfers and works-order conversions are not played, because no documented event tells
of them. The sales are real: see `shipped/CREDIT.md`.

    sandbox = Sandbox(Scenario.of_day(date(2011, 10, 25)))
    (folder / "stock.toml").write_text(sandbox.stock_toml())  # what a customer would write
    ... start Kafka, topics, door, worker ...
    await send_products(settings, sandbox.products())
    await sandbox.play(door_url, secret, until=sandbox.loads_at)  # webhooks on, and waiting
    sandbox.write_opening(folder / "opening.csv")  # for `stock opening load`, at opens_at
    await sandbox.play(door_url, secret, on_progress=show)  # the rest of the day
    truth = sandbox.truth()  # levels, and every fate
"""

from streams.sandbox.caller import DoorRefuses, Played, Progress
from streams.sandbox.feed import send_products
from streams.sandbox.sandbox import Sandbox
from streams.sandbox.scenario import Faults, Scenario
from streams.sandbox.shipped_days import CREDIT, SHIPPED_DAYS
from streams.sandbox.truth import Level, StockPlace, Truth

__all__ = [
    "CREDIT",
    "SHIPPED_DAYS",
    "DoorRefuses",
    "Faults",
    "Level",
    "Played",
    "Progress",
    "Sandbox",
    "Scenario",
    "StockPlace",
    "Truth",
    "send_products",
]
