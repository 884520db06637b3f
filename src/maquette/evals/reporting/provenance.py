"""The sections at the end: what went wrong on the way, and what the run was made of."""

from collections.abc import Iterable

from maquette.evals.data_origins import origin_words
from maquette.evals.reporting.report import Report
from maquette.evals.reporting.tables import Part, Section, Table
from maquette.evals.run import TargetResult
from maquette.evals.run_words import failed_calls, refused, unscored
from maquette.foundation.units import readable_count


def trouble_section(report: Report) -> Section | None:
    """Failed calls and whatever speaks against the figures; nothing when there is none."""
    says = [sentence for result in report.run.results for sentence in _troubles(result, report.run.primary_metric)]
    if not says:
        return None
    return Section(
        part=Part.TROUBLE,
        title="Errors and warnings",
        source=f"Run {report.run.id}, all {readable_count(sum(result.done for result in report.run.results))} calls.",
        says=tuple(says),
    )


def _troubles(result: TargetResult, metric: str) -> Iterable[str]:
    name = result.target_id
    if result.done < result.planned:
        yield f"{name}: {result.planned - result.done:,} examples were not asked."
    if result.warning:
        yield f"{name}: {result.warning}."
    for words in (*failed_calls(result), *unscored(result, metric), *refused(result)):
        yield f"{name}: {words}."


def made_of_section(report: Report) -> Section:
    """Dataset, prompt, metric, parameters and models with their fingerprints, and the methods behind the figures."""
    run, manifest = report.run, report.manifest
    ended = f"{run.finished_at:%Y-%m-%d %H:%M} UTC" if run.finished_at else "not on record"
    rows = [
        ("run", f"{run.id}, {run.state.value}", run.computed_from),
        ("began, ended", f"{run.started_at:%Y-%m-%d %H:%M} UTC, {ended}", ""),
        ("dataset", f"{run.dataset}, {manifest.examples:,} examples", manifest.made_of.get("dataset", "")),
        ("prompt", run.prompt, manifest.made_of.get("prompt", "")),
        ("metric", run.primary_metric, manifest.made_of.get("metrics", "")),
        *(("scored by", made, "") for part, made in manifest.made_of.items() if part.startswith("scorer ")),
        ("parameters", "temperature, lengths and schema", manifest.made_of.get("parameters", "")),
        *(("model", name, manifest.made_of.get(f"target {name}", "")) for name in manifest.targets),
    ]
    if report.origins:
        rows.append(("examples come from", origin_words(report.origins), ""))
    rows += [("made the calls", client, "") for client in sorted({c for one in run.results for c in one.clients})]
    methods = report.comparison.methods if report.comparison else ()
    says = [f"Methods: {'; '.join(methods)}."] if methods else []
    if not manifest.made_of:
        says.append("An earlier version wrote this run; fingerprints of its parts are not on record.")
    return Section(
        part=Part.MADE_OF,
        title="What it was made of",
        source="From the run's manifest; a fingerprint changes with the part.",
        says=tuple(says),
        tables=(Table(headings=("part", "what", "fingerprint"), rows=tuple(rows)),),
        brief=False,
    )
