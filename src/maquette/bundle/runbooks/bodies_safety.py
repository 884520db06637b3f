"""Runbooks of harm: injected instructions, leaked data and credentials, access without right, runaway sessions."""

from collections.abc import Callable, Iterator, Mapping

from maquette.bundle.figures import Sentence, clause, estimated
from maquette.bundle.runbooks.operating import usual_session
from maquette.bundle.runbooks.scene import CONFIG, LOGS, Scene
from maquette.bundle.runbooks.values import Body, Step
from maquette.foundation.units import readable_usd

_STOP = "docker compose stop gateway"
_START = "docker compose start gateway"


def _data(scene: Scene) -> Sentence:
    return clause(
        "Data that a prompt may hold: ",
        scene.fact("data.sensitivity"),
        ", to stay in ",
        scene.fact("data.residency"),
        ".",
    )


def bypass(scene: Scene) -> Body:
    """RB-14."""
    agent = scene.op.seen.facts.text("agency.tools") not in (None, "none")
    acts = clause("What the model may do by itself: ", scene.fact("agency.tools"), ".")
    tools = [Step(text=["Take the right to write, push and send from the tools; reading stays."])] if agent else []
    return Body(
        impact=(*scene.usual(), _data(scene), acts),
        diagnose=(
            Step(
                text=["Find the request: its id stands in the finding."],
                command=f"{LOGS} | grep -i 'guardrail'",
                healthy=["no line"],
            ),
            Step(
                text=[
                    "Where did the instruction stand: in the message itself, in a document, in the answer of a tool?"
                ],
                healthy=["nowhere"],
            ),
            Step(
                text=["Did anything leave: a link, a mail, a commit, an answer to somebody else?"],
                healthy=["no"],
                branches=(["Yes: continue with data-leak, and page security."],),
            ),
        ),
        mitigate=(
            *tools,
            Step(text=["Refuse the source that it came from."]),
            Step(text=["If it spreads, stop everything."], command=_STOP),
        ),
        verify=Step(
            text=["Replay the case and the injected cases of the evaluation."],
            command="maquette eval run",
            healthy=["none gets through"],
        ),
        undo=([f"`{_START}`, and the tools' rights one by one once the case is refused."],),
        keep=["The whole request with every document and tool answer in it, kept apart from ordinary logs."],
    )


def leak(scene: Scene) -> Body:
    """RB-15."""
    regimes = clause("Rules that bind: ", scene.fact("compliance.regimes"), "; their clocks for notices begin now.")
    stored = clause(
        "Prompts in logs allowed: ",
        scene.fact("logging.content_allowed"),
        "; kept ",
        scene.fact("logging.retention_days"),
        ".",
    )
    return Body(
        impact=(*scene.usual(), _data(scene), stored, regimes),
        diagnose=(
            Step(text=["Where was it found: an answer, a log line, a trace, a cache?"], healthy=["nowhere"]),
            Step(
                text=["Does the gateway log content?"],
                command="grep turn_off_message_logging gateway/config.yaml",
                healthy=[f"turn_off_message_logging: {str(not _logs(scene)).lower()}"],
            ),
            scene.look(["How many findings."], "sum by (place) (increase(app_data_leak_findings_total[1d]))", ["0"]),
        ),
        mitigate=(
            scene.configure(
                ["Stop logging content."],
                f"sed -i 's/turn_off_message_logging: .*/turn_off_message_logging: true/' {CONFIG}",
            ),
            Step(text=["Delete what leaked where it leaked: log lines, traces, cache; write down what and when."]),
            Step(text=["Call whoever answers for data protection."]),
        ),
        verify=scene.look(["No finding for a day."], "sum(increase(app_data_leak_findings_total[1d]))", ["0"]),
        undo=(scene.back(),),
        keep=["Whose data, which kind, who could see them, from when to when; never the data themselves."],
    )


def _logs(scene: Scene) -> bool:
    return scene.op.seen.policy is not None and scene.op.seen.policy.log_content


