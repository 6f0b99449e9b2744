"""The retailer's lines of the shipped days, held against what is known of them."""

import gzip
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from streams.sandbox import CREDIT, SHIPPED_DAYS
from streams.sandbox.extract import count, extract
from streams.sandbox.lines import Line, Sort, is_charge, reversals, sort_of
from streams.sandbox.lines_file import read_days
from streams.sandbox.shipped_days import (
    CATALOGUE_FILE,
    SHIPPED,
    day_file,
    shipped_catalogue,
    shipped_days,
)

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
SHIPPED_BYTES_MAX = 350_000


def lines_of(day: date) -> list[Line]:
    ((_, lines),) = shipped_days((day,))
    return lines


@pytest.mark.parametrize(
    ("day", "known"),
    [
        (SHIPPED_DAYS[0], {Sort.SALE: 2443, Sort.CHARGE: 8, Sort.RETURN: 12, Sort.ADJUSTMENT: 29}),
        (SHIPPED_DAYS[1], {Sort.SALE: 5281, Sort.CHARGE: 19, Sort.RETURN: 23, Sort.ADJUSTMENT: 8}),
    ],
)
def test_the_shipped_days_hold_what_the_year_holds_of_them(
    day: date, known: dict[Sort, int]
) -> None:
    """2,492 lines on the one day, 5,331 on the other, each line of exactly one sort."""
    names = shipped_catalogue().names

    assert known == Counter(sort_of(line, names) for line in lines_of(day))
    assert {2492, 5331} == {len(lines_of(day)) for day in SHIPPED_DAYS}


def test_twenty_adjustments_of_the_first_day_can_be_read() -> None:
    """Staff typed a word for 20 of them; two have question marks only, seven nothing."""
    names = shipped_catalogue().names
    lines = lines_of(SHIPPED_DAYS[0])
    typed = [line.description for line in lines if sort_of(line, names) is Sort.ADJUSTMENT]

    assert sum(any(map(str.isalpha, text)) for text in typed) == 20
    assert Counter(typed)["??"] == 2
    assert Counter(typed)[""] == 7


def test_what_ships_is_small_and_keeps_its_credit() -> None:
    """The licence asks for the author's name beside the files, and the demo shows it."""
    credit = (SHIPPED / "CREDIT.md").read_text()
    shipped = [day_file(day) for day in SHIPPED_DAYS] + [CATALOGUE_FILE]

    assert sum((SHIPPED / name).stat().st_size for name in shipped) < SHIPPED_BYTES_MAX
    for said in ("Chen, D.", "Online Retail", "UCI Machine Learning Repository", "CC BY 4.0"):
        assert said in CREDIT
        assert said in credit.replace("*", "")


def test_a_day_that_does_not_ship_is_named() -> None:
    """Whoever asks for another day is told which there are."""
    with pytest.raises(LookupError, match=r"2011-01-01 does not ship .*2011-10-25, 2011-12-05"):
        list(shipped_days((date(2011, 1, 1),)))


@pytest.mark.parametrize("code", ["POST", "M", "m", "BANK CHARGES", "gift_0001_20", "B"])
def test_charges_are_no_products(code: str) -> None:
    """Postage, fees and vouchers never reach a warehouse, however they are written."""
    assert is_charge(code)


@pytest.mark.parametrize("code", ["85123A", "DCGS0003", "PADS", "22423"])
def test_products_are_no_charges(code: str) -> None:
    """Codes of letters can be products."""
    assert not is_charge(code)


def test_a_reversal_takes_back_one_earlier_line_of_the_same_kind(tmp_path: Path) -> None:
    """Same day, customer, code and quantity, after the sale, and each sale at most once."""
    lines = of_text(
        tmp_path,
        "1,A,MUG,5,2011-06-01 09:00:00,1.0,7.0,UK\n"
        "C2,A,MUG,-5,2011-06-01 10:00:00,1.0,7.0,UK\n"
        "C3,A,MUG,-5,2011-06-01 11:00:00,1.0,7.0,UK\n"
        "C4,B,CUP,-2,2011-06-01 11:00:00,1.0,7.0,UK\n"
        "5,B,CUP,2,2011-06-01 12:00:00,1.0,7.0,UK\n"
        "C6,B,CUP,-2,2011-06-01 12:00:00,1.0,8.0,UK\n",
    )

    assert reversals(lines) == {1: 0}


def test_times_are_londons(tmp_path: Path) -> None:
    """Nine o'clock in June is eight in UTC; in December it is nine."""
    summer, winter = of_text(
        tmp_path,
        "1,A,MUG,5,2011-06-01 09:00:00,1.25,17850.0,UK\n2,A,MUG,5,2011-12-01 09:00:00,0.0,,UK\n",
    )

    assert (summer.at.hour, winter.at.hour) == (8, 9)
    assert (Decimal("1.25"), "17850", "") == (summer.price, summer.customer, winter.customer)


def test_extracting_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    """What ships can be made again by anybody who has the year."""
    year = tmp_path / "year.csv.gz"
    write(
        year,
        "1,A,MUG,5,2011-10-25 09:00:00,1.25,1.0,UK\n"
        "2,A,found,5,2011-10-25 10:00:00,0.0,,UK\n"
        "3,POST,POSTAGE,1,2011-12-05 09:00:00,18.0,1.0,UK\n"
        "4,B2,CUP,1,2011-12-05 09:00:00,2.0,1.0,UK\n",
    )
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        extract(year, folder)
    made = [{file.name: file.read_bytes() for file in folder.iterdir()} for folder in folders]

    assert made[0] == made[1]
    assert {day_file(day) for day in SHIPPED_DAYS} | {CATALOGUE_FILE} == made[0].keys()
    assert tuple(count(year)[what] for what in ("adjustments", "charges", "lines", "codes")) == (
        1,
        1,
        4,
        3,
    )


def of_text(folder: Path, rows: str) -> list[Line]:
    file = folder / "lines.csv.gz"
    write(file, rows)
    return [line for _, lines in read_days(file) for line in lines]


def write(file: Path, rows: str) -> None:
    file.write_bytes(gzip.compress((HEADER + rows).encode()))
