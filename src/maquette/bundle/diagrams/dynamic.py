"""The dynamic views: one request with the time that each step may take, and what happens when a model fails."""

from maquette.bundle.diagrams.model import Absent, Kind, Sequence, Step
from maquette.bundle.diagrams.parts import APPLICATION, GATEWAY, Parts, parts_of, readable
from maquette.bundle.diagrams.providers import served
from maquette.bundle.diagrams.views import NO_MODEL
from maquette.bundle.documents.cascade import passed_share
from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import measured
from maquette.bundle.inputs import RoleModel
from maquette.bundle.slots import decided

UNKNOWN = "time not known"

BEFORE = (
    ("memory", "turns so far?", "summary and last turns"),
    ("retrieval", "passages for the question?", "passages"),
    ("redaction", "prompt", "prompt without personal data"),
    ("router", "which tier?", "the tier's model group"),
)
"""Parts that the application asks before the gateway: key, question, answer."""

AFTER = (
    ("validator", "the answer", "valid, or repaired once"),
    ("citation_check", "citations of the answer", "verified, or refused"),
    ("sandbox", "tool calls of the answer", "results"),
)

REVIEWED = {
    "always": ("a person checks every answer before it takes effect", "the answer to check", "released, or changed"),
    "low_confidence": ("a person decides answers of low confidence", "the answer to check", "confirmed, or corrected"),
    "sampled": ("a person reads a sample", "an answer of the sample", "kept, or rejected"),
}
"""When a person looks, what is given and what comes back; never while whoever asked waits for the answer."""

REVIEWED_WORK = ("a person reviews finished work, not turns", "the finished work, of code a pull request",
                 "merged, or sent back")  # fmt: skip


class _Steps:
    """Numbers the steps in the order in which they are said."""

    def __init__(self) -> None:
        self.found: list[Step] = []
        self._count = 0

    def ask(self, start: str, end: str, label: str, *, time: str = "", why: str = "") -> None:
        self._add(Step(number=self._next(), start=start, end=end, label=label, time=time, why=why))

    def answer(self, start: str, end: str, label: str, *, time: str = "", why: str = "") -> None:
        self._add(Step(number=self._next(), start=start, end=end, label=label, time=time, answer=True, why=why))

    def heading(self, label: str, *, block: str = "") -> None:
        self._add(Step(number=None, start="", end="", label=label, block=block))

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _add(self, step: Step) -> None:
        self.found.append(step)


def request_view(seen: Seen) -> Sequence | Absent:
    """One request that succeeds, from who asks to the answer; with a classifier in front, both ways."""
    title = f"One request to {seen.inputs.document}"
    if seen.policy is None:
        return Absent(name="dynamic-request", title=title, reason=NO_MODEL)
    parts = parts_of(seen)
    steps, keys = _Steps(), {node.key for node in parts.nodes}
    if "users" in keys:
        steps.ask("users", APPLICATION, "request", time=_whole(seen))
    if "classifier" in keys:
        _round(steps, "classifier", "the request", "a label, and how sure it is")
        steps.heading("It is sure", block="alt")
        _replies(steps, keys, "the classifier's label", _whole(seen))
        steps.heading(_left_to_model(seen), block="else")
    _by_model(seen, parts, steps, keys)
    if "classifier" in keys:
        steps.heading("Either way", block="end")
    _review(seen, steps, keys)
    return _sequence("dynamic-request", title, parts, steps)


def _by_model(seen: Seen, parts: Parts, steps: _Steps, keys: set[str]) -> None:
    """The way through the gateway to the model and back, with every check of the answer."""
    for key, question, answer in _present(parts, BEFORE):
        _round(steps, key, question, answer)
    if "guardrails" in keys:
        _round(steps, "guardrails", "input", "allowed, or refused")
    if "queue" in keys:
        steps.ask(APPLICATION, "queue", "prompt", time=UNKNOWN)
    steps.ask("queue" if "queue" in keys else APPLICATION, GATEWAY, "asks for the group primary", time=_attempts(seen))
    cache = next((key for key in ("redis", "cache") if key in keys), None)
    if cache:
        steps.ask(GATEWAY, cache, "an equal request before?", time=UNKNOWN)
        steps.answer(cache, GATEWAY, "its answer, or nothing")
    steps.ask(GATEWAY, "primary", "prompt" + (", when the cache has nothing" if cache else ""), time=_limit(seen))
    streamed = _streamed(seen)
    steps.answer("primary", GATEWAY, streamed or "answer", time=_known_time(seen, seen.roles[0]))
    steps.answer(GATEWAY, APPLICATION, streamed or "answer")
    if streamed:
        _replies(steps, keys, streamed, _whole(seen))
    if "guardrails" in keys:
        _round(steps, "guardrails", "output", "allowed, or cut off" if streamed else "allowed, or withheld")
    for key, question, answer in _present(parts, AFTER):
        marked = streamed and key == "citation_check"
        _round(steps, key, question, "verified, or marked as not verified" if marked else answer)
    if not streamed:
        _replies(steps, keys, "answer", _whole(seen))
    elif "citation_check" in keys:
        _replies(steps, keys, "marks on the citations, behind the text", "")


def _replies(steps: _Steps, keys: set[str], label: str, time: str) -> None:
    if "users" in keys:
        steps.answer(APPLICATION, "users", label, time=time)


def _left_to_model(seen: Seen) -> str:
    """The share that the classifier leaves to the model, where it is planned."""
    found = passed_share(seen)
    return f"It is not sure: of the traffic {readable(found)}" if found else "It is not sure"


