"""A table of `stock.toml`."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of `stock.toml`; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
