"""`stock verify` on logs of the real folds: a whole one agrees, and every planted fault is found.

Not covered: two faults that cancel each other out in every figure.
"""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from streams.topics import (
    AVAILABILITY,
    DELIVERIES,
    EXCEPTIONS,
    HELD,
    JOURNAL,
    MOVEMENTS,
    PRODUCTS,
    QUARANTINE,
    STOCK_CHANGELOG,
    TRANSLATE_CHANGELOG,
)
from tests.support.played import Logged, Played, body, day

Corrupt = Callable[[Played], None]


def entry(played: Played, event: str) -> Logged:
    """Return the entry of a movement: `event` is the end of its id."""
    return played.sent(JOURNAL.name, lambda r: r.fields["entry_id"].endswith(event))


def movement(played: Played, event: str) -> Logged:
    return played.sent(MOVEMENTS.name, lambda r: event.encode() in r.value)


def value_changed(record: Logged, pence: int, *, of_legs: bool = True) -> None:
    """Change an entry's value; with its legs it is in balance all the same."""
    fields = record.fields
    legs = fields["postings"]
    for leg in legs if of_legs else legs[:1]:
        leg["debit_pence" if leg["debit_pence"] else "credit_pence"] += pence
    stock = [leg["debit_pence"] - leg["credit_pence"] for leg in legs if leg["account"] == "stock"]
    record.change(postings=legs, value_pence=sum(stock))


def mark_changed(record: Logged, part: str, name: str, by: int) -> None:
    fields = record.fields
    fields[part][name] = fields[part].get(name, 0) + by
    record.value = orjson.dumps(fields)


def card_changed(played: Played, sku: str, part: str, **changed: Any) -> None:
    card = played.card(sku)
    inner = card.fields[part]
    card.change(
        **{part: [{**inner[0], **changed}, *inner[1:]]}
        if isinstance(inner, list)
        else {part: {**inner, **changed}}
    )


def forget_an_id(played: Played) -> None:
    card = played.card("CUP")
    seen = card.fields["seen"]
    seen["chunks"][0][2] = seen["chunks"][0][2][:-16]
    card.change(seen=seen)


def lose_in_translate(played: Played) -> None:
    """Have a waiting movement never written, and nothing of keep_stock the wiser."""
    lost = movement(played, 'stock.received:3"')
    played.drop(lost)
    for record in played.records(STOCK_CHANGELOG.name):
        if record.key == b"\x00waiting:%d" % lost.offset and record.partition == lost.partition:
            played.drop(record)
    mark_changed(played.mark(partition=lost.partition), "counts", "waiting", -1)
    for name, by in (("movement", -1), ("movements", -1), ("foreign", 1)):
        mark_changed(played.mark(TRANSLATE_CHANGELOG.name), "counts", name, by)


def lose_a_card(played: Played) -> None:
    for record in played.records(STOCK_CHANGELOG.name):
        if record.key == b"CUP":
            played.drop(record)


def lose_kept(prefix: bytes) -> Corrupt:
    def corrupt(played: Played) -> None:
        held = {r.key: r for r in played.records(STOCK_CHANGELOG.name) if r.key.startswith(prefix)}
        played.drop(next(record for record in held.values() if record.value is not None))

    return corrupt


def say_twice_under_another_sku(played: Played) -> None:
    played.deliver("stock.received", body(11, "BOWL", "7"), "BOWL")
    played.run()


def leave_rounding_out(played: Played) -> None:
    of_cups = entry(played, "stock.dispatched:43")
    legs = of_cups.fields["postings"][:2]
    of_cups.change(postings=legs, value_pence=-1000)


CHANGE = "entry:cost:MUG:2"
R11, A12, A13 = "stock.received:11", "negatively_adjusted:12", "negatively_adjusted:13"


