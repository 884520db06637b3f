"""A target that answers from a run on record: for demonstrations, tests, and new metrics on old answers.

``model`` names the run's trials.jsonl; the option ``target`` says whose answers, where the run had several. Latencies
are those of then, and nothing waits.
"""

import json
from pathlib import Path

from maquette.evals.calls import Answer, Call, CallError, FailureKind, TargetSpec
from maquette.evals.trials import Trial, trial_from_data
from maquette.foundation.lineage import fingerprint
from maquette.foundation.problems import InvalidInput, NotFound, Place

_OPTIONS = {"target", "allow_unpriced"}


class ReplayTarget:
    """Answers a question as the record did, by the hash of its messages; answers stay on disk until they are asked."""

    shares_machine = False
    concurrency = 64

    def __init__(self, spec: TargetSpec, path: Path) -> None:
        self.id = spec.id
        self._path = path
        self._name = spec.model
        self._of = spec.options.get("target")
        self._offsets: dict[str, int] = {}

    async def start(self) -> None:
        """Find the questions in the record.

        Raises:
            NotFound: There is no such file, or it holds no answer of that target.
            InvalidInput: It is no record of a run.
        """
        place = Place(file=self._name)
        try:
            with self._path.open("rb") as lines:
                offset = 0
                for number, line in enumerate(lines, start=1):
                    self._note(line, offset, number)
                    offset += len(line)
        except OSError as error:
            raise NotFound(
                f"the record cannot be read: {error.strerror}", place=place, fix="Correct the target's model."
            ) from error
        if not self._offsets:
            raise NotFound(
                f"the record holds no call of {self._of or 'any target'!r}",
                place=place,
                fix="Correct the target's model, or its options: {target: NAME}.",
            )

    async def answer(self, call: Call) -> Answer:
        """The recorded answer to the call's messages.

        Raises:
            CallError: The record has none, or the call failed then as well.
        """
        offset = self._offsets.get(fingerprint(call.messages))
        if offset is None:
            raise CallError(FailureKind.REFUSED_REQUEST, "the record has no answer to these messages")
        with self._path.open("rb") as file:
            file.seek(offset)
            trial = trial_from_data(json.loads(file.readline()))
        return _answer(trial)

    async def close(self) -> None:
        """Forget the record."""
        self._offsets.clear()

    def _note(self, line: bytes, offset: int, number: int) -> None:
        if not line.endswith(b"\n"):
            return
        try:
            row = json.loads(line)
            if self._of in (None, row["target_id"]) and not row.get("withheld"):
                self._offsets[row["asked"]] = offset
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput(
                f"not a trial: {error}",
                place=Place(file=self._name, line=number),
                fix="Name the trials.jsonl of a run below .maquette/runs.",
            ) from error


def open_target(spec: TargetSpec, *, folder: Path) -> ReplayTarget:
    """A replay of the file that the spec names, below the project's folder.

    Raises:
        InvalidInput: An option is unknown.
    """
    if unknown := sorted(set(spec.options) - _OPTIONS):
        raise InvalidInput(
            f"unknown option {unknown[0]!r}",
            place=Place(field=f"models.targets.{spec.id}.options"),
            fix=f"Known are: {', '.join(sorted(_OPTIONS))}.",
        )
    return ReplayTarget(spec, folder / spec.model)


def _answer(trial: Trial) -> Answer:
    if trial.failure is not None:
        raise CallError(trial.failure.kind, trial.failure.detail)
    return Answer(
        text=trial.output or "",
        input_tok=trial.input_tok,
        output_tok=trial.output_tok,
        cached_tok=trial.cached_tok,
        latency_s=trial.latency_s or 0.0,
        ttft_s=trial.ttft_s,
        finish_reason="recorded",
    )
