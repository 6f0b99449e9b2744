"""Where settings come from: the environment, files of secrets, `stock.toml`. All are strict."""

import os
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Any

from pydantic_settings import (
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsError,
    TomlConfigSettingsSource,
)

from streams.section import Section

CONFIG_VARIABLE = "STOCK_CONFIG"
TOML_FILE = "stock.toml"  # of the folder a command runs in; need not be there
KAFKA, SERVERS = "kafka", "servers"  # the table, and STOCK_KAFKA in it
SEE = "see `stock doctor --settings`"
# Variables of this program that are no settings: see `streams/supervisor.py`.
_NOT_SETTINGS = frozenset({CONFIG_VARIABLE, "STOCK_LAST_WORDS", "STOCK_SUPERVISED"})


def toml_file() -> Path:
    """Return the file of settings; one that STOCK_CONFIG names must be there."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named and not Path(named).is_file():
        raise ValueError(f"{CONFIG_VARIABLE}={named}: there is no such file")
    return Path(named or TOML_FILE)


class KnownVariables(EnvSettingsSource):
    """The environment; a misspelt `STOCK_` variable is refused, not passed over."""

    def __call__(self) -> dict[str, Any]:
        """Return what the environment sets; raise `ValueError` for a name nobody reads."""
        for variable in os.environ:
            if variable.startswith("STOCK_") and not self._is_read(variable):
                raise ValueError(f"there is no setting {variable}: {SEE}")
        try:
            return _without_files(super().__call__())
        except SettingsError as error:
            # Their message names the field between the first quotation marks.
            begin = f"STOCK_{str(error).split(chr(34))[1].upper()}"
            names = ", ".join(sorted(v for v in os.environ if v.startswith(begin)))
            raise ValueError(
                f"not every one of {names} reads: lists and tables are JSON there, "
                """as STOCK_DOOR__ALLOW='["192.0.2.1"]'"""
            ) from None

    def _is_read(self, variable: str) -> bool:
        if variable in _NOT_SETTINGS or variable.startswith("STOCK_FAUST_"):
            return True
        if variable.removesuffix("_FILE") in secret_variables() and variable.endswith("_FILE"):
            return True
        name, nested, _ = variable.removeprefix("STOCK_").lower().partition("__")
        field = self.settings_cls.model_fields.get(name)
        # Only a table has names below its own; those it does not know it refuses itself.
        return field is not None and (not nested or _is_table(field.annotation))


class SecretFiles(PydanticBaseSettingsSource):
    """`STOCK_DOOR_SECRET_FILE` and its like: the content of the file, less the line's end."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        """Return nothing: all is read at once in `__call__`."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the secrets that files hold."""
        found: dict[str, Any] = {}
        for variable, path in secret_variables().items():
            file = os.environ.get(f"{variable}_FILE")
            if not file:
                continue
            if variable in os.environ:
                raise ValueError(f"both {variable} and {variable}_FILE are set: keep one")
            inner = found
            for name in path[:-1]:
                inner = inner.setdefault(name, {})
            inner[path[-1]] = _secret_in(variable, file)
        return found


class StockToml(TomlConfigSettingsSource):
    """`stock.toml`; its table `[kafka]` is `kafka_client`, because STOCK_KAFKA is a plain text.

    That text is `kafka = "host:port"` there, or `servers` in the table.
    """

    def _read_file(self, file_path: Any) -> dict[str, Any]:
        try:
            tables = super()._read_file(file_path)
        except (TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{file_path} is no TOML: {error}") from None
        if isinstance(tables.get(KAFKA), dict):
            table = tables["kafka_client"] = tables.pop(KAFKA)
            if SERVERS in table:
                tables[KAFKA] = table.pop(SERVERS)
        return tables


def secret_variables() -> dict[str, tuple[str, ...]]:
    """Return the variables of secrets, each with its place in the settings."""
    return {
        "STOCK_DOOR_SECRET": ("door_secret",),
        "STOCK_WEB_TOKEN": ("web_token",),
        "STOCK_KAFKA_CLIENT__SASL_PASSWORD": ("kafka_client", "sasl_password"),
    }


def _without_files(found: dict[str, Any]) -> dict[str, Any]:
    """Take away names of files in tables: they are no settings, `SecretFiles` reads them."""
    for table, *below in secret_variables().values():
        if below and table in found:
            found[table].pop(f"{below[0]}_file", None)
    return found


def _secret_in(variable: str, file: str) -> str:
    try:
        return Path(file).read_text().rstrip("\r\n")
    except OSError as error:
        raise ValueError(f"{variable}_FILE={file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{variable}_FILE={file}: it is no text in UTF-8") from None


def _is_table(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section)