CASES: dict[str, tuple[Corrupt, str, str | None, str]] = {
    # name: what is done, then topic, SKU and words of the first finding
    "a missing entry": (
        lambda p: p.drop(entry(p, R11)),
        MOVEMENTS.name,
        "MUG",
        "neither entered nor parked",
    ),
    "a doubled entry": (
        lambda p: p.copy(entry(p, R11)) and None,
        JOURNAL.name,
        "MUG",
        "has an entry already",
    ),
    "an entry a penny off": (
        lambda p: value_changed(entry(p, R11), 1),
        JOURNAL.name,
        "MUG",
        "3852 are posted",
    ),
    "an entry out of balance": (
        lambda p: value_changed(entry(p, R11), 1, of_legs=False),
        JOURNAL.name,
        "MUG",
        "out of balance by 1",
    ),
    "a wrong category": (
        lambda p: entry(p, A13).change(category="theft"),
        JOURNAL.name,
        "MUG",
        "category is 'theft', 'damage' follows",
    ),
    "a wrong posting mode": (
        lambda p: entry(p, A13).change(posting_mode="memo"),
        JOURNAL.name,
        "MUG",
        "posting_mode",
    ),
    "a wrong account": (
        lambda p: entry(p, R11).change(
            postings=entry(p, "stock.received:19").fields["postings"], value_pence=550
        ),
        JOURNAL.name,
        "MUG",
        "is worth 3851",
    ),
    "legs of another category": (
        lambda p: entry(p, R11).change(
            postings=[
                {"account": "stock", "debit_pence": 3851, "credit_pence": 0, "by": "khaos"},
                {"account": "damage", "debit_pence": 0, "credit_pence": 3851, "by": "khaos"},
            ]
        ),
        JOURNAL.name,
        "MUG",
        "not those of its category",
    ),
    "rules nobody knows": (
        lambda p: entry(p, R11).change(rules="chart:ffffffffffff"),
        JOURNAL.name,
        "MUG",
        "nobody knows the rules",
    ),
    "rules not in force": (
        lambda p: entry(p, A12).change(rules=entry(p, R11).fields["rules"]),
        JOURNAL.name,
        "MUG",
        "category is 'damage', None",
    ),
    "the month of UTC": (
        lambda p: entry(p, R11).change(period="2026-03", belongs_to="2026-03"),
        JOURNAL.name,
        "MUG",
        "does not say what its movement says",
    ),
    "a cost version that never was": (
        lambda p: entry(p, R11).change(cost={**entry(p, R11).fields["cost"], "version": 9}),
        JOURNAL.name,
        "MUG",
        "never said version 9",
    ),
    "another cost than the version's": (
        lambda p: entry(p, R11).change(
            cost={**entry(p, R11).fields["cost"], "unit_pence": "550.1250"[:-1] + "1"}
        ),
        JOURNAL.name,
        "MUG",
        "is not the cost of version 1",
    ),
    "an entry without a movement": (
        lambda p: (
            p.copy(entry(p, R11), source=f"{MOVEMENTS.name}/0/1", entry_id="entry:x") and None
        ),
        JOURNAL.name,
        "MUG",
        "no applied movement where its source is",
    ),
    "an entry of nowhere": (
        lambda p: p.copy(entry(p, R11), source="nowhere") and None,
        JOURNAL.name,
        None,
        "cites no source of ours",
    ),
    "a hold with a value": (
        lambda p: entry(p, "opening_hold:NPK:LEEDS:MUG:r1:2026-03-30T06:00:00Z").change(
            value_pence=1
        ),
        JOURNAL.name,
        "MUG",
        "a hold has a value",
    ),
    "a lost change of cost": (
        lambda p: p.drop(entry(p, CHANGE)),
        STOCK_CHANGELOG.name,
        "MUG",
        "no entry does",
    ),
    "a change of cost a penny off": (
        lambda p: value_changed(entry(p, CHANGE), 1),
        JOURNAL.name,
        "MUG",
        "the change of cost is",
    ),
    "a change of cost said twice": (
        lambda p: p.copy(entry(p, CHANGE)) and None,
        JOURNAL.name,
        "MUG",
        "has an entry already",
    ),
    "a residue that stays": (leave_rounding_out, JOURNAL.name, "CUP", "follow from the pool"),
    "a level off by 0.001": (
        lambda p: card_changed(p, "MUG", "levels", on_hand="18.001"),
        STOCK_CHANGELOG.name,
        "MUG",
        "its card has 18.001 on hand",
    ),
    "a held quantity off": (
        lambda p: card_changed(p, "MUG", "levels", held="3.999"),
        STOCK_CHANGELOG.name,
        "MUG",
        "3.999 held",
    ),
    "a pool a penny off": (
        lambda p: card_changed(p, "MUG", "pool", pence=1),
        STOCK_CHANGELOG.name,
        "MUG",
        "its card's pool is",
    ),
    "a stale product": (
        lambda p: card_changed(p, "MUG", "product", version=1),
        STOCK_CHANGELOG.name,
        "MUG",
        "version 2 came last",
    ),
    "an id forgotten": (forget_an_id, STOCK_CHANGELOG.name, "CUP", "remembers other movements"),
    "a lost card": (lose_a_card, STOCK_CHANGELOG.name, "CUP", "but no card"),
    "a card of nothing": (
        lambda p: setattr(p.card("CUP"), "key", b"CUPS"),
        STOCK_CHANGELOG.name,
        "CUPS",
        "neither a movement applied nor a product",
    ),
    "a lost parked movement": (
        lose_kept(b"\x00parked:"),
        MOVEMENTS.name,
        "JUG",
        "neither entered nor parked",
    ),
    "a lost waiting movement": (
        lose_kept(b"\x00waiting:"),
        STOCK_CHANGELOG.name,
        None,
        "other movements wait",
    ),
    "a mark ahead of its topic": (
        lambda p: mark_changed(p.mark(), "next", MOVEMENTS.name, 9),
        MOVEMENTS.name,
        None,
        "the topic ends at",
    ),
    "a mark behind": (
        lambda p: mark_changed(p.mark(), "next", PRODUCTS.name, -1),
        STOCK_CHANGELOG.name,
        None,
        "the mark counts 3 products, the log holds 2",
    ),
    "a count off by one": (
        lambda p: mark_changed(p.mark(), "counts", "repeated", 1),
        STOCK_CHANGELOG.name,
        None,
        "the mark counts",
    ),
    "a first chart that is not kept": (
        lambda p: p.mark().change(state={**p.mark().fields["state"], "first_rules": "chart:ff"}),
        STOCK_CHANGELOG.name,
        None,
        "it began with chart:ff, which is not kept",
    ),
    "a lost opening": (
        lambda p: p.drop(movement(p, '"control":"opening"')),
        STOCK_CHANGELOG.name,
        None,
        "other openings",
    ),
    "a topic made anew": (
        lambda p: setattr(p.log[MOVEMENTS.name, 0][-1], "timestamp", 1),
        MOVEMENTS.name,
        None,
        "made anew",
    ),
    "availability stale": (
        lambda p: p.drop([r for r in p.records(AVAILABILITY.name) if r.key == b"MUG"][-1]),
        AVAILABILITY.name,
        "MUG",
        "was not published",
    ),
    "availability wrong": (
        lambda p: [r for r in p.records(AVAILABILITY.name) if r.key == b"MUG"][-1].change(
            available="15"
        ),
        AVAILABILITY.name,
        "MUG",
        "available is '15'",
    ),
    "a version that fell": (
        lambda p: p.copy(p.sent(AVAILABILITY.name, lambda r: r.key == b"MUG")) and None,
        AVAILABILITY.name,
        "MUG",
        "version",
    ),
    "a lost delivery": (
        lambda p: p.drop(p.sent(DELIVERIES.name, lambda r: b'"id":11,' in r.value)),
        DELIVERIES.name,
        None,
        "there is no delivery here",
    ),
    "a delivery lost in translation": (
        lose_in_translate,
        DELIVERIES.name,
        "MUG",
        "and left no trace",
    ),
    "a lost quarantine record": (
        lambda p: p.drop(p.sent(QUARANTINE.name, lambda r: r.value == b"{not json")),
        DELIVERIES.name,
        None,
        "quarantined",
    ),
    "a lost held document": (
        lambda p: p.drop(p.sent(HELD.name)),
        DELIVERIES.name,
        None,
        "counts 1 held, 0 are there",
    ),
    "a movement kept apart and lost": (
        lambda p: p.drop(p.sent(QUARANTINE.name, lambda r: dict(r.headers).get("class") == b"E05")),
        MOVEMENTS.name,
        None,
        "kept apart (E05)",
    ),
    "bad bytes lost": (
        lambda p: p.drop(p.sent(QUARANTINE.name, lambda r: r.value == b"no movement")),
        MOVEMENTS.name,
        None,
        "not in the quarantine",
    ),
    "an exception nobody raised": (
        lambda p: p.drop(p.sent(EXCEPTIONS.name, lambda r: r.key.startswith(b"E05"))),
        MOVEMENTS.name,
        None,
        "nobody raised E05",
    ),
    "an exception of nothing": (
        lambda p: setattr(
            p.sent(EXCEPTIONS.name, lambda r: r.key.startswith(b"E05")), "key", b"E05:other"
        ),
        EXCEPTIONS.name,
        None,
        "E05:other is raised, and nothing stands behind it",
    ),
    "a cost nobody said": (
        lambda p: p.drop(p.sent(PRODUCTS.name, lambda r: r.key == b"CUP")),
        JOURNAL.name,
        "CUP",
        "never said version 1",
    ),
    "a movement changed afterwards": (
        lambda p: movement(p, R11).change(quantity="8"),
        JOURNAL.name,
        "MUG",
        "does not say what its movement says",
    ),
    "an id under two SKUs": (
        say_twice_under_another_sku,
        MOVEMENTS.name,
        "BOWL",
        "under another SKU",
    ),
}


def test_a_log_of_the_real_folds_agrees() -> None:
    """Everything that can happen to a movement is in it, and nothing disagrees."""
    verdict = day().verdict()

    assert verdict.findings == ()
    for fate in ("applied", "repeated", "conflict", "too_old", "before_opening", "quarantined"):
        assert verdict.judged[fate], fate
    assert verdict.judged["waiting"]
    assert verdict.judged["parked"]
    assert verdict.newer == 0


@pytest.mark.parametrize("name", CASES)
def test_a_planted_fault_is_found(name: str) -> None:
    """A fault anywhere in the log is found and named by where it is."""
    corrupt, topic, sku, words = CASES[name]
    played = day()
    corrupt(played)
    findings = played.verdict().findings

    named = [f for f in findings if f.topic == topic and sku in (None, f.sku) and words in f.what]
    assert named, findings
