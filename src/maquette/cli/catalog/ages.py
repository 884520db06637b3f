"""When knowledge is old enough to be read again."""

from datetime import date

OLD_AFTER_DAYS = 180
"""Terms and upkeep change more slowly than prices."""


def old(as_of: date, today: date) -> bool:
    """Whether a page was read, or dated, more than half a year ago."""
    return (today - as_of).days > OLD_AFTER_DAYS
