"""`stock quarantine`: what was set aside, and how it goes back."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated

import typer

from ledger.exceptions import ExceptionClass
from streams.acceptances import accepted_before
from streams.clarus.words import Words
from streams.commands.example import example
from streams.commands.quarantine_shown import body, headers, print_record, summary, table
from streams.commands.say import (
    EXIT_DISAGREES,
    EXIT_USAGE,
    AsJson,
    console,
    facts,
    fail,
    run,
    settings_or_exit,
)
from streams.commands.shown import safe_text
from streams.engine.fold import Send
from streams.quarantine import (
    Acceptance,
    NotFound,
    NotReplayable,
    SetAside,
    accepted,
    again,
    find,
    read_quarantine,
    send,
)
from streams.settings import Settings
from streams.topic_admin import check_topics

COUNTS_ALREADY = "accepted before, counts already"
WHO_MAX, WHY_MAX = 100, 500  # characters


class SetAsideAs(Enum):
    """Why a record was set aside."""

    BAD = "bad"
    CONFLICT = ExceptionClass.CONFLICT.value
    TOO_OLD = ExceptionClass.TOO_OLD.value


quarantine = typer.Typer(help="The records set aside, and their way back.", no_args_is_help=True)

Where = Annotated[
    str, typer.Argument(help="partition/offset in the quarantine, or topic/partition/offset.")
]


@quarantine.command(
    name="list",
    epilog=example("stock quarantine list --class E04"),
    help=(
        "List what was set aside in the last 90 days, the newest last.\n\n"
        "A record stays listed after its replay: a topic forgets nothing before its time.\n\n"
        "Exit codes: 0 listed; 69 Kafka does not answer; 78 the topics do not fit."
    ),
)
def list_records(
    *,
    of: Annotated[
        SetAsideAs | None,
        typer.Option("--class", help="E04 conflicts, E05 too old, or bad records."),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Only reasons that hold this text.")] = None,
    limit: Annotated[int, typer.Option(help="The newest so many.", min=1)] = 100,
    as_json: AsJson = False,
) -> None:
    """List what was set aside."""
    settings = settings_or_exit()
    now = datetime.now(UTC)
    found = run(_all(settings))
    wanted = [one for one in found if _is_wanted(one, of, reason)]
    newest = sorted(wanted, key=lambda one: (one.at, one.partition, one.offset))[-limit:]
    if as_json:
        facts({"found": len(wanted), "records": [summary(one, now) for one in newest]})
        return
    if newest:
        console.print(table(newest, now))
    more = f", the newest {limit} are shown" if len(wanted) > limit else ""
    console.print(f"{len(wanted)} of {len(found)} records{more}", highlight=False)


@quarantine.command(
    epilog=example("stock quarantine show 3/42"),
    help=(
        "Show one record: why it was set aside, its headers, its bytes, what can be done.\n\n"
        "Exit codes: 0 shown; 1 there is no such record; 69 Kafka does not answer; 78 the topics "
        "do not fit."
    ),
)
def show(
    place: Where,
    *,
    raw: Annotated[bool, typer.Option(help="Write the bytes alone, as they are.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one record."""
    settings = settings_or_exit()
    now = datetime.now(UTC)
    one = _found(settings, (place,))[0]
    if raw:
        sys.stdout.buffer.write(one.value)
    elif as_json:
        facts(summary(one, now) | {"headers": headers(one)} | body(one.value))
    else:
        print_record(one, now)


@quarantine.command(
    epilog=example('stock quarantine replay 3/42 --accept --who "A. Baker" --why "counted again"'),
    help=(
        "Send bad records once more, byte for byte, or accept movements kept apart.\n\n"
        "Plain, for a bad record whose cause is mended: a setting, a mapping. With --accept, for a "
        "conflict (E04) or a movement too old to tell (E05) that is true: it gets an id of its own "
        "and counts. All of the records named go, or none. Replaying twice changes nothing.\n\n"
        "Exit codes: 0 sent; 1 there is no such record, or it cannot go back like this; 2 the "
        "command line is wrong; 69 Kafka does not answer; 78 the topics do not fit."
    ),
)
def replay(
    places: Annotated[list[str], typer.Argument(help="As of `stock quarantine list`.")],
    *,
    accept: Annotated[bool, typer.Option("--accept", help="It is true: let it in.")] = False,
    who: Annotated[str, typer.Option(help="Who accepts; kept with the record.")] = "",
    why: Annotated[str, typer.Option(help="Why; kept with the record.")] = "",
    as_json: AsJson = False,
) -> None:
    """Send records back."""
    settings = settings_or_exit()
    acceptance = _acceptance(who, why) if accept else _no_acceptance(who, why)
    found = _found(settings, places)
    _sends(found, acceptance, settings)  # all of them can go, or none does
    before = run(accepted_before(settings, found)) if acceptance else []
    sent = [one for one in found if one not in before]
    if sent:
        run(send(settings, _sends(sent, acceptance, settings)))
    if as_json:
        facts({"sent": _places(sent), "accepted": accept, "accepted_before": _places(before)})
        return
    for verb, some in (("accepted" if accept else "sent again", sent), (COUNTS_ALREADY, before)):
        if some:
            console.print(f"{verb}: {', '.join(_places(some))}", highlight=False)


def _places(found: Iterable[SetAside]) -> list[str]:
    return [one.place for one in found]


async def _all(settings: Settings) -> list[SetAside]:
    await check_topics(settings)
    return [one async for one in read_quarantine(settings)]


async def _several(settings: Settings, places: Iterable[str]) -> list[SetAside]:
    await check_topics(settings)
    return [await find(settings, place) for place in dict.fromkeys(places)]


def _found(settings: Settings, places: Iterable[str]) -> list[SetAside]:
    try:
        return run(_several(settings, places))
    except NotFound as error:
        fail(str(error), EXIT_DISAGREES)


def _sends(
    found: Iterable[SetAside], acceptance: Acceptance | None, settings: Settings
) -> list[Send]:
    now, words = datetime.now(UTC), Words(settings.clarus)
    try:
        return [
            again(one, words, now) if acceptance is None else accepted(one, acceptance, now)
            for one in found
        ]
    except NotReplayable as error:
        fail(f"nothing is sent: {safe_text(str(error))}", EXIT_DISAGREES)


def _acceptance(who: str, why: str) -> Acceptance:
    for option, text, length_max in (("--who", who, WHO_MAX), ("--why", why, WHY_MAX)):
        if not text.strip():
            fail(f"--accept needs {option}: it is kept with the record", EXIT_USAGE)
        if len(text) > length_max or text != safe_text(text):
            fail(f"{option} takes up to {length_max} plain characters", EXIT_USAGE)
    return Acceptance(who.strip(), why.strip())


def _no_acceptance(who: str, why: str) -> None:
    if who or why:
        fail("--who and --why go with --accept", EXIT_USAGE)


def _is_wanted(one: SetAside, of: SetAsideAs | None, reason: str | None) -> bool:
    of_class = of is None or (one.of or SetAsideAs.BAD.value) == of.value
    return of_class and (reason is None or reason in one.reason)
