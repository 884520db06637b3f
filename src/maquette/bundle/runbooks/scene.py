"""What every runbook says in figures and commands: volume, healthy values, and the services of this bundle by name."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import times
from maquette.bundle.documents.degradation import price_ratio
from maquette.bundle.figures import Figure, Sentence, clause, estimated
from maquette.bundle.gateway.swapping import swap_command
from maquette.bundle.incidents import impact_view
from maquette.bundle.runbooks import promql
from maquette.bundle.runbooks.operating import Operating
from maquette.bundle.runbooks.values import Alert, Step
from maquette.bundle.services import GATEWAY_PORT

CONFIG = "gateway/config.yaml"
RESTART = "docker compose restart gateway"
EDIT = f"${{EDITOR:-vi}} {CONFIG}"
LOGS = "docker compose logs --since 30m gateway"
_WINDOW = re.compile(r"\[(\d+[mhd])\]")
"""Over which time an expression looks."""
_COMPARED = re.compile(r"(.+) (?:[<>]=?|==) [\d.]+")
"""An expression that ends in a comparison with a number."""
ENVIRONMENT = "set -a; . ./.env; set +a\n"
_METRICS = (
    f"{ENVIRONMENT}"
    f'curl -s -o /tmp/metrics -H "Authorization: Bearer $LITELLM_MASTER_KEY" http://127.0.0.1:{GATEWAY_PORT}/metrics/'
)
_RATES = ((60, "requests/min"), (3600, "requests/h"), (86_400, "requests/day"))
_QUERY = "curl -s http://127.0.0.1:9090/api/v1/query --data-urlencode"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """A project when something fails: its numbers, its roles and the alerts that fired.

    Attributes:
        runbook: The failure's runbook, after which its copy of the gateway's configuration is named.
        alerts: Those of this failure.
        fired: Every alert of the project.
        books: Each failure of the catalogue that the bundle tells of, to the name of its runbook.
    """

    op: Operating
    runbook: str
    alerts: tuple[Alert, ...]
    impact: Mapping[str, Any]
    fired: tuple[Alert, ...] = ()
    books: Mapping[str, str] = field(default_factory=dict)

    @property
    def primary(self) -> str:
        """The id of the model that answers first."""
        return self.op.seen.roles[0].model

    @property
    def fallback(self) -> str | None:
        """The id of the model that takes over; None when there is none."""
        return self.op.seen.roles[1].model if len(self.op.seen.roles) > 1 else None

    @property
    def capped(self) -> bool:
        """Whether the gateway's configuration limits what a deployment may spend."""
        policy = self.op.seen.policy
        return policy is not None and any(one.budget_usd is not None for one in policy.deployments)

    @property
    def ceiling(self) -> str:
        """The configuration's name of what a model may spend: of a provider, where one answers in several groups."""
        policy = self.op.seen.policy
        return "budget_limit" if policy is not None and policy.provider_budgets else "max_budget"

    @property
    def provided(self) -> bool:
        """Whether a provider runs one of the models."""
        return any(not role["own"] for role in self.impact["roles"])

    @property
    def tools(self) -> bool:
        """Whether the model may call tools."""
        return self.op.seen.facts.text("agency.tools") not in (None, "none")

    def see(self, failure: str) -> str:
        """Where to read on; nothing where the bundle does not tell of that failure."""
        name = self.books.get(failure)
        return "" if name is None else f"; see {failure} in {name}.md"

    @property
    def prometheus(self) -> bool:
        """Whether compose.yaml starts a Prometheus."""
        return self.op.seen.policy is not None and self.op.seen.policy.prometheus

    def fact(self, name: str) -> Figure | None:
        """A requirement as a figure."""
        return self.op.seen.facts.figure(name)

    def query(self, expr: str) -> str | None:
        """The command that reads a value: of Prometheus where one runs, else of the gateway's own metrics.

        None where neither has it: it is a count of the application or of a model server.
        """
        if self.prometheus:
            return f"{_QUERY} 'query={expr}'"
        names = [f"-e {name}" for name in _metrics(expr) if name.startswith("litellm_")]
        return f"{_METRICS} && grep {' '.join(names)} /tmp/metrics" if names else None

    def threshold(self, name: str) -> Alert | None:
        """The alert of that name, where this project has it."""
        return next((one for one in self.alerts if one.name == name), None)

    def look(self, text: Sentence, expr: str, healthy: Sentence, *branches: Sentence) -> Step:
        """A step that reads a value and says what is healthy."""
        command = self.query(expr)
        of = [] if command else [f" The metric: {', '.join(_metrics(expr))}."]
        window = _WINDOW.search(expr)
        if command and not self.prometheus and window:
            of = [f" The counters run since the start: read them twice, `{window[1]}` apart, and subtract."]
        return Step(text=[*text, *of], command=command, healthy=healthy, branches=branches)

    def watch(self, name: str, *branches: Sentence) -> list[Step]:
        """A step that reads what the alert compares; none where the project does not have the alert."""
        alert = self.threshold(name)
        if alert is None:
            return []
        bare = _COMPARED.fullmatch(alert.expr) if " and " not in alert.expr else None
        value = bare.group(1) if bare else alert.expr
        return [
            self.look([f"Read what {name} compares."], value, ["silent; it fires at: ", *alert.threshold], *branches)
        ]

    @property
    def saved(self) -> str:
        """Where this runbook keeps the configuration as it stood before: no other runbook writes there."""
        return f"gateway/config.before-{self.runbook}.yaml"

    def configure(self, text: Sentence, change: str = EDIT) -> Step:
        """A step that changes the gateway's configuration; the first one keeps it as it was."""
        return Step(text=text, command=f"cp -n {CONFIG} {self.saved}\n{change}\n{RESTART}")

    def back(self) -> Sentence:
        """How what the steps of this runbook changed in the configuration is taken back."""
        act = f"`mv {self.saved} {CONFIG} && {RESTART}`"
        return [f"{act} takes what was changed here back; where the change stays, delete that copy."]

    def swap(self) -> list[Step]:
        """Let the fallback answer first, where there is one."""
        policy = self.op.seen.policy
        if self.fallback is None or policy is None:
            return []
        text = f"Let {self.fallback} answer first; {self.primary} becomes the fallback."
        return [self.configure([text, *self._costs_then()], swap_command(policy))]

    def cheaper(self) -> list[Step]:
        """The same where money is short: only a fallback that costs less answers first."""
        ratio = price_ratio(self.op.seen)
        return self.swap() if ratio is not None and ratio < 1 else []

    def _costs_then(self) -> Sentence:
        """What the fallback costs of the first model, and where the gateway stops it."""
        ratio = price_ratio(self.op.seen)
        if ratio is None:
            return []
        formula = f"cost of a request of {self.fallback} / of {self.primary}"
        dear: Sentence = [" A request then costs ", times(ratio, formula), f" the price of {self.primary}"]
        cap = next((role["budget"] for role in self.impact["roles"] if role["model"] == self.fallback), None)
        return [*(dear if ratio != 1 else [" A request then costs as much"]), *clause("; it is stopped at ", cap), "."]

    def shorter(self) -> Step:
        """Shorter answers without cutting any: by instruction, never by a limit below the longest right answer."""
        longest = self.fact("tokens.output_max")
        keep = clause("; `max_tokens` stays at ", longest, ", for below it right answers are cut off")
        why: Sentence = keep or ["; a lower `max_tokens` would cut right answers off"]
        return Step(text=["Shorten answers by an instruction in the prompt", *why, "."])

    def config_back(self, text: Sentence) -> Step:
        """Put the configuration of before its last change in the repository back."""
        return self.configure(text, before_last(CONFIG))

    def prompt_changes(self, since: str = "2 days ago") -> str | None:
        """The command that lists the changes of the project's prompt; None where the project names no prompt."""
        path = self.op.seen.inputs.prompt
        return None if path is None else f"git log --oneline --since='{since}' -- {shlex.quote(path)}"

    def prompt_back(self) -> Step:
        """Put the prompt of before its last change back."""
        path, run = self.op.seen.inputs.prompt, self.op.seen.inputs.run
        if path is not None:
            text = "In the project's folder, put the prompt back as it was before its last change."
            return Step(text=[text], command=before_last(path))
        measured = f"; the evaluation {run.id} rests on {run.prompt}" if run else ""
        return Step(text=[f"Put the prompt back as it was before its last change{measured}."])

    def prompt_again(self) -> Sentence:
        """How the newer prompt comes back."""
        path = self.op.seen.inputs.prompt
        if path is None:
            return ["Release the newer prompt again once its evaluation passes."]
        return [f"`git checkout HEAD -- {shlex.quote(path)}` in the project's folder brings the newer prompt back."]

    def limit(self, name: str, unit: str, *, percent: bool = False) -> Figure:
        """A number of the catalogue's limits with its unit and its source."""
        found = self.op.limits[name]
        value = found.value * 100 if percent else found.value
        return found.figure(f"{promql.number(value)} {unit}")

    @property
    def redis(self) -> bool:
        """Whether compose.yaml starts a Redis."""
        return self.op.seen.policy is not None and self.op.seen.policy.cache_s is not None

    def per_minute(self) -> Sentence:
        """Requests that are concerned."""
        mean, peak = self.impact["mean_per_min"], self.impact["peak_per_min"]
        return clause("Requests: ", mean, " on average, ", peak, " at the peak.")

    def people(self) -> Sentence:
        """Users that are concerned."""
        return clause("People: ", self.fact("users.count"), ", audience ", self.fact("users.audience"), ".")

    def usual(self) -> tuple[Sentence, ...]:
        """The impact of a failure that all requests meet."""
        return tuple(one for one in (self.per_minute(), self.people()) if one)

    def share_per_minute(self, share: Decimal, what: str) -> Sentence:
        """How many requests a minute a share of them is."""
        rate = self.op.seen.facts.number("derived.rps_mean")
        if rate is None:
            return []
        every, unit = next(((s, u) for s, u in _RATES if s * rate * share >= 1), _RATES[-1])
        count = Decimal(f"{every * rate * share:.2g}")
        return [what, estimated(f"{promql.number(count)} {unit}", f"{every:,} x derived.rps_mean x {share}"), "."]