def access(scene: Scene) -> Body:
    """RB-17."""
    return Body(
        impact=(
            *scene.usual(),
            clause(
                "Rights differ between readers: ",
                scene.fact("knowledge.acl"),
                "; corpus ",
                scene.fact("knowledge.corpus_tokens"),
                ".",
            ),
        ),
        diagnose=(
            scene.look(["How many, since when."], "sum(increase(app_acl_violations_total[1d]))", ["0"]),
            Step(
                text=["Whose passage was shown to whom: compare the reader's groups with those of the document."],
                healthy=["no difference"],
            ),
            Step(
                text=["Is the filter applied before the search, with the caller's identity and not the service's?"],
                healthy=["before, with the caller's"],
            ),
        ),
        mitigate=(
            Step(text=["Turn retrieval off; answers say that sources are not available."]),
            Step(
                text=["If answers are shared between readers, empty the cache."],
                command="docker compose exec redis redis-cli FLUSHDB" if scene.redis else None,
            ),
        ),
        verify=Step(text=["Ask as a reader without rights for the passage."], healthy=["not found"]),
        undo=(["Turn retrieval on again once the case is a test."],),
        keep=["Reader, document, query and the groups of both at that time."],
    )


def secret(scene: Scene) -> Body:
    """RB-24: a key in a repository, a log or a transcript."""
    keys = ", ".join(dict.fromkeys(key for role in scene.impact["roles"] for key in role["keys"]))
    own = ", ".join(name for name in (keys, "LITELLM_MASTER_KEY") if name)
    agent = scene.op.seen.facts.text("agency.tools") not in (None, "none")
    return Body(
        impact=(
            *scene.usual(),
            [f"Credentials of this system: {own}."],
            clause("Whoever has one may spend ", scene.fact("budget.monthly_usd"), "."),
        ),
        diagnose=tuple(_which_secret(scene, agent=agent)),
        mitigate=(
            Step(text=["Withdraw it where it was issued; do not wait for a replacement."]),
            Step(
                text=["Put the new one into .env and start again."],
                command="${EDITOR:-vi} .env\ndocker compose up --detach",
            ),
            *([Step(text=["End the sessions that saw it, and delete their transcripts."])] if agent else []),
        ),
        verify=Step(
            text=["The old key is refused by the provider, the new one answers."],
            command="docker compose ps gateway",
            healthy=["healthy"],
        ),
        undo=(["Nothing: a withdrawn credential stays withdrawn."],),
        keep=["Where it stood, since when, and what it was used for until it was withdrawn."],
    )


def _which_secret(scene: Scene, *, agent: bool) -> Iterator[Step]:
    yield Step(
        text=["Which one is it? Its first characters tell the provider."],
        command="cut -d= -f1 .env",
        healthy=["it is none of these"],
    )
    if any(role.card and role.card.price for role in scene.op.seen.roles):
        yield scene.look(
            ["Is somebody using it?"],
            "sum by (api_key_alias) (increase(litellm_spend_metric_total[1h]))",
            _hourly(scene),
            ["More, or at night: withdraw first, ask later."],
        )
    if agent:
        carried = "Then every model call after it carried it: list the sessions that read the file."
        yield Step(text=[f"Was it in a transcript? {carried}"], healthy=["no"])


def _hourly(scene: Scene) -> Sentence:
    usual = scene.impact["usd_per_hour"]
    return ["what was planned"] if usual is None else ["about ", usual]


def runaway(scene: Scene) -> Body:
    """RB-23."""
    usual = usual_session(scene.op)
    size: Sentence = []
    if usual is not None:
        turns, cost = usual
        paid = (
            None
            if cost is None
            else estimated(readable_usd(cost), f"context.turns_avg x cost of a request of {scene.primary}")
        )
        size = clause("A usual session: ", estimated(f"{turns} turns", "context.turns_avg"), " and ", paid, ".")
    return Body(
        impact=(*scene.usual(), size, clause("What it may do by itself: ", scene.fact("agency.tools"), ".")),
        diagnose=(
            *scene.watch("AgentRunaway"),
            *scene.watch("AgentSessionCost"),
            *scene.watch(
                "AgentLoopStopped",
                ["Same tool with the same arguments again and again: a loop; different ones: a task too large."],
            ),
            scene.look(["Whose session."], "topk(3, app_session_turns)", ["below the limit above"]),
        ),
        mitigate=(
            Step(text=["End the session by its id in the application; what it changed stays on its branch."]),
            Step(
                text=[
                    "Enforce the caps before every turn: the turns and the cost above, and ",
                    scene.limit("session_minutes", "min"),
                    " of wall time.",
                ]
            ),
        ),
        verify=scene.look(["The largest number of turns."], "max(app_session_turns)", ["below the limit above"]),
        undo=(["Raise a cap only for a task that a person has looked at."],),
        keep=["The transcript without secrets, the tool calls in their order, and what it cost."],
    )


SAFETY_BODIES: Mapping[str, Callable[[Scene], Body]] = {
    "RB-14": bypass,
    "RB-15": leak,
    "RB-17": access,
    "RB-23": runaway,
    "RB-24": secret,
}
