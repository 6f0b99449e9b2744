"""The invented company whose warehouses are played: its codes, and what it would configure."""

from dataclasses import dataclass
from typing import Literal

SUBDOMAIN = "harbour"
OWN = "HARBOUR"  # the account of most of the stock
OWN_SECOND = "4417"  # an account code of digits only, as they exist
FOREIGN = "OTHERCO"  # another owner in the same warehouse
ACCOUNT_IDS = {OWN: 3, OWN_SECOND: 9, FOREIGN: 14}
SITES = {"LDS": "LEEDS", "02": "HULL"}  # warehouse code -> the name the company uses
WAREHOUSES = tuple(SITES)
WAREHOUSE_IDS = {"LDS": 2, "02": 5}
INTEGRATION_ID = 14  # of the automations that are linked to an integration; others send none

Direction = Literal["any", "in", "out"]


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """A code of the tenant's own: Clarus has no standard ones."""

    id: int
    code: str
    name: str
    category: str | None  # of the chart; None: nobody has mapped it yet
    direction: Direction = "any"


REASONS = {
    reason.code: reason
    for reason in (
        ReasonCode(11, "FND", "Found again", "found", "in"),
        ReasonCode(12, "BRK", "Broken here", "breakage", "out"),
        ReasonCode(13, "DMG", "Damaged", "damage", "out"),
        ReasonCode(14, "EXP", "Past its date", "expired", "out"),
        ReasonCode(15, "CNT", "Stock count", "count"),
        ReasonCode(16, "THF", "Gone", "theft", "out"),
        ReasonCode(17, "SMP", "Sample", "sample", "out"),
        ReasonCode(18, "FLT", "Back to the supplier", "faulty", "out"),
        ReasonCode(19, "RTS", "Return not saleable", "return_scrapped", "out"),
        ReasonCode(20, "WINDOW", "Shop window", None, "out"),
        ReasonCode(21, "QC", "Waits for a check", None),
        ReasonCode(22, "QCOK", "Check passed", None),
    )
}
UNMAPPED = "WINDOW"  # an adjustment with it is parked until somebody maps it


def stock_toml(*, negative_sign: bool) -> str:
    """Return the tables of `stock.toml` that this customer would write."""
    sites = ", ".join(f'"{code}" = "{site}"' for code, site in SITES.items())
    tables = [
        "[clarus]",
        f'tenant = "{SUBDOMAIN}"',
        f'accounts = ["{OWN}", "{OWN_SECOND}"]',
        f"sites = {{ {sites} }}",
        f'quantity_sign = "{"either" if negative_sign else "positive"}"',
        'sku_case = "two"  # 112 codes of this retailer differ only in case: they stay apart',
    ]
    for reason in REASONS.values():
        if reason.category is not None:
            tables += [
                "",
                "[[reason]]",
                f'text = "{reason.code}"',
                f'category = "{reason.category}"',
                f'direction = "{reason.direction}"',
            ]
    return "\n".join(tables) + "\n"
