"""Curves as an SVG any browser shows, with every point in its panel."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from streams.bench.plot import HEIGHT, WIDTH, Panel, plot

SVG = "{http://www.w3.org/2000/svg}"
POSITIVE = st.floats(min_value=1e-3, max_value=1e9)


def _read(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 (our own)


@given(st.lists(st.tuples(POSITIVE, POSITIVE), min_size=1, max_size=9))
def test_every_point_is_inside_its_panel(points: list[tuple[float, float]]) -> None:
    """Whatever was measured, nothing is drawn outside the axes."""
    drawn = _read(plot([Panel("memory, MiB", "SKUs", points)]))
    circles = drawn.findall(f".//{SVG}circle")

    assert len(circles) == len(points)
    assert all(0 <= float(circle.attrib["cx"]) <= WIDTH for circle in circles)
    assert all(0 <= float(circle.attrib["cy"]) <= HEIGHT for circle in circles)


def test_more_is_further_up_and_to_the_right() -> None:
    """As everybody reads a curve."""
    drawn = _read(plot([Panel("seconds", "SKUs", [(1_000, 2.0), (100_000, 5.0)])]))
    small, large = drawn.findall(f".//{SVG}circle")

    assert float(small.attrib["cx"]) < float(large.attrib["cx"])
    assert float(small.attrib["cy"]) > float(large.attrib["cy"])


def test_a_title_is_text_and_no_markup() -> None:
    """What stands in a title cannot break the picture."""
    drawn = _read(plot([Panel("a < b & c", "SKUs", [(1, 1)])]))

    assert any(text.text == "a < b & c" for text in drawn.iter(f"{SVG}text"))
