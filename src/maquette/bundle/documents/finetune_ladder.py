"""The ladder of adaptation: what each step scored in recorded runs, or that nobody measured it."""

from collections.abc import Iterator, Mapping
from typing import Any

from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import measured
from maquette.bundle.figures import Figure, Sentence, figure
from maquette.decision.laddering import Ladder, Rung
from maquette.evals.run import Verdict
from maquette.evals.steps import Step
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count

_VERDICTS = {
    Verdict.PASSES: "passes",
    Verdict.FAILS: "fails",
    Verdict.NOT_ENOUGH_DATA: "open",
    Verdict.NO_THRESHOLD: "no threshold",
}


def ladder_rows(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """The steps in their order; without runs that say their step, what the current run and the answers tell."""
    climbed = _climbed(seen)
    yield from recorded_rows(seen) if climbed else _told(seen)
    larger = _larger(seen)
    if larger is not None:
        yield larger


def recorded_rows(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """A row for each step with its newest run: score, interval, verdict; or why there is no run."""
    climbed = _climbed(seen)
    yield from map(_recorded, climbed.rungs if climbed else ())


def out_of_order(seen: Seen) -> list[str]:
    """The runs that came before any run of a step below theirs, a sentence each."""
    climbed = _climbed(seen)
    return list(climbed.out_of_order) if climbed else []


def _climbed(seen: Seen) -> Ladder | None:
    return seen.inputs.decision.ladder if seen.inputs.decision else None


def _recorded(rung: Rung) -> Mapping[str, Any]:
    found = rung.recorded
    if found is None:
        return _row(rung.step.words, None, f"{rung.state}: {rung.why}", "")
    interval = found.interval
    spread = f", {interval.low * 100:.1f} to {interval.high * 100:.1f} %" if interval else ""
    score = figure(f"{found.score * 100:.1f} %{spread}", Source(kind=SourceKind.MEASURED, ref=f"run {found.run}"))
    shown = f", {found.shown} shown" if found.shown else ""
    elsewhere = "" if found.comparable else ", on other examples or by another metric than the newest run"
    asked = f"{readable_count(found.scored)} examples, run {found.run}{elsewhere}"
    return _row(rung.step.words, score, _VERDICTS[found.verdict], f"{found.model}, {found.prompt}{shown}, {asked}")


def _told(seen: Seen) -> Iterator[Mapping[str, Any]]:
    run, role = seen.inputs.run, seen.roles[0] if seen.roles else None
    result = role.result if role else None
    score = None
    if run is not None and result is not None and result.score is not None:
        interval = result.interval
        spread = f", {interval.low * 100:.1f} to {interval.high * 100:.1f} %" if interval else ""
        score = measured(f"{result.score * 100:.1f} %{spread}", run)
    yield _row(Step.PROMPT.words, score, "", f"{role.model}, {run.prompt}" if role and run and score else "")
    examples: Sentence = ["on held-out examples"]
    if run and result:
        examples = ["on the same ", measured(f"{readable_count(result.scored)} examples", run)]
    yield _row(Step.FEW_SHOT.words, _said(seen, "eval.few_shot_done"), "", examples)
    need = seen.facts.text("knowledge.need")
    if need not in (None, "none"):
        yield _row(Step.RETRIEVAL.words, _said(seen, "eval.rag_done"), "", f"knowledge is {need}")
    elif need == "none":
        yield _row(Step.RETRIEVAL.words, None, "", "left out: no private or fresh knowledge is needed")


def _said(seen: Seen, name: str) -> Figure | None:
    """A step that somebody states as done, without a score."""
    return seen.facts.figure(name)


def _larger(seen: Seen) -> Mapping[str, Any] | None:
    """The best-scored other model: what a tier costs that training would have to beat."""
    run, primary = seen.inputs.run, seen.roles[0].result if seen.roles else None
    if run is None or primary is None or primary.score is None:
        return None
    others = [one for one in run.results if one is not primary and one.score is not None]
    if not others:
        return None
    best = max(others, key=lambda one: one.score or 0)
    assert best.score is not None
    points = f"{(best.score - primary.score) * 100:+.1f} points against {seen.roles[0].model}"
    score = measured(f"{best.score * 100:.1f} %", run)
    return _row("another model, same prompt", score, "", f"{best.target_id}, {points}")


def _row(step: str, score: Figure | None, state: str, what: str | Sentence) -> Mapping[str, Any]:
    told = [what] if isinstance(what, str) else list(what)
    return {"step": step, "score": score, "state": state, "what": told}
