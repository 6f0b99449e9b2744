"""The comparison as a table for the README."""

from collections.abc import Mapping, Sequence

from streams.bench.figures import Figure, shown
from tests.bench.peers.catalogue import PEERS
from tests.bench.peers.peer import Peer
from tests.bench.peers.truth import WITHOUT_A_KILL

TIMES = "ours_times_faster"
COLUMNS = {
    "movements_per_s": "movements/s",
    TIMES: "ours is faster, times",
    "cpu_s_per_million": "CPU s a million",
    "peak_memory_mib": "peak MiB",
    "clean_start_s": "start, s",
    "start_after_kill_s": "start after kill -9, s",
    "levels_wrong": "levels wrong",
    "entries_missing": "entries missing",
    "entries_double": "entries double",
}
# The worst of the runs is shown, of those in peace too: a median would hide what a kill does in one
# of three.
COUNTS = ("levels_wrong", "entries_missing", "entries_double")


def markdown(figures: Sequence[Figure], skipped: Mapping[str, str], about: str) -> str:
    """Return a row for each peer, with what was measured above it and who was skipped below."""
    cells: dict[str, dict[str, Figure]] = {}
    for figure in figures:
        cells.setdefault(figure.bench, {})[figure.measure] = figure
    head = ["peer", "promises", *COLUMNS.values()]
    rows = [_row(head), "|---|---|" + "--:|" * len(COLUMNS)]
    rows += [_of(peer, cells[peer.name]) for peer in PEERS if peer.name in cells]
    rows += [f"\n{name} was skipped: {why}" for name, why in skipped.items()]
    return "\n".join((about, "", *rows))


def _of(peer: Peer, measured: Mapping[str, Figure]) -> str:
    said = [_shown(measure, measured) for measure in COLUMNS]
    return _row([peer.title, peer.promises, *said])


def _shown(measure: str, measured: Mapping[str, Figure]) -> str:
    if measure in COUNTS:
        named = (measured.get(name) for name in (measure, measure + WITHOUT_A_KILL))
        runs = [run for figure in named if figure for run in figure.runs]
        return f"{max(runs):,.0f}" if runs else ""
    figure = measured.get(measure)
    return shown(figure.median) if figure else ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
