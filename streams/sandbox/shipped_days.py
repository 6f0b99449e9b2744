"""The retailer's days that ship with the package, and whose they are."""

from datetime import date

SHIPPED_DAYS = (date(2011, 10, 25), date(2011, 12, 5))
CREDIT = (
    "Chen, D. (2015). Online Retail. UCI Machine Learning Repository. "
    "doi:10.24432/C5BW33. Licensed under CC BY 4.0."
)
