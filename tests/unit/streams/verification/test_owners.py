"""Which deliveries are of an account of ours, as the worker reads them and as `stock verify` does.

A delivery that moves stock of ours leaves a trace; one of another owner's leaves none.
"""

from typing import Any

import orjson
import pytest

from ledger.holds import Place
from streams.settings import Settings
from streams.topics import DELIVERIES, MOVEMENTS, TRANSLATE_CHANGELOG
from streams.verify import policy_of
from tests.support.played import Played, body
from tests.support.rebuilding import begin_again

UP = "stock.positively_adjusted"
OURS, OTHER = {"code": "NPK"}, {"code": "ACME"}


def of(account: Any, **said: Any) -> dict[str, Any]:
    return body(1, account=account, **said)


def transfer(source: Any, target: Any, **said: Any) -> dict[str, Any]:
    return {"transaction_source": of(source), "transaction_target": of(target), **said}


IDS = {"account_ids": {"17": "NPK", "18": "ACME"}}
BODIES: dict[str, tuple[str, Any, dict[str, Any], bool]] = {
    # name: event, body, the tenant's words, whether the worker takes it for ours
    "its own code": (UP, of(OURS), {}, True),
    "another's code": (UP, of(OTHER), {}, False),
    "a linked order of ours": (UP, of(OTHER, goods_out={"account": OURS}), {}, False),
    "a linked order of another": (UP, of(OURS, goods_out={"account": OTHER}), {}, True),
    "a code before a second": (UP, of(OTHER, account_code="NPK"), {}, False),
    "a second that is a list": (UP, of(OTHER, account_code=["NPK"]), {}, False),
    "a first that is a list": (UP, of({"code": ["ACME"]}, account_code="NPK"), {}, True),
    "an empty first": (UP, of({"code": ""}, account_code="NPK"), {}, True),
    "a bare text": (UP, of("NPK"), {}, True),
    "a bare number": (UP, of(17), IDS, True),
    "a bare number before another id": (UP, of(17, account_id=18), IDS, False),
    "an id": (UP, of({"id": 17}), IDS, True),
    "another's id": (UP, of({"id": 18}), IDS, False),
    "a code before an id": (UP, of({"code": "ACME", "id": 17}), IDS, False),
    "a number for a code": (UP, of({"code": 5}, account_code="NPK"), {}, False),
    "an id as a text": (UP, of("17"), IDS, True),
    "a code that is another's id": (UP, of({"code": "17", "id": 77}), IDS, False),
    "an envelope": (UP, {"data": {"attributes": of(OURS)}}, {}, True),
    "an inner layer": (UP, {"account": OURS, "data": of(OTHER)}, {}, False),
    "an inner layer of nothing": (
        UP,
        {"account": OURS, "data": {**of("x"), "account": None}},
        {},
        True,
    ),
    "no envelope wanted": (
        UP,
        {**of(OTHER), "data": {"account": OURS}},
        {"envelope": "flat"},
        False,
    ),
    "another place": (UP, of(OTHER, owner="NPK"), {"names": {"account": ["owner"]}}, True),
    "a transfer to us": ("stock.account_transferred", transfer(OTHER, OURS), {}, True),
    "a transfer from us": ("stock.account_transferred", transfer(OURS, OTHER), {}, True),
    "a transfer of others": (
        "stock.account_transferred",
        transfer(OTHER, {"code": "BOLT"}, account=OURS),
        {},
        False,
    ),
}


def told(name: str) -> Played:
    event, said, words, _ = BODIES[name]
    played = Played(1, **{"accounts": ["NPK"], **words})
    played.deliver(event, said)
    played.run()
    return played


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_of_whom_the_worker_takes_it_for(name: str) -> None:
    """Its own account's first place counts, wherever else it names one."""
    event, said, _, is_ours = BODIES[name]
    played = told(name)
    counts = played.mark(TRANSLATE_CHANGELOG.name).fields["counts"]
    assert counts["movement" if is_ours else "foreign"] == 1
    assert [str(finding) for finding in played.verdict().findings] == []
    owners = policy_of(played.settings).owners
    is_transfer = event == "stock.account_transferred"
    named = {"NPK"} if is_ours else set[str]()

    assert owners.of_ours(orjson.dumps(said), is_transfer=is_transfer) == named


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b"1", b"[" * 100_000, b'{"data": 1}'])
def test_what_names_nobody_is_nobody_s(value: bytes | None) -> None:
    """Nor does it stop the proof."""
    owners = policy_of(Played(1).settings).owners

    assert owners.of_ours(value, is_transfer=False) == set()
    assert owners.of_ours(value, is_transfer=True) == set()


def accounts_are(played: Played, *accounts: str) -> None:
    """Have workers begin with these accounts of ours."""
    clarus = {**played.settings.clarus.model_dump(), "accounts": accounts}
    played.settings = Settings.model_validate({"partitions": 1, "clarus": clarus})
    begin_again(played)


def lost(played: Played, event: str) -> None:
    """Lose the movement of a delivery."""
    movement = played.sent(MOVEMENTS.name, lambda r: f'{event}"'.encode() in r.value)
    played.drop(movement)


def test_what_was_foreign_when_it_came_is_no_finding() -> None:
    """An account is ours from the delivery on that is the first read with it."""
    played = Played(1, accounts=["NPK"])
    played.open("", Place("NPK", "LEEDS"))
    played.deliver(UP, body(1, account={"code": "OAK"}))
    played.run()
    accounts_are(played, "NPK", "OAK")
    assert played.verdict().findings == ()
    played.deliver(UP, body(2, account={"code": "OAK"}))
    played.run()

    assert played.verdict().findings == ()
    lost(played, "stock.positively_adjusted:2")
    found = [f for f in played.verdict().findings if f.topic == DELIVERIES.name and f.offset == 1]
    assert [f.what for f in found] == ["it moves stock of an account of ours, and left no trace"]


def test_an_account_that_was_another_s_for_a_while_is_ours_anew() -> None:
    """What came meanwhile was rightly foreign."""
    played = Played(1, accounts=["NPK", "OAK"])
    for number, accounts in enumerate((("NPK",), ("OAK", "NPK"))):
        played.deliver(UP, body(number, account={"code": "OAK"}))
        played.run()
        accounts_are(played, *accounts)
    played.deliver(UP, body(2, account={"code": "OAK"}))
    played.run()

    assert played.mark(TRANSLATE_CHANGELOG.name).fields["state"] == {
        "ours_since": {"NPK": 0, "OAK": 2}
    }
    assert played.verdict().findings == ()
