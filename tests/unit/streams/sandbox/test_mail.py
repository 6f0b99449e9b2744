"""What goes wrong on the way is seeded, counted, and never makes the truth unknowable."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from random import Random

import orjson
import pytest

from streams.sandbox.envelopes import headers_of
from streams.sandbox.floor import Floor
from streams.sandbox.letters import ARRAY_BYTES_MAX, ARRAY_MAX, Delivery, Role, in_arrays
from streams.sandbox.mail import Mail
from streams.sandbox.poison import KINDS
from streams.sandbox.records import Shelf
from streams.sandbox.scenario import Faults
from streams.sandbox.tenant import OWN
from streams.sandbox.webhooks import MINUTE, Webhook

AT = datetime(2011, 10, 25, 9, tzinfo=UTC)
IDENTIFYING = {"Domain", "API-Domain", "Subdomain", "Automation-ID"}


def webhooks(count: int = 300) -> list[Webhook]:
    """Return receipts, adjustments, holds and releases of seven SKUs."""
    floor = Floor()
    for number in range(count // 7):
        shelf = Shelf(OWN, "LDS", f"SKU-{number % 7}")
        at = AT + number * MINUTE
        record = floor.receive(f"PO-{number}", "standard", [(shelf, 12_000)], at)[0]
        floor.adjust(record, -1_000, at, why="wet")
        floor.adjust(record, -1_000, at, why="wet too")
        floor.adjust(record, -1_000, at, why="wet as well")
        floor.hold(record, at, "QC")
        floor.release(record, at, "good")
    return floor.take_told()


def mailed(faults: Faults, seed: str = "1") -> tuple[list[Delivery], Mail]:
    mail = Mail(faults, Random(seed))  # noqa: S311 (the same seed, the same mail)
    return list(mail.day(webhooks(), is_last=True)), mail


def roles(deliveries: Sequence[Delivery]) -> Counter[Role]:
    return Counter(delivery.role for delivery in deliveries)


def test_without_faults_everything_is_told_once_and_in_order() -> None:
    """No switch, no change: the webhooks as they were made."""
    deliveries, mail = mailed(Faults())

    assert webhooks() == [delivery.webhook for delivery in deliveries]
    assert {"deliveries": len(deliveries)} == dict(+mail.counts)


def test_the_same_seed_gives_the_same_bytes() -> None:
    """And another seed others."""
    faults = Faults.of_the_demo()
    one, again, other = (mailed(faults, seed)[0] for seed in ("1", "1", "2"))

    assert one == again
    assert one != other


def test_faults_are_counted_as_they_are_made() -> None:
    """Each count is the number of deliveries it speaks of."""
    deliveries, mail = mailed(Faults(duplicates_share=0.3, lost_share=0.1, conflicts=9, poison=40))
    made = roles(deliveries)

    assert mail.counts["duplicates"] == made[Role.COPY] > 0
    assert mail.counts["conflicts"] == made[Role.CONFLICT] == 9
    assert mail.counts["poison"] == made[Role.POISON] == 40
    assert mail.counts["lost"] == len(mail.lost) == len(webhooks()) - made[Role.FIRST] > 0
    assert mail.counts["deliveries"] == len(deliveries)


def test_a_copy_comes_after_its_original_with_the_same_bytes() -> None:
    """However crossed and late the mail is; a conflict comes after it too, with other bytes."""
    faults = Faults(
        duplicates_share=0.3, reordered_share=0.3, delayed_share=0.2, conflicts=20, poison=5
    )
    seen: dict[str, bytes] = {}
    for delivery in mailed(faults)[0]:
        if delivery.webhook is None or delivery.webhook.in_order:
            continue
        name = delivery.webhook.name
        match delivery.role:
            case Role.FIRST:
                assert name not in seen
                seen[name] = delivery.body
            case Role.COPY:
                assert seen[name] == delivery.body
            case _:
                assert seen[name] != delivery.body


def test_nothing_comes_between_a_hold_and_its_copy() -> None:
    """A hold told again after the release would hold the goods again: nobody could know better."""
    faults = Faults(duplicates_share=0.5, reordered_share=0.5, delayed_share=0.5)
    deliveries = [d for d in mailed(faults)[0] if d.webhook and d.webhook.in_order]
    told = [(d.webhook.event, d.webhook.subject) for d in deliveries if d.webhook]
    once = [one for place, one in enumerate(told) if place == 0 or told[place - 1] != one]
    without = [(w.event, w.subject) for w in webhooks() if w.in_order]

    assert len(told) > len(once)
    assert without == once


def test_reordering_swaps_within_a_sku() -> None:
    """All is told, but not in the order in which it happened."""
    plain, crossed = (
        [d.webhook.name for d in mailed(faults)[0] if d.webhook]
        for faults in (Faults(), Faults(reordered_share=0.2))
    )

    assert plain != crossed
    assert Counter(plain) == Counter(crossed)


@pytest.mark.parametrize(
    ("faults", "shape"),
    [
        (Faults(enveloped_share=1.0), {"data"}),
        (Faults(flat_share=1.0), {"product_code", "product_id", "account_code", "warehouse_code"}),
    ],
)
def test_bodies_come_in_the_shapes_that_nobody_documents(faults: Faults, shape: set[str]) -> None:
    """Under `data`, or with flat codes."""
    body = orjson.loads(mailed(faults)[0][1].body)

    assert shape <= body.keys()


def test_several_of_one_event_may_come_in_one_call() -> None:
    """As an array, in their order; a hold, a copy or an altered one is always told alone."""
    faults = Faults(arrays_share=1.0, duplicates_share=0.2, conflicts=9)
    deliveries, mail = mailed(faults)
    arrays = [d for d in deliveries if d.more]
    told = [w.name for d in deliveries if d.role is Role.FIRST for w in d.webhooks]

    assert mail.counts["arrays"] == len(arrays) > 0
    assert 2 < max(len(delivery.webhooks) for delivery in arrays) <= ARRAY_MAX
    assert mail.counts["deliveries"] == len(deliveries)
    assert Counter(webhook.name for webhook in webhooks()) == Counter(told)
    for delivery in arrays:
        assert [w.subject for w in delivery.webhooks] == [
            one["id"] for one in orjson.loads(delivery.body)
        ]
        assert not any(w.in_order or w.name in mail.conflicting for w in delivery.webhooks)


def test_a_list_ends_before_it_is_too_large_for_the_door() -> None:
    """What is large already is told alone."""
    adjusted = [d for d in mailed(Faults())[0] if d.event == ("stock", "negatively_adjusted")]
    large = [replace(delivery, body=b"1" * (ARRAY_BYTES_MAX // 2)) for delivery in adjusted]

    assert large == list(in_arrays(large, 1.0, Random("1"), Counter()))  # noqa: S311 (a seed)


def test_numbers_may_be_text_and_negatives_negative() -> None:
    """`"6.0"` and `-6.0`, by switch."""
    deliveries, _ = mailed(Faults(numbers_as_text_share=1.0, negative_sign=True))
    bodies = {d.event[1]: orjson.loads(d.body) for d in deliveries}

    assert bodies["received"]["quantity"] == "12.0"
    assert bodies["negatively_adjusted"]["quantity"] == "-1.0"


def test_the_five_headers_are_there_the_integrations_only_when_linked() -> None:
    """Documented: it is sent only where an automation is linked to an integration."""
    plain, linked = headers_of(("stock", "received")), headers_of(("goods_out", "completed"))

    assert plain.keys() == {"Content-Type"} | {f"X-ClarusWMS-{name}" for name in IDENTIFYING}
    assert linked.keys() - plain.keys() == {"X-ClarusWMS-Integration-ID"}


def test_there_are_forty_kinds_of_poison_and_a_round_meets_each() -> None:
    """Names are unique; forty in a row are forty kinds."""
    deliveries, _ = mailed(Faults(poison=40))
    met = {delivery.poison.kind for delivery in deliveries if delivery.poison}

    assert {kind.kind for kind in KINDS} == met
    assert len(KINDS) == 40


def test_every_switch_is_off_unless_it_is_set() -> None:
    """A scenario without faults is told as it happened."""
    assert all(not getattr(Faults(), switch.name) for switch in fields(Faults))
