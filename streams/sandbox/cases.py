"""Labelled cases of our own: what the retailer's lines do not show, each once a playing.

Their codes are invented; a ledger that gets one wrong ends with a wrong level for that code.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from streams.sandbox.documents import Order
from streams.sandbox.floor import Floor
from streams.sandbox.goods_out import pickface
from streams.sandbox.records import Refused, Shelf, StockRecord
from streams.sandbox.tenant import FOREIGN, OWN, OWN_SECOND, REASONS, UNMAPPED, WAREHOUSES
from streams.sandbox.webhooks import MINUTE, Webhook, owner, product, rfc3339, warehouse

MAIN, SECOND = WAREHOUSES
NO_COST = "SOAP-NO-COST"

# Ten-thousandths of a penny; none: Khaos knows the product, and no cost of it.
CASE_COSTS: Mapping[str, int | None] = {
    "LAMP-CODED": 5_500_000,
    "BOWL-WINDOW": 1_250_000,
    "VASE-HELD": 3_333_333,
    "VASE-SOME": 3_333_333,
    "CLOCK-TWICE": 9_999_999,
    "CLOCK-CHECKED": 4_200_000,
    "JAR-BACK": 801_250,
    "TRAY-COUNTED": 1_999_900,
    "RUG-GIVEN": 12_000_000,
    "RUG-SOLD-ON": 12_000_000,
    "MUG BLUE 350": 2_450_000,
    "A/B 100%": 125_000,
    "PALLET-TALE": 600_000,
    "TIN-TOO-MANY": 450_000,
    "RIBBON-METRE": 333_333,
    "BOX-ROUNDED-UP": 70_000,
    "GIFT-UNANNOUNCED": 1_000_000,
    NO_COST: None,
}
# Told so that it is seen that they change nothing.
_OTHER_EVENTS = (
    ("stock_balance", "updated"),
    ("load_drop", "dispatched"),
    ("invoice", "submitted"),
    ("failure_event_log", "created"),
    ("ftp_file", "uploaded"),
    ("daily_schedule", "triggered"),
)


def coded_reasons(floor: Floor, at: datetime) -> None:
    """Adjust with reason codes: each goes to the category the tenant mapped it to."""
    shelf = Shelf(OWN, MAIN, "LAMP-CODED")
    _stock(floor, shelf, 120, at)
    for minutes, code in enumerate(("BRK", "DMG", "EXP", "CNT", "THF", "SMP", "FLT"), start=1):
        floor.adjust(_loose(floor, shelf), -3_000, at + minutes * MINUTE, why=REASONS[code])
    floor.adjust(_loose(floor, shelf), 5_000, at + 8 * MINUTE, why=REASONS["FND"])
    floor.adjust(_loose(floor, shelf), 1_000, at + 9 * MINUTE, why=REASONS["CNT"])


def unmapped_reason(floor: Floor, at: datetime) -> None:
    """Adjust with a code nobody mapped: the level changes, the entry waits for the mapping."""
    shelf = Shelf(OWN, MAIN, "BOWL-WINDOW")
    _stock(floor, shelf, 24, at)
    floor.adjust(_loose(floor, shelf), -2_000, at + MINUTE, why=REASONS[UNMAPPED])


def held_then_written_off(floor: Floor, at: datetime) -> None:
    """Held goods are written off by a body that names no record: held goods go first."""
    shelf = Shelf(OWN, MAIN, "VASE-HELD")
    record = _stock(floor, shelf, 36, at)
    floor.hold(record, at + MINUTE, "Glaze looks wrong")
    reason = REASONS["DMG"]
    floor.write_off_held(record, 36_000, at + 9 * MINUTE, reason=reason, names_record=False)
    some = _stock(floor, Shelf(OWN, SECOND, "VASE-SOME"), 36, at)
    floor.hold(some, at + MINUTE, "Glaze looks wrong")
    floor.write_off_held(some, 12_000, at + 9 * MINUTE, reason=reason, names_record=False)


def held_again(floor: Floor, at: datetime) -> None:
    """Hold, release and hold again within one second: the two holds are equal byte for byte."""
    record = _stock(floor, Shelf(OWN_SECOND, MAIN, "CLOCK-TWICE"), 12, at)
    floor.hold(record, at + MINUTE, "Ticks too loud")
    floor.release(record, at + MINUTE, "Wrong clock")
    floor.hold(record, at + MINUTE, "Ticks too loud")


def released(floor: Floor, at: datetime) -> None:
    """Hold goods, and release them when they are found good."""
    record = _stock(floor, Shelf(OWN, SECOND, "CLOCK-CHECKED"), 12, at)
    floor.hold(record, at + MINUTE, "Sample taken")
    floor.release(record, at + 30 * MINUTE, "Sample was good")


def dispatched_and_back(floor: Floor, at: datetime) -> None:
    """Take a despatch back for good: the goods are on the shelf again."""
    shelf = Shelf(OWN, MAIN, "JAR-BACK")
    _stock(floor, shelf, 24, at)
    order = _sent_out(floor, "CASE-BACK", shelf, ordered_milli=10_000, at=at)
    floor.goods_out.undispatch(order, order.lines[0], at + 9 * MINUTE, again=False)


def received_again(floor: Floor, at: datetime) -> None:
    """Thirty are received, unreceived, and received as twenty-eight."""
    shelf = Shelf(OWN, MAIN, "TRAY-COUNTED")
    receipt = floor.announce("PO-CASE-TRAY", "standard", [(shelf, 30_000)], at)
    line = receipt.lines[0]
    record = floor.receive_line(receipt, line, shelf, 30_000, at)
    floor.unreceive(receipt, line, record, at + 4 * MINUTE)
    record = floor.receive_line(receipt, line, shelf, 28_000, at + 6 * MINUTE)
    floor.put_away(record, at + 8 * MINUTE)
    floor.complete(receipt, at + 8 * MINUTE)


def given_between_ours(floor: Floor, at: datetime) -> None:
    """Goods change their owner in place, from one account of this company to the other."""
    record = _stock(floor, Shelf(OWN, MAIN, "RUG-GIVEN"), 12, at)
    floor.change_owner(record, OWN_SECOND, 5_000, at + MINUTE)


def sold_to_another(floor: Floor, at: datetime) -> None:
    """Goods change their owner to and from an account that is not this company's."""
    record = _stock(floor, Shelf(OWN, MAIN, "RUG-SOLD-ON"), 12, at)
    floor.change_owner(record, FOREIGN, 4_000, at + MINUTE)
    theirs = _stock(floor, Shelf(FOREIGN, MAIN, "RUG-SOLD-ON"), 6, at + 2 * MINUTE)
    floor.change_owner(theirs, OWN, 2_000, at + 3 * MINUTE)


