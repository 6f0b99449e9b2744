"""What `stock quarantine` refuses before it asks Kafka anything."""

import pytest
from typer.testing import CliRunner

from streams.cli import stock

WHO, WHY = ("--who", "A. Baker"), ("--why", "counted it again")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--accept", *WHY), "--accept needs --who"),
        (("--accept", *WHO), "--accept needs --why"),
        (("--accept", *WHO, "--why", "  "), "--accept needs --why"),
        (("--accept", *WHY, "--who", "a\x1b[2J"), "--who takes up to 100 plain characters"),
        (("--accept", *WHO, "--why", "x" * 501), "--why takes up to 500 plain characters"),
        (WHO, "--who and --why go with --accept"),
    ],
)
def test_an_acceptance_is_somebody_s_and_has_a_reason(options: tuple[str, ...], said: str) -> None:
    """Who and why are kept for good, so neither may be missing or unreadable; exit 2."""
    result = CliRunner().invoke(stock, ["quarantine", "replay", "0/0", *options])

    assert result.exit_code == 2
    assert said in result.stderr
