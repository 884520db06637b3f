"""Several models that answer every request, and one that judges their answers: an ensemble as streams of requests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from maquette.catalog.cards import ModelCard
from maquette.cost.projection import CASES, ByCase, CostAssumption
from maquette.cost.rates import Unpriced
from maquette.cost.streams import ALL, Stream, stream
from maquette.cost.workload import Workload, each_case
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count

JUDGE = "judge"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ensemble:
    """Who answers each request beside the option's own model, and who decides.

    Attributes:
        others: The further votes; a model may vote several times, the option's own one too.
        judge: Reads the request and every answer and writes the final one; None where the votes are counted.
    """

    others: tuple[ModelCard, ...]
    judge: ModelCard | None = None

    @property
    def votes(self) -> int:
        """Answers to each request, the option's own model's counted."""
        return 1 + len(self.others)

    @property
    def words(self) -> str:
        """For a person: "3 votes and a judge"."""
        return f"{self.votes} votes" + (" and a judge" if self.judge is not None else "")


def ensemble_streams(
    option: str, own: ModelCard, load: Workload, ensemble: Ensemble, retry_share: Decimal
) -> tuple[Stream, ...] | Unpriced:
    """The calls beside the option's own: one of each further vote for every request, then the judge's.

    Args:
        option: What their assumptions are said of.
        own: The option's own model; its further votes are sent again as often as its first one.
        load: The workload of the option.
        ensemble: Who votes and who judges.
        retry_share: Attempts beyond the first of the option's own model.
    """
    found: list[Stream] = []
    for number, card in enumerate(ensemble.others, 2):
        name, again = f"vote {number}, {card.id}", retry_share if card.id == own.id else Decimal(0)
        vote = stream(f"{option}, vote {number}", card, load, ALL, name=name, retry_share=again)
        if isinstance(vote, Unpriced):
            return vote
        found.append(vote)
    if ensemble.judge is not None:
        judged = stream(f"{option}, {JUDGE}", ensemble.judge, _to_judge(load, ensemble.votes), ALL, name=JUDGE)
        if isinstance(judged, Unpriced):
            return judged
        found.append(judged)
    return tuple(found)


def _to_judge(load: Workload, votes: int) -> Workload:
    """What the judge is asked: the request and all answers to it, with nothing in common between requests."""
    answers = votes * load.output_tok.base
    return replace(
        load,
        input_tok=load.input_tok + answers,
        shared_prefix_tok=Decimal(0),
        step_tok=each_case(lambda length: length + answers, load.step_tok),
        lengths=None,
        turns=Decimal(1),
    )


def multiplier(single: Stream, others: Sequence[Stream]) -> ByCase:
    """What a request costs against the one call of the option's own model, in each case; 1 where that is free."""
    factors = {}
    for case in CASES:
        one = single.rates.request_usd.of(case)
        every = one + sum((other.rates.request_usd.of(case) for other in others), Decimal(0))
        factors[case] = every / one if one else Decimal(1)
    return ByCase(**factors)


def multiplier_assumption(option: str, ensemble: Ensemble, factors: ByCase) -> CostAssumption:
    """The multiplier among the assumptions, with the calls that it is made of."""
    low, high = sorted((factors.low, factors.high))
    value, least, most = (
        f"{readable_count(part.quantize(Decimal('0.01')))} times" for part in (factors.base, low, high)
    )
    judged = ", which reads every answer" if ensemble.judge is not None else ""
    ref = f"{ensemble.words}{judged} / one call, at the models' prices"
    source = Source(kind=SourceKind.ESTIMATED, ref=ref)
    return CostAssumption(
        name=f"{option}: what a request costs against one call", value=value, low=least, high=most, source=source
    )
