"""`stock bench`: the figures of the README, on this machine."""

import shutil
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from streams.bench.benches import NAMES, Bench
from streams.bench.figures import Figure, markdown
from streams.bench.growth import SKUS, SKUS_QUICK, Growth, curves, tables
from streams.bench.machine import cores, described
from streams.bench.plan import FULL, QUICK, Plan
from streams.broker import LocalKafka
from streams.commands.say import (
    EXIT_CONFIG,
    EXIT_USAGE,
    AsJson,
    errors,
    facts,
    fail,
    one_line_errors,
    run,
    say,
    settings_or_exit,
)
from streams.commands.signals import unless_stopped
from streams.home import folder_in_home, one_at_a_time
from streams.settings import Settings

Measured = TypeVar("Measured")

PEERS = "tests.bench.peers"
ROOT = Path(__file__).parents[2]  # of a clone; of an installed package, where no tests are


def bench(
    *,
    quick: Annotated[
        bool, typer.Option(help="Small sizes, one run: to see that it works.")
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(NAMES)}; or a peer.")
    ] = None,
    runs: Annotated[int | None, typer.Option(help="Runs of each benchmark.", min=1)] = None,
    peers: Annotated[
        bool, typer.Option("--peers", help="Side by side with others; from a clone.")
    ] = False,
    growth: Annotated[
        Path | None, typer.Option(help="Cost against size instead; its curves go here, as SVG.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure on a real Kafka that is started for it: median of several runs, and their spread.

    What is measured has a core for itself, broker and loader have another. The full run takes some
    ten minutes, and wants a machine at rest. Instead of the figures: with --peers ours, a bare
    loop, Kafka Streams, Quix Streams and Faust do the same work side by side, once in peace and
    once with a kill -9; with --growth the rate and the memory of 1,000,000 movements over 1,000 to
    1,000,000 SKUs, the recovery of as many cards that remember 14 movements each, from 10 versions
    of each, and 1, 2 and 4 workers, each on a core of its own while there are more.

    Exit codes: 0 measured; 2 the command line is wrong, or no peers here; 69 Kafka did not start;
    78 a process failed.
    """
    if growth is not None:
        _refuse_beside_growth({"--peers": peers, "--only": only, "--runs": runs})
    if peers:
        _compare(only, runs, quick=quick, as_json=as_json)
    elif growth is not None:
        _grow(growth, quick=quick, as_json=as_json)
    else:
        _measure(only, runs, quick=quick, as_json=as_json)


def _measure(only: list[str] | None, runs: int | None, *, quick: bool, as_json: bool) -> None:
    _refuse_unknown(only, NAMES)
    settings = settings_or_exit()
    plan, placed = _plan(quick=quick, runs=runs), cores()
    bench = Bench(plan, only or NAMES, placed, _say)
    figures = _done(bench.run, settings)
    about = f"{described()}; {placed.sentence}; {plan.runs} runs each"
    _tell(figures, about, markdown(figures, about), as_json=as_json)


def _grow(svg: Path, *, quick: bool, as_json: bool) -> None:
    settings = settings_or_exit()
    require_writable(svg)
    placed = cores()
    plan, sizes = (QUICK, SKUS_QUICK) if quick else (FULL, SKUS)
    growth = Growth(plan, sizes, placed, _say)
    figures = _done(growth.run, settings)
    about = f"{described()}; {placed.sentence}; 1 run each; {growth.sentence}"
    tell_growth(figures, about, svg, as_json=as_json)


def require_writable(svg: Path) -> None:
    """Exit 2 where the curves cannot be written; what is there, or is not, stays so."""
    try:
        was_there = svg.exists()
        svg.open("a").close()
        if not was_there:
            svg.unlink()
    except OSError as error:
        fail(f"--growth {svg}: {error.strerror}: name a file that can be written", EXIT_USAGE)


def tell_growth(figures: list[Figure], about: str, svg: Path, *, as_json: bool) -> None:
    """Tell the figures, which took long, before anything is drawn; exit 78 where that fails."""
    _tell(figures, about, tables(figures, about), as_json=as_json)
    try:
        svg.write_text(curves(figures))
    except OSError as error:
        why = f"{svg}: {error.strerror}"
        fail(f"the figures are told, their curves are not drawn: {why}", EXIT_CONFIG)
    _say(f"the curves are in {svg}")


def _compare(only: list[str] | None, runs: int | None, *, quick: bool, as_json: bool) -> None:
    """Run the comparison, which lives with the tests: what it needs is no part of the program."""
    if not ROOT.joinpath(*PEERS.split(".")).is_dir():
        fail("--peers runs from a clone of the repository: its tests are not here", EXIT_USAGE)
    sys.path.insert(0, str(ROOT))
    peers: Any = import_module(f"{PEERS}.side_by_side")
    _refuse_unknown(only, peers.NAMES)
    settings = settings_or_exit()
    placed = cores()
    sizes = peers.sizes(quick=quick, runs=runs)
    comparison = peers.Comparison(sizes, only or peers.NAMES, placed, _say)
    compared = _done(comparison.run, settings)
    about = f"{described()}; {placed.sentence}; {sizes.sentence}"
    if as_json:
        facts({"about": about, **compared.facts()})
    else:
        say(compared.markdown(about))


def _refuse_beside_growth(given: Mapping[str, object]) -> None:
    why = {
        "--peers": "--growth does not go with --peers: one or the other",
        "--only": "--only does not go with --growth: it measures all of its sizes",
        "--runs": "--runs does not go with --growth: each size runs once",
    }
    for option, value in given.items():
        if value:
            fail(why[option], EXIT_USAGE)


def _refuse_unknown(only: list[str] | None, names: Sequence[str]) -> None:
    unknown = set(only or ()) - set(names)
    if unknown:
        fail(f"there is no benchmark {', '.join(sorted(unknown))}: {', '.join(names)}", EXIT_USAGE)


def _done(
    measure: Callable[[Path, Path], Coroutine[Any, Any, Measured]], settings: Settings
) -> Measured:
    """Measure with the folder of the benchmarks and the jars; what failed leaves its logs there."""
    with one_line_errors(), only_bench(settings) as folder:
        return run(unless_stopped(measure(folder, settings.cache)))


@contextmanager
def only_bench(settings: Settings) -> Iterator[Path]:
    """Give the folder of the benchmarks, with nothing in it, to one of them at a time.

    Raises `RefusesToRun` where another measures. It is gone after the block, unless that failed.
    """
    home = folder_in_home(settings)
    folder = home / "bench"
    with one_at_a_time(home / "bench.lock", "bench"):
        # The Kafka of one that was killed runs on, and its note of itself goes with the folder.
        LocalKafka(folder).stop()
        shutil.rmtree(folder)
        yield folder_in_home(settings, "bench")
        shutil.rmtree(folder, ignore_errors=True)


def _plan(*, quick: bool, runs: int | None) -> Plan:
    plan = QUICK if quick else FULL
    return plan if runs is None else replace(plan, runs=runs)


def _tell(figures: list[Figure], about: str, table: str, *, as_json: bool) -> None:
    if as_json:
        facts({"about": about, "figures": [figure.facts() for figure in figures]})
    else:
        say(table)


def _say(progress: str) -> None:
    errors.print(progress, style="dim", highlight=False)
