"""The file of the retailer's lines: what is read, and what is refused with its line."""

import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from streams.sandbox.lines import Line
from streams.sandbox.lines_file import UnreadableLines, read_days, read_lines

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
GOOD = "1,A,MUG,5,2011-06-01 09:00:00,1.25,17850.0,UK\n"
MANY = HEADER + GOOD * 2_000


def read(folder: Path, content: bytes) -> list[Line]:
    file = folder / "lines.csv.gz"
    file.write_bytes(content)
    return list(read_lines(file))


def refused(folder: Path, content: bytes) -> str:
    with pytest.raises(UnreadableLines) as refusal:
        read(folder, content)
    return str(refusal.value)


def packed(text: str | bytes) -> bytes:
    return gzip.compress(text if isinstance(text, bytes) else text.encode(), mtime=0)


def row(**changed: str) -> str:
    fields = dict(zip(HEADER.strip().split(","), GOOD.strip().split(","), strict=True)) | changed
    return ",".join(fields.values()) + "\n"


def test_a_line_is_read_as_it_stands(tmp_path: Path) -> None:
    """Seven columns count, wherever they stand; spaces around a description do not."""
    (line,) = read(
        tmp_path,
        packed(
            "Till,UnitPrice,StockCode,Description,Quantity,InvoiceDate,InvoiceNo,CustomerID\n"
            "4,-0.001,A, MUG ,-5,2011-06-01 09:00:00,C1,17850.0\n"
        ),
    )

    assert (line.invoice, line.code, line.description, line.quantity) == ("C1", "A", "MUG", -5)
    assert ("2011-06-01T08:00:00+00:00", Decimal("-0.001"), "17850") == (
        line.at.isoformat(),
        line.price,
        line.customer,
    )


def test_a_byte_order_mark_is_no_part_of_a_column(tmp_path: Path) -> None:
    """Spreadsheets begin what they call CSV UTF-8 with one."""
    assert len(read(tmp_path, packed("\ufeff" + HEADER + GOOD))) == 1


def test_lines_without_anything_are_passed_over(tmp_path: Path) -> None:
    """The end of a file is often one."""
    assert len(read(tmp_path, packed(HEADER + GOOD + "\n" + GOOD + "\n"))) == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"UnitPrice": ""}, "UnitPrice '': pounds are wanted, as 1.25"),
        ({"UnitPrice": '"1,25"'}, "UnitPrice '1,25': pounds"),
        ({"UnitPrice": "NaN"}, "UnitPrice 'NaN': pounds"),
        ({"UnitPrice": "1e30"}, "UnitPrice '1e30': pounds"),
        ({"Quantity": ""}, "Quantity '': a whole number of at most 7 digits is wanted, and not 0"),
        ({"Quantity": "2.5"}, "Quantity '2.5': a whole number"),
        ({"Quantity": "12345678"}, "Quantity '12345678': a whole number"),
        ({"Quantity": "0"}, "Quantity '0': a whole number"),
        ({"InvoiceDate": "01/06/2011 09:00"}, "InvoiceDate '01/06/2011 09:00': London's time is"),
        ({"InvoiceDate": "2011-06-01T09:00Z"}, "InvoiceDate '2011-06-01T09:00Z': London's time"),
        ({"InvoiceDate": "9999-12-31 09:00"}, "InvoiceDate '9999-12-31 09:00': London's time"),
        ({"InvoiceDate": "2011-05-31 23:00"}, "2011-05-31 after 2011-06-01: sort the lines by"),
        ({"InvoiceNo": ""}, "InvoiceNo '': 1 to 50 characters"),
        ({"StockCode": " "}, "StockCode ' ': 1 to 50 characters"),
        ({"StockCode": "A" * 51}, f"StockCode '{'A' * 40}': 1 to 50 characters"),
        ({"StockCode": "A\x07"}, "StockCode 'A\\x07': 1 to 50 characters"),
        ({"Country": "UK,"}, "9 fields, the first line has 8: mend or remove the line"),
        ({"Description": '"MUG'}, "no CSV ("),
    ],
)
def test_a_wrong_line_is_named(changed: dict[str, str], said: str, tmp_path: Path) -> None:
    """The number is that of the text's line: a quoted field may span several."""
    text = HEADER + row(Description='"A\nMUG"') + row(**changed)

    assert refused(tmp_path, packed(text)).startswith(f"line 4: {said}")


def test_a_short_line_is_named(tmp_path: Path) -> None:
    """A line that was cut has fields of nothing."""
    assert refused(tmp_path, packed(HEADER + GOOD + "1,A\n")) == (
        "line 3: 2 fields, the first line has 8: mend or remove the line"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: no column InvoiceNo: the first line must name InvoiceNo, StockCode, "),
        (packed(HEADER.replace("UnitPrice", "Price")), "line 1: no column UnitPrice: the first"),
        (MANY.encode(), "line 1: no whole gzip (Not a gzipped file (b'In')): pack the CSV with"),
        (packed((HEADER + row(Description="CAF\xc9")).encode("latin-1")), "line 2: not UTF-8"),
        (packed(MANY.encode("utf-16")), "line 1: not UTF-8: save the file as UTF-8"),
    ],
)
def test_a_wrong_file_is_named(content: bytes, said: str, tmp_path: Path) -> None:
    """What is no file of ours is refused at its first line that shows it."""
    assert refused(tmp_path, content).startswith(said)


@pytest.mark.parametrize("damage", ["cut", "turned", "wrong sum"])
def test_a_damaged_file_is_refused(damage: str, tmp_path: Path) -> None:
    """A download cut short, a bit turned, a sum that does not fit: never a traceback."""
    whole = packed(MANY)
    content = {
        "cut": whole[: len(whole) // 2],
        "turned": whole[:20] + bytes(byte ^ 0xFF for byte in whole[20:]),
        "wrong sum": whole[:-8] + bytes(4) + whole[-4:],
    }[damage]

    assert "no whole gzip (" in refused(tmp_path, content)


def test_days_are_londons(tmp_path: Path) -> None:
    """Half past midnight in June is of the day before in UTC."""
    file = tmp_path / "lines.csv.gz"
    file.write_bytes(packed(HEADER + GOOD + row(InvoiceDate="2011-06-02 00:30:00")))

    assert [date(2011, 6, 1), date(2011, 6, 2)] == [day for day, _ in read_days(file)]
