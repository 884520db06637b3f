"""The steps of an adaptation, as a run is one of them: the bare prompt, examples in it, retrieval, a trained model."""

from enum import StrEnum

from maquette.evals.dataset import Prompt


class Step(StrEnum):
    """In the order in which they are tried: each costs more to make and to keep than the one before."""

    PROMPT = "prompt"
    FEW_SHOT = "few_shot"
    RETRIEVAL = "retrieval"
    FINE_TUNE = "fine_tune"

    @property
    def words(self) -> str:
        """For a person."""
        return _WORDS[self]


_WORDS = {
    Step.PROMPT: "prompt",
    Step.FEW_SHOT: "a few examples in the prompt",
    Step.RETRIEVAL: "retrieval",
    Step.FINE_TUNE: "fine-tuning",
}


def step_of(prompt: Prompt, said: str | None) -> Step:
    """Which step a run with ``prompt`` is of: what the user says, else whether the prompt shows examples."""
    if said is not None:
        return Step(said)
    return Step.FEW_SHOT if prompt.few_shot else Step.PROMPT