def of_another(floor: Floor, at: datetime) -> None:
    """Another owner's stock moves in the same warehouse."""
    shelf = Shelf(FOREIGN, SECOND, "THEIRS-1")
    _stock(floor, shelf, 48, at)
    floor.adjust(_loose(floor, shelf), -1_000, at + MINUTE, why="wet")
    floor.hold(_loose(floor, shelf), at + 2 * MINUTE, "Theirs to decide")
    sold = Shelf(FOREIGN, MAIN, "THEIRS-2")
    _stock(floor, sold, 12, at)
    _sent_out(floor, "CASE-THEIRS", sold, ordered_milli=6_000, at=at + 3 * MINUTE)


def awkward_codes(floor: Floor, at: datetime) -> None:
    """Product codes with spaces, a slash and a percent sign are codes like any other."""
    for code in ("MUG BLUE 350", "A/B 100%"):
        shelf = Shelf(OWN, SECOND, code)
        _stock(floor, shelf, 48, at)
        floor.adjust(_loose(floor, shelf), -7_000, at + MINUTE, why="dropped")


def net_zero_pair(floor: Floor, at: datetime) -> None:
    """Loose goods get a pallet's name: written off and added again, minutes apart."""
    shelf = Shelf(OWN, MAIN, "PALLET-TALE")
    _stock(floor, shelf, 60, at)
    floor.adjust(_loose(floor, shelf), -60_000, at + MINUTE, why="to pallet 12031")
    floor.add(shelf, 60_000, at + 3 * MINUTE, why="to pallet 12031")


