"""`stock chart`: reasons, categories and accounts of this tenant."""

import time

import typer

from streams.chart import chart_of
from streams.chart_apply import apply as apply_chart
from streams.commands.example import example
from streams.commands.ours import our_settings_or_exit
from streams.commands.say import AsJson, console, facts, run

chart = typer.Typer(help="Reasons, categories and accounts.", no_args_is_help=True)


@chart.command(epilog=example("stock chart apply"))
def apply(as_json: AsJson = False) -> None:
    """Let the chart of stock.toml count from here on; what it maps anew is entered then.

    The chart is the shipped one with the tables [[category]], [[reason]] and [[phrase]] over it.
    Entries written before stay as they are.

    Exit codes: 0 it counts; 69 Kafka does not answer; 78 no account is ours, a row does not fit,
    or the topics.
    """
    settings = our_settings_or_exit()
    applied = run(apply_chart(settings, now_ms=int(time.time() * 1000)))
    rules = chart_of(settings).rules if applied is None else applied.rules
    if as_json:
        facts({"rules": rules, "written": applied is not None})
    elif applied is None:
        console.print(f"{rules} counts already", highlight=False)
    else:
        console.print(
            f"{rules} counts from here on: {len(applied.categories)} categories, "
            f"{len(applied.reasons)} reason codes, {len(applied.phrases)} phrases",
            highlight=False,
            soft_wrap=True,
        )
