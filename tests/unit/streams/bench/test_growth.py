"""Cost against size as people read it: a row a size, and the curves of the same figures."""

from xml.etree import ElementTree as ET

from streams.bench.figures import Figure, figures_of
from streams.bench.growth import CURVES, curves, tables

SVG = "{http://www.w3.org/2000/svg}"
OF_SKUS = {
    "movements_per_s": 30_000.0,
    "peak_memory_mib": 150.0,
    "start_to_ready_s": 2.5,
    "memory_mib": 120.0,
}
OF_WORKERS = {"movements_per_s": 20_000.0, "cpu_s_per_million": 40.0, "peak_memory_mib": 300.0}
FIGURES: list[Figure] = [
    *figures_of("skus_10000", [OF_SKUS | {"memory_mib": 130.0}]),
    *figures_of("skus_1000", [OF_SKUS]),
    *figures_of("workers_2", [OF_WORKERS]),
]


def test_every_size_is_a_row_and_the_smallest_is_first() -> None:
    """Sizes in thousands are written as people write them."""
    table = tables(FIGURES, "a machine, at rest").splitlines()

    assert table[0] == "a machine, at rest"
    assert table[4] == "| 1,000 | 30,000 | 150.0 | 2.50 | 120.0 |"
    assert table[5] == "| 10,000 | 30,000 | 150.0 | 2.50 | 130.0 |"
    assert table[-1] == "| 2 | 20,000 | 40.0 | 300.0 |"


def test_every_curve_has_a_point_a_size() -> None:
    """Figures of workers are on none of them."""
    drawn = ET.fromstring(curves(FIGURES))  # noqa: S314 (our own)

    assert len(drawn.findall(f".//{SVG}circle")) == 2 * len(CURVES)