def more_than_there_is(floor: Floor, at: datetime) -> None:
    """Clarus refuses to write off more than a record has; staff write off what is there."""
    shelf = Shelf(OWN, MAIN, "TIN-TOO-MANY")
    record = _stock(floor, shelf, 12, at)
    try:
        floor.adjust(record, -13_000, at + MINUTE, why="rusty")
    except Refused:
        floor.adjust(record, -12_000, at + 2 * MINUTE, why="rusty")


def parts_of_a_unit(floor: Floor, at: datetime) -> None:
    """Quantities have up to three places."""
    shelf = Shelf(OWN, MAIN, "RIBBON-METRE")
    floor.receive("PO-CASE-RIBBON", "standard", [(shelf, 50_125)], at)
    floor.adjust(_loose(floor, shelf), -2_500, at + MINUTE, why="sample")


def rounded_up(floor: Floor, at: datetime) -> None:
    """More leaves than was ordered: an account that sends whole boxes only."""
    shelf = Shelf(OWN_SECOND, SECOND, "BOX-ROUNDED-UP")
    _stock(floor, shelf, 24, at)
    _sent_out(floor, "CASE-ROUNDED", shelf, ordered_milli=10_000, at=at, sent_milli=12_000)


def unannounced(floor: Floor, at: datetime) -> None:
    """Goods come in that nobody had announced: a receipt without a reference."""
    floor.receive(None, "receipt", [(Shelf(OWN, MAIN, "GIFT-UNANNOUNCED"), 9_000)], at)


def without_cost(floor: Floor, at: datetime) -> None:
    """Khaos knows no cost: the level changes, the entries wait for it."""
    shelf = Shelf(OWN, MAIN, NO_COST)
    _stock(floor, shelf, 12, at)
    floor.adjust(_loose(floor, shelf), -1_000, at + MINUTE, why="found broken")


def other_events(floor: Floor, at: datetime) -> None:
    """Events that are no movements at all."""
    for number, (resource, event) in enumerate(_OTHER_EVENTS, start=70_001):
        body = {
            "id": number,
            "created_at": rfc3339(at),
            "account": owner(OWN),
            "product": product("LAMP-CODED"),
            "warehouse": warehouse(MAIN),
            "available": 12.0,
        }
        floor.tell(Webhook(resource, event, number, at, body))


Case = Callable[[Floor, datetime], None]
CASES: tuple[Case, ...] = (
    coded_reasons,
    unmapped_reason,
    held_then_written_off,
    held_again,
    released,
    dispatched_and_back,
    received_again,
    given_between_ours,
    sold_to_another,
    of_another,
    awkward_codes,
    net_zero_pair,
    more_than_there_is,
    parts_of_a_unit,
    rounded_up,
    unannounced,
    without_cost,
    other_events,
)


def _stock(floor: Floor, shelf: Shelf, units: int, at: datetime) -> StockRecord:
    """Take so many in and return their record."""
    reference = f"PO-CASE-{shelf.sku}"[:40]
    return floor.receive(reference, "standard", [(shelf, units * 1000)], at)[0]


def _sent_out(
    floor: Floor,
    reference: str,
    shelf: Shelf,
    *,
    ordered_milli: int,
    at: datetime,
    sent_milli: int | None = None,
) -> Order:
    """Take an order of one line all the way out of the building; more may leave than ordered."""
    order = floor.goods_out.order(reference, shelf.warehouse, "0", [(shelf, ordered_milli)])
    line = order.lines[0]
    floor.goods_out.enter(order, at + MINUTE)
    floor.goods_out.pick(order, line, sent_milli or ordered_milli, at + 2 * MINUTE)
    floor.goods_out.dispatch(order, line, at + 3 * MINUTE)
    floor.goods_out.complete(order, at + 3 * MINUTE)
    return order


def _loose(floor: Floor, shelf: Shelf) -> StockRecord:
    """Return the record at a shelf's pickface."""
    return next(
        record for record in floor.room.records.free(shelf) if record.location == pickface(shelf)
    )
