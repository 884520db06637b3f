"""The gateway's policy as values, of plain words and numbers, each number with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from maquette.bundle.figures import Figure
from maquette.bundle.gateway.credentials import Credential
from maquette.bundle.gateway.deployments import Deployment


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """A number of the configuration and where it comes from."""

    value: Decimal
    reason: Figure


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What bounds a deployment's requests; None where nothing known does.

    Attributes:
        rpm, tpm: Requests and tokens of a minute.
        max_tokens: Of an answer, where the request names no number.
        stream_timeout: Seconds without a token of a streamed answer.
        bound: Average requests of a minute at which the first of both limits binds.
        above: What happens to what comes above that.
    """

    rpm: Setting | None = None
    tpm: Setting | None = None
    max_tokens: Setting | None = None
    stream_timeout: Setting | None = None
    bound: Setting | None = None
    above: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pin:
    """Where a deployment's requests are processed.

    Attributes:
        region: In the words of the residency question; None where none is required.
        parameters: LiteLLM's parameters that hold the requests there.
        holds: Whether anything does: a parameter, the user's own machines, or a variable that names the region.
        why: For the comment.
    """

    region: str | None
    parameters: Mapping[str, str]
    holds: bool
    why: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One entry of the model list: a deployment in a group.

    Attributes:
        group: The name that applications ask for.
        weight: Its part of the group's requests; None where it is alone or another entry only stands in for it.
        order: 1 is asked while it is healthy, 2 then; None where the order does not matter.
        budgeted: Whether the deployment's own ceiling stands on it.
        cache_marks: Whether the gateway marks the shared prefix for the provider's cache.
    """

    group: str
    deployment: Deployment
    credentials: tuple[Credential, ...]
    limits: Limits
    pin: Pin
    weight: Setting | None = None
    order: int | None = None
    budgeted: bool = True
    cache_marks: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderBudget:
    """What may be spent with one provider in thirty days, over all groups."""

    provider: str
    limit: Setting


@dataclass(frozen=True, kw_only=True, slots=True)
class AutoGroup:
    """The group whose requests a score of complexity sends to a tier.

    Attributes:
        tiers: LiteLLM's word for a tier to the group that answers.
        boundaries: LiteLLM's name of a boundary to the score from which the next tier answers.
        reason: Why these thresholds.
    """

    tiers: Mapping[str, str]
    boundaries: Mapping[str, Decimal]
    default: str
    reason: Figure


@dataclass(frozen=True, kw_only=True, slots=True)
class Routing:
    """How requests find a group and a deployment in it.

    Attributes:
        strategy: LiteLLM's name of how a deployment of a group is taken.
        strategy_why: The rule that chose it; None for the weights' own.
        aliases: Another name of a group to the group.
        chains: Group to the groups that are asked after it, in order.
        chain_why: Why a chain is shorter than three; None where it is not.
        share_note: Why the weights are as they are, where a group has several.
        sessions: Whether a conversation stays with the deployment that answered its first turn.
        escalation_note: Why a step of an agent that failed has no larger model to go to; None where it has.
    """

    strategy: str
    strategy_why: str | None
    auto: AutoGroup | None
    aliases: Mapping[str, str]
    chains: Mapping[str, tuple[str, ...]]
    chain_why: str | None
    share_note: str | None
    sessions: bool
    escalation_note: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SemanticCache:
    """A cache that answers similar requests: the threshold, and the deployment that makes the vectors."""

    similarity: Setting
    embedding: str
    credentials: tuple[Credential, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Upkeep:
    """How the gateway watches its deployments; None where it has nothing to fall back to.

    Attributes:
        allowed_fails: Failures of a minute after which a deployment rests.
        cooldown_s: How long it rests.
        health_s: How often every deployment is asked for a sign of life; None where nobody is told.
    """

    allowed_fails: Setting
    cooldown_s: Setting
    health_s: Setting | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Audit:
    """The record of every call: where it goes, and for how many days it is kept.

    Attributes:
        place: "bucket" or "database".
        rules: Those that ask for it.
    """

    place: str
    days: Setting | None
    rules: str

    @property
    def ends_in_bucket(self) -> bool:
        """Whether a bucket has to forget the record after some days."""
        return self.place == "bucket" and self.days is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyRequest:
    """One call to the gateway's own interface that makes a team or a key; no secret stands in it."""

    path: str
    body: Mapping[str, object]
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayPolicy:
    """What the gateway does with a request.

    Attributes:
        deployments: One for each role, the primary first.
        entries: The model list: every deployment in every group that it answers for.
        timeout_s: How long one attempt may take; None when no latency is required.
        timeout_check: What the measured P99 says about it, where it is longer.
        larger_context: The fallback takes longer inputs than the primary.
        cache_s: How long an equal request is answered from Redis, in seconds; None without a cache.
        metrics: The gateway exports metrics; ``prometheus``: one is started beside it to collect them.
        shared: Why counters lie in Redis, where more than one gateway counts; None where one does.
        first_limits: Of the first model, over all its replicas.
        keys: What makes teams and keys; empty where the one key of the application is enough.
        development: Whether a second configuration answers from a model on the developer's machine.
    """

    deployments: tuple[Deployment, ...]
    timeout_s: float | None
    timeout_reason: Figure | None
    retries: int
    larger_context: bool
    cache_s: int | None
    metrics: bool
    log_content: bool
    prometheus: bool = False
    entries: tuple[Entry, ...] = ()
    timeout_check: Figure | None = None
    routing: Routing | None = None
    provider_budgets: tuple[ProviderBudget, ...] = ()
    upkeep: Upkeep | None = None
    semantic: SemanticCache | None = None
    cache_reason: Figure | None = None
    shared: Figure | None = None
    audit: Audit | None = None
    first_limits: Limits = Limits()
    keys: tuple[KeyRequest, ...] = ()
    development: bool = False

    @property
    def fallback(self) -> Deployment | None:
        """The deployment that takes over; None when there is only one."""
        return next((deployment for deployment in self.deployments if deployment.group == "fallback"), None)

    @property
    def redis(self) -> bool:
        """Whether a Redis runs beside the gateway: for answers, or for counters that several gateways share."""
        return self.cache_s is not None or self.shared is not None

    @property
    def database(self) -> bool:
        """Whether the gateway needs one: for teams and keys, or for the record of calls."""
        return bool(self.keys) or (self.audit is not None and self.audit.place == "database")

    @property
    def database_why(self) -> str:
        """The rules and facts behind the database."""
        kept = self.audit.rules if self.audit is not None and self.audit.place == "database" else ""
        return ", ".join(one for one in ("teams and keys of gateway/keys.yaml" if self.keys else "", kept) if one)

    @property
    def refuses_by_budget(self) -> bool:
        """Whether every group has a ceiling, so that a spent budget ends all answers."""
        return bool(self.deployments) and all(one.budget_usd is not None for one in self.deployments)

    @property
    def enforced(self) -> bool:
        """Whether limits of a minute stand on a deployment."""
        return any(entry.limits.rpm or entry.limits.tpm for entry in self.entries)

    @property
    def limit_retries(self) -> int:
        """Repetitions after a rate limit: none where the gateway has limits, which are over with the minute."""
        return 0 if self.enforced else self.retries

    @property
    def reads(self) -> tuple[Credential, ...]:
        """What the entries, the cache's vectors, the record and the database read from the environment."""
        found = [one for deployment in self.deployments for one in deployment.credentials]
        found += [one for entry in self.entries for one in entry.credentials]
        found += self.semantic.credentials if self.semantic else ()
        found += _AUDIT_READS if self.audit is not None and self.audit.place == "bucket" else ()
        found += (_DATABASE_URL,) if self.database else ()
        return tuple(dict.fromkeys(found))


_AUDIT_READS = (
    Credential(name="AUDIT_BUCKET", about="the bucket that takes the record of every call", parameter="s3"),
    Credential(name="AUDIT_REGION", about="the region of that bucket", parameter="s3"),
)
_DATABASE_URL = Credential(
    name="DATABASE_URL",
    about="postgresql://litellm:PASSWORD@postgres:5432/litellm with the password below in place of PASSWORD",
    parameter="database_url",
)
