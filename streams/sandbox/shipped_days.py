"""The retailer's days that ship with the package, and whose they are."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from streams.sandbox.catalogue import Catalogue, read_catalogue
from streams.sandbox.lines import Line
from streams.sandbox.lines_file import read_days

SHIPPED_DAYS = (date(2011, 10, 25), date(2011, 12, 5))
CREDIT = (
    "Sales: Chen, D., Online Retail, UCI Machine Learning Repository, 2015, CC BY 4.0 "
    "(see streams/sandbox/shipped/CREDIT.md)"
)
SHIPPED = Path(__file__).parent / "shipped"
CATALOGUE_FILE = "catalogue.csv.gz"


def day_file(day: date) -> str:
    """Return the name of a shipped day's file."""
    return f"{day.isoformat()}.csv.gz"


def shipped_days(days: tuple[date, ...]) -> Iterator[tuple[date, list[Line]]]:
    """Return shipped days in order; `LookupError` names one that does not ship."""
    for day in days:
        if day not in SHIPPED_DAYS:
            known = ", ".join(str(known) for known in SHIPPED_DAYS)
            raise LookupError(f"{day} does not ship with the package ({known} do): give --input")
        yield from read_days(SHIPPED / day_file(day))


def shipped_catalogue() -> Catalogue:
    """Return names and prices of all that is sold on a shipped day."""
    return read_catalogue(SHIPPED / CATALOGUE_FILE)
