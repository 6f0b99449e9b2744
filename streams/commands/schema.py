"""`stock schema`: the published contract, as JSON Schemas and as one AsyncAPI document."""

import sys
from typing import Annotated

import typer

from ledger.wire_schemas import NAMES, schema_of, summary_of
from streams.asyncapi import document, render
from streams.commands.say import EXIT_USAGE, AsJson, console, facts, fail

ASYNCAPI = "asyncapi"


def schema(
    name: Annotated[str | None, typer.Argument(help="A topic, or `asyncapi`.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print the JSON Schema of a topic's values, or the AsyncAPI document; alone, what there is.

    Exit codes: 0 printed; 2 there is no such schema.
    """
    if name is None:
        _list(as_json=as_json)
    elif name == ASYNCAPI:
        sys.stdout.write(render(document()).decode())
    elif name in NAMES:
        sys.stdout.write(render(schema_of(name)).decode())
    else:
        fail(f"there is no schema {name!r}: one of {', '.join((*NAMES, ASYNCAPI))}", EXIT_USAGE)


def _list(*, as_json: bool) -> None:
    if as_json:
        facts({"schemas": [*NAMES, ASYNCAPI]})
        return
    for name in NAMES:
        console.print(f"{name:<24} {summary_of(name)}", highlight=False)
    console.print(f"{ASYNCAPI:<24} every topic, with its key, headers and values", highlight=False)
