"""Cuts what ships out of the whole year: `python -m streams.sandbox.extract YEAR.csv.gz [FOLDER]`.

Prints what it counted in the whole year, and exits 1 where that is not what is known of it. Rows
are copied as they stand; running it again on the same file gives the same bytes.
"""

import csv
import gzip
import io
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from streams.sandbox.catalogue import Catalogue, catalogue_rows, learn
from streams.sandbox.lines import Line, is_adjustment, is_charge, reversals
from streams.sandbox.lines_file import read_days, read_lines
from streams.sandbox.shipped_days import CATALOGUE_FILE, SHIPPED, SHIPPED_DAYS, day_file

KNOWN = {
    "days": 305,
    "lines": 541_909,
    "codes": 4_070,
    "codes_differing_in_case": 112,
    "codes_never_priced": 132,
    "charges": 2_946,
    "adjustments": 2_094,
    "adjustments_typed": 640,
    "adjustments_of_charges": 9,
    "reversals": 631,
}


def extract(year: Path, folder: Path) -> None:
    """Write the shipped days and their catalogue into a folder."""
    codes: set[str] = set()
    for day in SHIPPED_DAYS:
        header, rows = _rows_of(year, day.isoformat())
        codes |= {row[1] for row in rows}
        _write(folder / day_file(day), [header, *rows])
    _write(folder / CATALOGUE_FILE, catalogue_rows(learn(read_lines(year)), codes))


def count(year: Path) -> Counter[str]:
    """Return what the whole year holds, by the rules of `lines.py`."""
    catalogue = learn(read_lines(year))
    counts: Counter[str] = Counter()
    codes: set[str] = set()
    for _, lines in read_days(year):
        counts["days"] += 1
        counts["lines"] += len(lines)
        counts["reversals"] += len(reversals(lines))
        codes |= {line.code for line in lines}
        _count_kinds(counts, lines, catalogue)
    counts["codes"] = len(codes)
    counts["codes_differing_in_case"] = len(codes) - len({code.upper() for code in codes})
    counts["codes_never_priced"] = len(codes - catalogue.prices.keys())
    return counts


def _count_kinds(counts: Counter[str], lines: Iterable[Line], catalogue: Catalogue) -> None:
    for line in lines:
        counts["charges"] += is_charge(line.code)
        if is_adjustment(line, catalogue.names):
            counts["adjustments"] += 1
            counts["adjustments_typed"] += bool(line.description)
            counts["adjustments_of_charges"] += is_charge(line.code)


def _rows_of(year: Path, day: str) -> tuple[list[str], list[list[str]]]:
    with gzip.open(year, "rt", encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        header = next(rows)
        return header, [row for row in rows if row[4].startswith(day)]


def _write(path: Path, rows: Iterable[Sequence[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    # No time and no name inside, so that the same rows are the same bytes.
    path.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))


def main() -> None:
    """Extract, then say what the year holds, and whether that is what is known of it."""
    year = Path(sys.argv[1])
    extract(year, Path(sys.argv[2]) if len(sys.argv) > 2 else SHIPPED)
    counts = count(year)
    for name, known in KNOWN.items():
        differs = "" if counts[name] == known else f"  known are {known:,}"
        sys.stdout.write(f"{name:28} {counts[name]:8,}{differs}\n")
    sys.exit(counts != KNOWN)


if __name__ == "__main__":
    main()
