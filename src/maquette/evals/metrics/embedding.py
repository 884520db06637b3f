"""A metric of meaning: the cosine between the vectors of the answer and of a reference."""

import math
from dataclasses import dataclass

from maquette.evals.dataset import Example
from maquette.evals.metrics.protocol import NO_TEXT, Embed, Vector, texts_expected, unscored
from maquette.evals.metrics.response import Response
from maquette.evals.trials import Score


@dataclass(frozen=True, kw_only=True)
class EmbeddingSimilarity:
    """The cosine of the angle between the answer and the nearest reference; raw: the cosine, from -1 to 1.

    Models differ in what they call near: compare values of one embedding model only.

    Attributes:
        model: The id of the embedding model.
        at_least: The cosine from which on the answer is right (1 or 0); None scores the cosine itself, negative as 0.
    """

    model: str
    at_least: float | None = None
    name: str = "embedding_similarity"

    async def score(self, example: Example, response: Response, embed: Embed) -> Score:
        """From 0 to 1; unscored without a reference text, an answer, or usable vectors.

        Raises:
            CallError, CapReached: From ``embed``.
        """
        references = texts_expected(example)
        if references is None:
            return unscored(self.name, NO_TEXT)
        if not response.text.strip():
            return Score(metric=self.name, value=0.0, detail="the answer is empty")
        answer, *others = await embed((response.text, *references))
        cosines = [found for other in others if (found := cosine(answer, other)) is not None]
        if not cosines:
            return unscored(self.name, "the model gave no vectors of equal length and a direction")
        nearest = max(cosines)
        value = float(nearest >= self.at_least) if self.at_least is not None else max(0.0, nearest)
        return Score(metric=self.name, value=value, raw=nearest, detail=f"cosine {nearest:.3f}")


def cosine(a: Vector, b: Vector) -> float | None:
    """The cosine of the angle, from -1 to 1; None for vectors of different length, of zeros, or of no numbers."""
    if len(a) != len(b):
        return None
    lengths = math.hypot(*a) * math.hypot(*b)
    if not (math.isfinite(lengths) and lengths > 0):
        return None
    found = math.fsum(x * y for x, y in zip(a, b, strict=True)) / lengths
    return max(-1.0, min(1.0, found)) if math.isfinite(found) else None
