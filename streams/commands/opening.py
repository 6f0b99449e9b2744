"""`stock opening`: the position a live warehouse starts from."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from streams.commands.example import example
from streams.commands.ours import our_settings_or_exit
from streams.commands.say import (
    EXIT_USAGE,
    AsJson,
    console,
    facts,
    fail,
    run,
)
from streams.opening import Opening, empty_place, load, opening_of, parse_moment
from streams.opening_file import COLUMNS, UnreadableOpening, read_rows
from streams.settings import Settings

opening = typer.Typer(help="The position a live warehouse starts from.", no_args_is_help=True)


@opening.command(
    name="load",
    epilog=example("stock opening load position.csv --at 2026-07-03T06:00:00Z"),
    help=(
        "Load a position: whole, in one transaction, or not at all.\n\n"
        f"FILE is CSV in UTF-8. Its first line is `{','.join(COLUMNS)}`. Then a line for each SKU "
        "of an account and site, with `on_hand` (all that is in the building: held, picked and "
        "goods in bays included), and a line for each stock record on hold, with `stock_record` "
        "and `held` instead. Numbers are decimals with at most 3 places.\n\n"
        "Without FILE, --account and --site open a place that holds nothing. What occurred in the "
        "warehouse before --at is taken to be in the position; what occurred at or after it "
        "applies, SKUs without a line included.\n\n"
        "Exit codes: 0 loaded; 2 the file or an option is wrong; 69 Kafka does not answer; "
        "78 no account is ours, a place is open already, or the topics do not fit."
    ),
)
def load_position(
    *,
    at: Annotated[str, typer.Option(help="When it was taken, by Clarus's clock, RFC 3339.")],
    file: Annotated[Path | None, typer.Argument(help="The position as CSV.")] = None,
    account: Annotated[str | None, typer.Option(help="The only account; with --site.")] = None,
    site: Annotated[str | None, typer.Option(help="The only site; with --account.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Read and check the file, write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Load a position."""
    settings = our_settings_or_exit()
    try:
        position = _position(file, at, (account, site), settings)
    except UnreadableOpening as error:
        fail(f"nothing is loaded, {file} does not fit:\n" + "\n".join(error.problems), EXIT_USAGE)
    if not position.places:
        fail(
            "nothing to load: the file has no rows; --account and --site open an empty place",
            EXIT_USAGE,
        )
    if not dry_run:
        run(load(settings, position))
    _say(position, loaded=not dry_run, as_json=as_json)


def _position(
    file: Path | None, at: str, only: tuple[str | None, str | None], settings: Settings
) -> Opening:
    now = datetime.now(UTC)
    try:
        moment = parse_moment(at, now, settings.clarus)
    except ValueError as error:
        fail(f"--at {at}: {error}", EXIT_USAGE)
    try:
        empty = empty_place(*only, settings)
    except ValueError as error:
        fail(str(error), EXIT_USAGE)
    rows = [] if file is None else read_rows(file)
    return opening_of(rows, moment, now=now, empty=empty, settings=settings)


def _say(position: Opening, *, loaded: bool, as_json: bool) -> None:
    kinds = Counter(movement.kind.value for movement in position.movements)
    said: dict[str, Any] = {
        "loaded": loaded,
        "at": position.at,
        "places": [{"account": place.account, "site": place.site} for place in position.places],
        "skus": len({movement.sku for movement in position.movements}),
        "levels": kinds["opening"],
        "held_records": kinds["opening_hold"],
    }
    if as_json:
        facts(said)
        return
    places = ", ".join(f"{place.account} at {place.site}" for place in position.places)
    done = "opened" if loaded else "would open (nothing is written)"
    console.print(
        f"{done} {places} at {position.at:%Y-%m-%d %H:%M:%S} UTC: {said['skus']} SKUs, "
        f"{said['levels']} levels, {said['held_records']} held records",
        highlight=False,
        soft_wrap=True,
    )
