"""The load of the benchmarks: records a worker takes, the same every time."""

from dataclasses import replace
from itertools import islice

from ledger.wire import parse_movement, parse_product
from streams.bench import load
from streams.bench.plan import QUICK
from streams.engine.mark import MARK_KEY
from streams.partitions import partition_of
from tables.cards import parse_card


def test_movements_are_real_and_the_same_every_time() -> None:
    """As translate writes them: readable, each with an id of its own and headers."""
    sends = list(islice(load.movements(QUICK), 200))
    again = list(islice(load.movements(QUICK), 200))
    read = [parse_movement(value or b"") for _, value, _ in sends]

    assert sends == again
    assert len({movement.movement_id for movement in read}) == 200
    assert {dict(headers)["ce_id"] for _, _, headers in sends} == {
        movement.movement_id.encode() for movement in read
    }


def test_every_sku_has_a_cost() -> None:
    """Nothing is parked: each movement has its entry."""
    products = [parse_product(value or b"") for _, value, _ in load.products(QUICK)]

    assert len(products) == QUICK.skus
    assert all(product.has_cost for product in products)


def test_a_changelog_has_every_version_and_a_mark_at_its_end() -> None:
    """Each partition holds the cards whose keys belong there."""
    plan = replace(QUICK, cards=20)
    partitions = 4
    for partition in range(partitions):
        *cards, (key, _, _) = load.changelog(plan, partition, partitions)
        kept = [parse_card(value or b"") for _, value, _ in cards]

        assert key == MARK_KEY
        assert all(partition_of(card.sku.encode(), partitions) == partition for card in kept)
        assert {len(card.remembered) for card in kept} == {load.CARD_MOVEMENTS}
        assert len(kept) == plan.card_versions * len({card.sku for card in kept})
