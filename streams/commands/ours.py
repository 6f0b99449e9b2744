"""The settings of what writes for good: they must be a company's, not a wrong folder's."""

from streams.commands.say import one_line_errors, settings_or_exit
from streams.settings import Settings
from streams.translate import require_accounts


def our_settings_or_exit() -> Settings:
    """Return the effective settings, or exit 78 with one line where they name no account of ours.

    A command run in a folder without the company's stock.toml would write what nothing takes back.
    """
    settings = settings_or_exit()
    with one_line_errors():
        require_accounts(settings)
    return settings
