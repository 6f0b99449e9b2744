"""What may be sold, before the ERP's own deductions; and how two tellings of it merge."""

from collections.abc import Collection
from datetime import datetime

from ledger.errors import BrokenInvariant
from ledger.holds import Place
from ledger.immutable import immutable
from ledger.level import StockCard

BASIS = "gross_saleable"  # Khaos subtracts what it has assigned itself


@immutable
class SiteAvailability:
    """One site over all accounts; thousandths."""

    on_hand_milli: int
    held_milli: int
    available_milli: int  # clamped at zero for each account before it is summed


@immutable
class Availability:
    """An absolute statement; a later version replaces an earlier one."""

    sku: str
    version: int
    as_of: datetime | None
    available_milli: int
    sites: tuple[tuple[str, SiteAvailability], ...]  # by site, sorted
    saleable: bool  # False as long as Khaos has not told us of the SKU
    cause: str | None


def availability_of(card: StockCard, opened: Collection[Place]) -> Availability | None:
    """Return what may be sold of a card; None while none of its places is open.

    Places that are not open are left out: their levels begin at an opening not yet loaded.
    """
    sites: dict[str, SiteAvailability] = {}
    for place, on_hand in card.on_hand.items():
        if place not in opened:
            continue
        held = card.held_milli(place)
        before = sites.get(place.site, _NOTHING)
        sites[place.site] = SiteAvailability(
            before.on_hand_milli + on_hand,
            before.held_milli + held,
            before.available_milli + max(0, on_hand - held),
        )
    if not sites:
        return None
    return Availability(
        sku=card.sku,
        version=card.version,
        as_of=card.as_of,
        available_milli=sum(site.available_milli for site in sites.values()),
        sites=tuple(sorted(sites.items())),
        saleable=card.product is not None and card.product.saleable,
        cause=card.cause,
    )


def merge(one: Availability, other: Availability) -> Availability:
    """Return the later of two statements of one SKU: whole, never a sum of both."""
    if one.version == other.version and one != other:
        raise BrokenInvariant(f"{one.sku}: version {one.version} was stated in two ways")
    return one if one.version >= other.version else other


_NOTHING = SiteAvailability(0, 0, 0)
