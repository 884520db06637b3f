"""How many tokens a picture, a page, a second of sound or of film takes on a model, by its provider's own rule."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from functools import lru_cache

from maquette.foundation.sources import Source, SourceKind


class Medium(StrEnum):
    """What goes in beside text, as the name of its lines in a bill."""

    IMAGE = "input, images"
    PAGE = "input, pages"
    AUDIO = "input, audio"
    VIDEO = "input, video"


PRICE_KEY: Mapping[Medium, str] = {
    Medium.IMAGE: "input_cost_per_image_token",
    Medium.PAGE: "input_cost_per_image_token",
    Medium.AUDIO: "input_cost_per_audio_token",
    Medium.VIDEO: "input_cost_per_video_token",
}
"""The price map's key of a token; where a list has none of its own, a token costs as much as one of text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """A number of tokens that may be between two others."""

    low: Decimal
    base: Decimal
    high: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRule:
    """Tokens of a picture: squares of ``patch_px``, or of ``tile_px``, or the same for every one (``tok``).

    Attributes:
        times: What the number of patches is multiplied with.
        most_patches: A larger picture is shrunk until so many cover it; None where no limit is known.
        longest_px, shortest_px: What the longer and the shorter side are shrunk to.
        tile_tok, base_tok: Tokens of a tile, and of every picture beside its tiles.
        small_px: A picture with no longer side is one tile.
    """

    patch_px: int | None = None
    times: Decimal = Decimal(1)
    most_patches: int | None = None
    longest_px: int | None = None
    shortest_px: int | None = None
    tile_px: int | None = None
    tile_tok: int = 0
    base_tok: int = 0
    small_px: int | None = None
    tok: int | None = None

    def tokens(self, width: Decimal, height: Decimal) -> Decimal:
        """Of a picture of that size in pixels, as a whole number."""
        if self.tok is not None:
            return Decimal(self.tok)
        if self.small_px is not None and max(width, height) <= self.small_px:
            return Decimal(self.base_tok + self.tile_tok)
        width, height = _shrunk(width, height, max(width, height), self.longest_px)
        width, height = _shrunk(width, height, min(width, height), self.shortest_px)
        if self.patch_px is None:
            side = Decimal(self.tile_px or 1)
            return self.base_tok + self.tile_tok * _up(width / side) * _up(height / side)
        return _up(self._patches(width, height, Decimal(self.patch_px)) * self.times)

    def _patches(self, width: Decimal, height: Decimal, side: Decimal) -> Decimal:
        """Patches that cover the picture; one that takes too many is shrunk until whole ones fit, both ways."""
        needed = _up(width / side) * _up(height / side)
        if self.most_patches is None or needed <= self.most_patches:
            return needed
        factor = (side * side * self.most_patches / (width * height)).sqrt()
        across, down = width * factor / side, height * factor / side
        factor = min(max(Decimal(1), across // 1) / across, max(Decimal(1), down // 1) / down)
        return min(Decimal(self.most_patches), _up(across * factor) * _up(down * factor))


def _shrunk(width: Decimal, height: Decimal, side: Decimal, most: int | None) -> tuple[Decimal, Decimal]:
    """The size at which ``side`` is at most so long; what is shorter stays as it is."""
    if most is None or side <= most:
        return width, height
    return width * most / side, height * most / side


def _up(number: Decimal) -> Decimal:
    return number.quantize(Decimal("1e-9")).to_integral_value(ROUND_CEILING)


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaRule:
    """What one provider says of some of its models; None where nobody says it.

    Attributes:
        match: A pattern that is searched in a model's id.
        page: Tokens of a page of a PDF.
        audio_tok_s, video_tok_s: Tokens of a second.
        alone: It is so unlike the others that it says nothing of models without a rule.
    """

    match: str
    source: Source
    image: ImageRule | None = None
    page: Spread | None = None
    audio_tok_s: Decimal | None = None
    video_tok_s: Decimal | None = None
    alone: bool = False

    def each(self, medium: Medium, width: Decimal, height: Decimal) -> Spread | None:
        """Tokens of one: of a picture of that size, of a page, of a second."""
        match medium:
            case Medium.IMAGE:
                flat = None if self.image is None else self.image.tokens(width, height)
            case Medium.PAGE:
                return self.page
            case Medium.AUDIO:
                flat = self.audio_tok_s
            case Medium.VIDEO:
                flat = self.video_tok_s
        return None if flat is None else Spread(low=flat, base=flat, high=flat)


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaTokens:
    """Tokens of one of a medium on a model, by which rule; ``known`` is False where no rule speaks of that model."""

    each: Spread
    source: Source
    known: bool = True


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MediaBook:
    """All rules, the first that matches a model's id before the others."""

    rules: tuple[MediaRule, ...] = ()
    _found: dict[str, MediaRule | None] = field(default_factory=dict, compare=False, repr=False)

    def tokens(self, model: str, medium: Medium, width: Decimal, height: Decimal) -> MediaTokens | None:
        """Tokens of one of a medium; of a model without a rule the range of all rules, the most in the expected case.

        None where no rule at all speaks of the medium.
        """
        own = self._rule(model.lower())
        each = own.each(medium, width, height) if own is not None else None
        if own is not None and each is not None:
            return MediaTokens(each=each, source=own.source)
        usual = (rule.each(medium, width, height) for rule in self.rules if not rule.alone)
        others = [one for one in usual if one is not None]
        if not others:
            return None
        most = max(one.high for one in others)
        ref = f"no rule is known for {model}; the range of the rules for other models, the most of it expected"
        spread = Spread(low=min(one.low for one in others), base=most, high=most)
        return MediaTokens(each=spread, source=Source(kind=SourceKind.ASSUMED, ref=ref), known=False)

    def _rule(self, model: str) -> MediaRule | None:
        if model not in self._found:
            self._found[model] = next((rule for rule in self.rules if _pattern(rule.match).search(model)), None)
        return self._found[model]


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


NO_MEDIA = MediaBook()


def media_book(rules: Sequence[MediaRule]) -> MediaBook:
    """The book of these rules, in their order."""
    return MediaBook(rules=tuple(rules))
