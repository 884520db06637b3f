"""What all sections of maquette.yaml are made of: a section that refuses unknown keys, text, days."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Entry(BaseModel):
    """A section; keys that it does not have are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Text = Annotated[str, Field(strict=True, min_length=1)]


def iso_date(value: object) -> object:
    """Text as a date; numbers stay what they are, so that none is read as seconds since 1970."""
    return date.fromisoformat(value) if isinstance(value, str) else value