def _review(seen: Seen, steps: _Steps, keys: set[str]) -> None:
    """What a person looks at afterwards: no required time of an answer holds a person."""
    found = REVIEWED.get(seen.facts.text("risk.human_review") or "")
    if found is None or "reviewer" not in keys:
        return
    why, asked, back = REVIEWED_WORK if seen.facts.text("task.type") in ("agent", "code") else found
    steps.heading(f"Afterwards, outside the required time: {why}")
    steps.ask(APPLICATION, "reviewer", asked)
    steps.answer("reviewer", APPLICATION, back)


def failure_view(seen: Seen) -> Sequence | Absent:
    """What the gateway does when a model does not answer: attempts, time limits, the other model."""
    title = f"When a model of {seen.inputs.document} fails"
    policy = seen.policy
    if policy is None:
        return Absent(name="dynamic-failure", title=title, reason=NO_MODEL)
    steps, limit = _Steps(), _limit(seen)
    steps.ask(APPLICATION, GATEWAY, "asks for the group primary")
    errors = ("A rate limit or a server error", "429 or 5xx") if policy.limit_retries else ("A server error", "5xx")
    steps.heading(f"{errors[0]}: the same model again")
    steps.ask(GATEWAY, "primary", "prompt", time=limit)
    steps.answer("primary", GATEWAY, errors[1])
    steps.ask(GATEWAY, "primary", f"the same prompt, up to {policy.retries} more times", time=f"each {limit}")
    if policy.fallback is None:
        steps.heading("Still an error, or no answer in time: there is no other model")
        steps.answer(GATEWAY, APPLICATION, "error", time=_longest(seen))
        return _sequence("dynamic-failure", title, parts_of(seen), steps)
    too_long = ", or a prompt too long for primary" if policy.larger_context else ""
    steps.heading(f"Still an error, or no answer in time{too_long}: the other model")
    fallback = seen.roles[1]
    steps.ask(GATEWAY, "fallback", "the same prompt", time=limit)
    steps.answer("fallback", GATEWAY, "answer", time=_known_time(seen, fallback))
    steps.answer(GATEWAY, APPLICATION, "answer, or the error of the last attempt", time=_longest(seen))
    return _sequence("dynamic-failure", title, parts_of(seen), steps)


def _present(parts: Parts, wanted: tuple[tuple[str, str, str], ...]) -> list[tuple[str, str, str]]:
    keys = {node.key for node in parts.nodes}
    return [one for one in wanted if one[0] in keys]


def _round(steps: _Steps, key: str, question: str, answer: str) -> None:
    """The application asks a part of which no time is known, and gets its answer."""
    steps.ask(APPLICATION, key, question, time=UNKNOWN)
    steps.answer(key, APPLICATION, answer)


def _sequence(name: str, title: str, parts: Parts, steps: _Steps) -> Sequence:
    """The participants in the order in which the steps meet them, models last."""
    met = dict.fromkeys(end for step in steps.found for end in (step.start, step.end) if end)
    nodes = {node.key: node for node in parts.nodes}
    ranked = sorted(met, key=lambda key: (nodes[key].kind is not Kind.PERSON or key != "users", _place(key)))
    participants = tuple(nodes[key] for key in ranked)
    return Sequence(name=name, title=title, participants=participants, steps=tuple(steps.found))


ACROSS = ("users", "reviewer", "classifier", "memory", "retrieval", "redaction", "router", "guardrails", "validator",
          "citation_check", "sandbox", APPLICATION, "queue", GATEWAY, "redis", "cache", "primary",
          "fallback")  # fmt: skip
"""From left to right: what the application asks stands on its one side, the way to the models on the other."""


def _place(key: str) -> int:
    return ACROSS.index(key)


def _whole(seen: Seen) -> str:
    """The time that is required of the whole request."""
    found = seen.facts.figure("latency.p95_ms")
    first = seen.facts.figure("latency.ttft_ms")
    if found is None:
        return "required: P95 not known"
    return f"required: P95 {found['text']}" + (f", first token {first['text']}" if first else "")


def _limit(seen: Seen) -> str:
    policy = seen.policy
    return f"at most {policy.timeout_s:g} s" if policy and policy.timeout_s else "no time limit"


def _attempts(seen: Seen) -> str:
    policy = seen.policy
    if policy is None or policy.timeout_s is None:
        return UNKNOWN
    longest = policy.timeout_s * len(policy.deployments)
    return f"at most {longest:g} s: {len(policy.deployments)} x {policy.timeout_s:g} s"


def _longest(seen: Seen) -> str:
    found = _attempts(seen)
    return "longest wait not known" if found == UNKNOWN else f"timeouts alone {found}"


def _streamed(seen: Seen) -> str:
    """How a streamed answer comes; empty where answers come whole."""
    return "answer, token by token" if decided(seen.inputs.decision).get("streaming") is True else ""


def _known_time(seen: Seen, role: RoleModel) -> str:
    """What was measured of the model, else what its sizing predicts."""
    run, latency = seen.inputs.run, role.result.latency if role.result else None
    if run is not None and latency is not None:
        return readable(measured(f"P50 {latency.p50_s:.3g} s, P95 {latency.p95_s:.3g} s", run))
    sized = served(seen, role)
    if sized is not None:
        one = sized.sized
        return f"predicted: first token {1000 * one.ttft_s.value:.0f} ms, mean answer {one.p95_s:.1f} s (sizing)"
    return UNKNOWN