def ask(group: str, *, headers: bool = False) -> str:
    """Ask one group of the gateway alone, without its fallback; ``headers`` shows the cost too."""
    shown = "-s -D - -o /dev/null" if headers else "-s -o /dev/null -w '%{http_code} %{time_total}s\\n'"
    body = (
        f'{{"model": "{group}", "disable_fallbacks": true, "max_tokens": 5, '
        '"messages": [{"role": "user", "content": "ping"}]}'
    )
    return (
        "set -a; . ./.env; set +a\n"
        f"curl {shown} http://127.0.0.1:{GATEWAY_PORT}/v1/chat/completions \\\n"
        "  -H \"Authorization: Bearer $LITELLM_MASTER_KEY\" -H 'Content-Type: application/json' \\\n"
        f"  -d '{body}'"
    )


def before_last(path: str) -> str:
    """The command that puts a file back as it was before the last commit that changed it."""
    name = shlex.quote(path)
    return f'git checkout "$(git log -1 --format=%h -- {name})~1" -- {name}'


def scene(
    op: Operating, own: tuple[Alert, ...], runbook: str, books: Mapping[str, str], fired: tuple[Alert, ...] = ()
) -> Scene:
    """The project with those alerts, in the runbook of that name beside the others."""
    return Scene(op=op, alerts=own, runbook=runbook, impact=impact_view(op.seen), fired=fired, books=books)


def _metrics(expr: str) -> list[str]:
    """The metrics that an expression reads, each once."""
    found = [name for name in _names(expr) if name.startswith(("app_", "litellm_", "vllm:", "up"))]
    return [name for name in dict.fromkeys(found) if name != "litellm_model_name"]


def _names(expr: str) -> list[str]:
    word, found = "", []
    for mark in f"{expr} ":
        if mark.isalnum() or mark in "_:":
            word += mark
        else:
            found.append(word)
            word = ""
    return found
