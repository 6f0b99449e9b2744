"""What the retailer's products are called and sell for, learnt from the lines themselves."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from statistics import median_low

from ledger.valuation import COST_SCALE
from streams.sandbox.lines import Line

COST_SHARE = Decimal("0.55")  # of the selling price: the lines tell no cost, so it is stated here
_PENCE = 100


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Names and prices by code; a code that never had a price has neither here."""

    codes: frozenset[str]  # charges too
    names: Mapping[str, frozenset[str]]
    prices: Mapping[str, Decimal]  # pounds for one: the middle one of all its lines

    def unit_cost_e4(self, code: str) -> int | None:
        """Return the stated share of the price, in ten-thousandths of a penny; None: no price."""
        price = self.prices.get(code)
        if price is None:
            return None
        cost = price * COST_SHARE * _PENCE * COST_SCALE
        return int(cost.to_integral_value(ROUND_HALF_EVEN))


def learn(lines: Iterable[Line]) -> Catalogue:
    """Return the catalogue of some lines: a line with a price names its product."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    prices: defaultdict[str, list[Decimal]] = defaultdict(list)
    codes: set[str] = set()
    for line in lines:
        codes.add(line.code)
        if line.price > 0:
            names[line.code].add(line.description)
            prices[line.code].append(line.price)
    return Catalogue(
        frozenset(codes),
        {code: frozenset(called) for code, called in names.items()},
        {code: median_low(paid) for code, paid in prices.items()},
    )


def read_catalogue(path: Path) -> Catalogue:
    """Read what `write_catalogue` wrote."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    prices: dict[str, Decimal] = {}
    codes: set[str] = set()
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        for code, name, price in csv.reader(text):
            codes.add(code)
            if price:
                names[code].add(name)
                prices[code] = Decimal(price)
    return Catalogue(
        frozenset(codes), {code: frozenset(called) for code, called in names.items()}, prices
    )


def catalogue_rows(catalogue: Catalogue, codes: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return code, name, price of some codes, sorted; without a name or a price: empty."""
    return [
        (code, name, str(catalogue.prices.get(code, "")))
        for code in sorted(codes)
        for name in sorted(catalogue.names.get(code, {""}))
    ]
