"""Bodies to records: exact numbers, own bytes, and no body that stops the reader."""

import pytest

from streams.clarus.records import (
    BODY_BYTES_MAX,
    LEVELS_MAX,
    RECORDS_MAX,
    NoRecord,
    Number,
    Record,
    read_records,
)


def _nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def test_numbers_keep_the_text_they_were_written_in() -> None:
    """No float, no int: nothing of a number is lost before somebody asks for it."""
    body = b'{"a": 1.10, "b": 123456789012345678901234567890, "c": 1e400, "d": "1.10"}'
    (record,) = read_records(body)

    assert isinstance(record, Record)
    assert (record.fields) == {
        "a": "1.10",
        "b": "123456789012345678901234567890",
        "c": "1e400",
        "d": "1.10",
    }
    assert [isinstance(v, Number) for v in record.fields.values()] == [True, True, True, False]


def test_object_is_one_record_with_its_own_bytes() -> None:
    """The bytes are those that came, spaces and all."""
    body = b' { "id" : 1 } \n'

    assert [Record({"id": "1"}, body)] == read_records(body)


def test_array_gives_each_record_its_own_bytes() -> None:
    """One bad record of an array can be set aside, and replayed, without the others."""
    found = read_records(b' [ {"id": 1} , 7,\n{"id":"\xc3\xa9"}] ')

    assert [each.bytes for each in found] == [b'{"id": 1}', b"7", b'{"id":"\xc3\xa9"}']
    assert [Record, NoRecord, Record] == [type(each) for each in found]


def test_byte_order_mark_is_no_fault() -> None:
    """Some senders put one before UTF-8."""
    assert [Record({"id": "1"}, b'\xef\xbb\xbf{"id":1}')] == read_records(b'\xef\xbb\xbf{"id":1}')


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the body is not JSON: Expecting value at 0"),
        (b"   ", "the body is not JSON: Expecting value at 3"),
        (b"null", "neither a JSON object nor an array of them"),
        (b'"text"', "neither a JSON object nor an array of them"),
        (b"17", "neither a JSON object nor an array of them"),
        (b"[]", "an array without a record"),
        (b"[ \n ]", "an array without a record"),
        (b'{"id": NaN}', "the body has NaN where JSON knows numbers only"),
        (b'{"id": -Infinity}', "the body has -Infinity where JSON knows numbers only"),
        (b'{"id": 1, "id": 2}', "an object of the body has the same name twice"),
        (b'{"a": {"id": 1, "id": 1}}', "an object of the body has the same name twice"),
        (b'{"id": 1}{"id": 2}', "the body is not JSON: Extra data at 9"),
        (b'[{"id": 1}] x', "the body is not JSON: Extra data at 11"),
        (b"[{}]]", "the body is not JSON: Extra data at 4"),
        (b'[{"id": 1} {"id": 2}]', "the body is not JSON: Expecting ',' delimiter at 11"),
        (b'[{"id": 1},]', "the body is not JSON: Expecting value at 11"),
        (b'[{"id": 1}', "the body is not JSON: Expecting ',' delimiter at 10"),
        (b'{"id": 01}', "the body is not JSON: Expecting ',' delimiter at 8"),
        (b'{"id": "\x01"}', "the body is not JSON: Invalid control character at at 8"),
        (b'{"id": "\xff"}', "the body is not UTF-8 text"),
        ('{"id": 1}'.encode("utf-16"), "the body is not UTF-8 text"),
        (b"<xml/>", "the body is not JSON: Expecting value at 0"),
    ],
)
def test_body_that_is_no_record_is_one_fault(body: bytes, reason: str) -> None:
    """The whole body is set aside, with the reason."""
    assert [NoRecord(reason, body)] == read_records(body)


def test_nesting_is_bounded_record_by_record() -> None:
    """The twentieth level is one too many, and costs only the record that has it."""
    deepest, too_deep = _nested(LEVELS_MAX), _nested(LEVELS_MAX + 1)
    found = read_records(b"[" + deepest + b"," + too_deep + b"]")

    assert [Record, NoRecord] == [type(each) for each in found]
    assert NoRecord("nested 20 levels deep or deeper", too_deep) == found[1]


@pytest.mark.parametrize(("opened", "closed"), [(b'{"a":', b"}"), (b"[", b"]")])
def test_width_is_no_nesting(opened: bytes, closed: bytes) -> None:
    """Many lines of the deepest allowed kind are fine; one level more in one of them is not."""
    deepest = opened * (LEVELS_MAX - 1) + b"1" + closed * (LEVELS_MAX - 1)
    wide = b'{"b":[],"a":' + deepest + b',"c":{}}'
    too_deep = b'{"b":[],"a":' + opened + deepest + closed + b',"c":{}}'

    assert [type(each) for each in read_records(wide)] == [Record]
    assert [type(each) for each in read_records(too_deep)] == [NoRecord]


def test_brackets_in_texts_are_no_nesting() -> None:
    """What staff typed may hold any number of brackets."""
    assert [Record] == [type(each) for each in read_records(b'{"a":"' + b"[{" * 50 + b'"}')]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 250_000,
        b'{"a":' * 100_000,
        b"[" * 250_000 + b"]" * 250_000,
        b'{"n":' + b"9" * 500_000 + b"}",
        b'{"n":1.' + b"9" * 500_000 + b"}",
        b'{"n":1e' + b"9" * 500_000 + b"}",
        b'{"s":"' + b"\\ud800" * 80_000 + b'"}',
        b"[" + b"0," * 250_000 + b"0]",
        b'{"' + b'a":1,"' * 80_000 + b'a":1}',
    ],
    ids=lambda body: f"{body[:8].decode()}...",
)
def test_half_a_megabyte_of_malice_is_read_in_passing(body: bytes) -> None:
    """Depth, length and repetition cost memory in proportion to the body, and no worker."""
    assert len(read_records(body)) == 1


def test_body_that_would_outgrow_a_record_is_one_fault() -> None:
    """What is made of a body has to fit into a record of Kafka, or the lane would stop for good."""
    body = b'{"id":"' + b"x" * (BODY_BYTES_MAX - 9) + b'"}'

    assert isinstance(read_records(body)[0], Record)
    assert read_records(body + b" ") == [
        NoRecord(f"the body is larger than {BODY_BYTES_MAX} bytes", body + b" ")
    ]


def test_delivery_of_too_many_records_is_one_fault() -> None:
    """Each bad record is a record of the quarantine: a small body must not make a million."""
    body = b"[" + b"{}," * RECORDS_MAX + b"{}]"

    assert [NoRecord(f"an array of more than {RECORDS_MAX} records", body)] == read_records(body)
    assert len(read_records(b"[" + b"{}," * (RECORDS_MAX - 1) + b"{}]")) == RECORDS_MAX
