"""The models that metrics of a quick evaluation ask: a judge with its rubric, and an embedding model, by options."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from maquette.cli.evals.quick_plan import target_spec
from maquette.evals.calls import TargetSpec
from maquette.evals.helpers import AskedModel, HelperSpec, with_identities
from maquette.evals.run import MetricSpec
from maquette.foundation.problems import InvalidInput, NotFound, Place

JUDGE, EMBEDDING = "rubric_judge", "embedding_similarity"


@dataclass(frozen=True, kw_only=True, slots=True)
class HelperOptions:
    """What the options say. ``rubric`` is text, or @FILE."""

    judge: str | None = None
    rubric: str | None = None
    judge_base_url: str | None = None
    judge_api_key_env: str | None = None
    embedding_model: str | None = None
    embedding_base_url: str | None = None
    embedding_api_key_env: str | None = None

    def helpers(self, kinds: Sequence[str], *, concurrency: int, allow_unpriced: bool) -> tuple[HelperSpec, ...]:
        """The models that the metrics named ``kinds`` ask.

        Raises:
            InvalidInput: A metric lacks its model, or a model its metric.
        """
        _must_belong_together(self, kinds)
        asked = (
            (JUDGE, "judge", self.judge, self.judge_base_url, self.judge_api_key_env),
            (EMBEDDING, "embedding", self.embedding_model, self.embedding_base_url, self.embedding_api_key_env),
        )
        found = []
        for kind, role, model, base_url, key in asked:
            if kind in kinds and model is not None:
                spec = target_spec(
                    model,
                    base_url=base_url,
                    via="litellm" if kind == EMBEDDING else None,
                    api_key_env=key,
                    concurrency=concurrency,
                    allow_unpriced=allow_unpriced,
                )
                found.append(_helper(spec, kind, role))
        return tuple(found)

    def metrics(self, kinds: Sequence[str], helpers: Sequence[HelperSpec]) -> tuple[MetricSpec, ...]:
        """The metrics named ``kinds``, with the models that they ask.

        Raises:
            NotFound: The rubric's file is not there.
            InvalidInput: It is not UTF-8.
        """
        models = {helper.asked.metric: helper.asked.model for helper in helpers}
        specs = []
        for kind in kinds:
            settings: dict[str, object] = {"model": models[kind]} if kind in models else {}
            if kind == JUDGE and self.rubric is not None:
                settings["rubric"] = _text(self.rubric)
            specs.append(MetricSpec(kind=kind, settings=settings))
        return with_identities(specs, helpers)


def _helper(spec: TargetSpec, kind: str, role: str) -> HelperSpec:
    """The model under a name that no candidate has: the price of one is not that of the other."""
    named = replace(spec, id=f"{spec.id} ({role})")
    return HelperSpec(asked=AskedModel(model=named.id, metric=kind, embeds=kind == EMBEDDING), spec=named)


def _must_belong_together(options: HelperOptions, kinds: Sequence[str]) -> None:
    needs = (
        (JUDGE, "--judge", options.judge, "NAME"),
        (JUDGE, "--rubric", options.rubric, "TEXT or @FILE"),
        (EMBEDDING, "--embedding-model", options.embedding_model, "NAME"),
    )
    for kind, option, value, form in needs:
        if kind in kinds and value is None:
            raise InvalidInput(
                f"the metric {kind} needs {option}", place=Place(field="--metric"), fix=f"Add {option} {form}."
            )
        if kind not in kinds and value is not None:
            raise InvalidInput(
                f"no metric asks for {option}", place=Place(field=option), fix=f"Add --metric {kind}, or leave it out."
            )


def _text(rubric: str) -> str:
    if not rubric.startswith("@"):
        return rubric
    name = rubric.removeprefix("@")
    try:
        return Path(name).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise NotFound(
            f"the rubric cannot be read: {error.strerror}", place=Place(file=name), fix="Correct --rubric @FILE."
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidInput("the rubric is not UTF-8", place=Place(file=name), fix="Save it as UTF-8.") from error
