"""Cost against size as people read it: a row a size, and the curves of the same figures."""

from xml.etree import ElementTree as ET

import pytest

from streams.bench.figures import Figure, figures_of
from streams.bench.growth import ALIKE, CURVES, SHARED, SKUS, Growth, curves, tables
from streams.bench.machine import Cores
from streams.bench.plan import FULL

SVG = "{http://www.w3.org/2000/svg}"
OF_SKUS = {
    "movements_per_s": 30_000.0,
    "peak_memory_mib": 150.0,
    "start_to_ready_s": 2.5,
    "memory_mib": 120.0,
}
OF_WORKERS = {
    "movements_per_s": 20_000.0,
    "cpu_s_per_million": 40.0,
    "peak_memory_mib": 300.0,
    "cores": 1.0,
}
FIGURES: list[Figure] = [
    *figures_of("skus_10000", [OF_SKUS | {"memory_mib": 130.0}]),
    *figures_of("skus_1000", [OF_SKUS]),
    *figures_of("workers_2", [OF_WORKERS]),
]


def of_workers(*cores: int) -> list[Figure]:
    """Return the figures of 1, 2, 3 workers and so on, on so many cores each."""
    return [
        figure
        for workers, on in enumerate(cores, start=1)
        for figure in figures_of(f"workers_{workers}", [{**OF_WORKERS, "cores": float(on)}])
    ]


def test_every_size_is_a_row_and_the_smallest_is_first() -> None:
    """Sizes in thousands are written as people write them."""
    table = tables(FIGURES, "a machine, at rest").splitlines()

    assert table[0] == "a machine, at rest"
    assert table[4] == "| 1,000 | 30,000 | 150.0 | 2.50 | 120.0 |"
    assert table[5] == "| 10,000 | 30,000 | 150.0 | 2.50 | 130.0 |"
    assert table[-1] == "| 2 workers on 1 core | 20,000 | 40.0 | 300.0 |"


def test_every_curve_has_a_point_a_size() -> None:
    """Two of SKUs on each, one of workers on a curve of its own."""
    drawn = ET.fromstring(curves(FIGURES))  # noqa: S314 (our own)

    assert len(drawn.findall(f".//{SVG}circle")) == 2 * len(CURVES) + 1


def test_what_this_system_does_not_tell_is_left_out() -> None:
    """Off Linux no memory and no CPU: no curve of them, and no figure that would be wrong."""
    untold = dict.fromkeys(("peak_memory_mib", "memory_mib"), 0.0)
    figures = [
        *figures_of("skus_1000", [OF_SKUS | untold]),
        *figures_of("workers_1", [OF_WORKERS | {"peak_memory_mib": 0.0, "cpu_s_per_million": 0.0}]),
    ]
    drawn = ET.fromstring(curves(figures))  # noqa: S314 (our own)
    table = tables(figures, "").splitlines()

    assert len(drawn.findall(f"{SVG}g")) == len(CURVES) - len(untold) + 1
    assert "| 1,000 | 30,000 | not told | 2.50 | not told |" in table
    assert "| 1 worker on 1 core | 20,000 | not told | not told |" in table


def test_figures_say_which_cards_they_are_of() -> None:
    """A card of 1,000 SKUs remembers 1,000 movements at the rate, and 14 after recovery."""
    said = Growth(FULL, SKUS, Cores(), print).sentence
    drawn = ET.fromstring(curves(FIGURES))  # noqa: S314 (our own)

    assert said.startswith("rate and peak are of 1,000,000 movements over all SKUs")
    assert "that remembers 14, with 10 versions of it in the changelog" in said
    assert {SHARED, ALIKE} < {text.text for text in drawn.iter(f"{SVG}text")}


def test_workers_are_told_with_the_cores_they_had() -> None:
    """A rate of two workers on one core sizes no machine of two."""
    table = tables([*FIGURES, *of_workers(1, 2, 2)], "").splitlines()[-3:]

    assert [row.split(" | ")[0] for row in table] == [
        "| 1 worker on 1 core",
        "| 2 workers on 2 cores",
        "| 3 workers on 2 cores",
    ]
    assert "| 1 worker, not pinned |" in tables(of_workers(0), "")


@pytest.mark.parametrize(
    ("cores", "title"),
    [
        ((1, 2, 2), "movements/s on 1, 2, 2 cores"),
        ((1, 1, 1), "movements/s on 1 core"),
        ((0, 0, 0), "movements/s, not pinned"),
    ],
)
def test_the_curve_of_workers_says_how_many_cores_they_had(
    cores: tuple[int, ...], title: str
) -> None:
    """Once where all had the same, and otherwise for each point."""
    of_skus = [figure for figure in FIGURES if figure.bench.startswith("skus")]
    drawn = ET.fromstring(curves([*of_skus, *of_workers(*cores)]))  # noqa: S314 (our own)

    assert title in {text.text for text in drawn.iter(f"{SVG}text")}
