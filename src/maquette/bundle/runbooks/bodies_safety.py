"""Runbooks of harm: injected instructions, leaked data and credentials, access without right, runaway sessions."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from maquette.bundle.documents.compliance import incident_rows
from maquette.bundle.figures import Figure, Sentence, clause, estimated
from maquette.bundle.runbooks.operating import usual_session
from maquette.bundle.runbooks.scene import CONFIG, Scene, ask
from maquette.bundle.runbooks.values import Body, Step
from maquette.bundle.services import GATEWAY_PORT
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
    acts = clause("What the model may do by itself: ", scene.fact("agency.tools"), ".") if agent else []
    tools = [Step(text=["Take the right to write, push and send from the tools; reading stays."])] if agent else []
    places = (
        "in the message itself, in a document, in the answer of a tool" if agent else "in the message or a document"
    )
    ways = "a link, a mail, a commit, an answer to somebody else" if agent else "a link, an answer to somebody else"
    return Body(
        impact=(*scene.usual(), _data(scene), acts),
        diagnose=(
            Step(text=["Find the request: its id stands in the application's finding."]),
            Step(text=[f"Where did the instruction stand: {places}?"], healthy=["nowhere"]),
            Step(
                text=[f"Did anything leave: {ways}?"],
                healthy=["no"],
                branches=([f"Yes: tell security at once{scene.see('RB-15')}."],),
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
        undo=([f"`{_START}`{', and the rights of the tools one by one,' if agent else ''} once the case is refused."],),
        keep=[f"The whole request with every {'document and tool answer' if agent else 'document'} in it, kept apart."],
    )


def leak(scene: Scene) -> Body:
    """RB-15."""
    regimes = clause("Rules that bind: ", scene.fact("compliance.regimes"), "; their clocks for notices begin now.")
    duties = incident_rows(scene.op.seen)
    stored = clause(
        "Prompts in logs allowed: ",
        scene.fact("logging.content_allowed"),
        "; kept ",
        scene.fact("logging.retention_days"),
        ".",
    )
    off = f"sed -i 's/turn_off_message_logging: .*/turn_off_message_logging: true/' {CONFIG}"
    stop = [scene.configure(["Stop logging content."], off)] if _logs(scene) else []
    return Body(
        impact=(*scene.usual(), _data(scene), stored, regimes, *_clocks(duties)),
        diagnose=(
            Step(text=["Where was it found: an answer, a log line, a trace, a cache?"], healthy=["nowhere"]),
            Step(
                text=["Does the gateway log content?"],
                command="grep turn_off_message_logging gateway/config.yaml",
                healthy=[f"`turn_off_message_logging: {str(not _logs(scene)).lower()}`"],
                branches=() if stop else (["`false`: somebody changed it; set it to `true` and restart the gateway."],),
            ),
            scene.look(["How many findings."], "sum by (place) (increase(app_data_leak_findings_total[1d]))", ["`0`"]),
        ),
        mitigate=(
            Step(text=[f"Call {_officer(duties)} first, who decides what is kept as evidence and who is told."]),
            *stop,
            Step(text=["Then delete what leaked where it leaked: log lines, traces, cache; write down what and when."]),
        ),
        verify=scene.look(["No finding for a day."], "sum(increase(app_data_leak_findings_total[1d]))", ["`0`"]),
        undo=(scene.back(),) if stop else (["Nothing: what was deleted stays deleted."],),
        keep=["Whose data, which kind, who could see them, from when to when; never the data themselves."],
    )


def _officer(duties: list[Mapping[str, Any]]) -> str:
    """Whom the regimes make responsible for telling of a breach."""
    named = dict.fromkeys(row["owner"] for row in duties if "breach" in row["duty"])
    return f"the {' and the '.join(named)}" if named else "whoever answers for data protection"


def _clocks(duties: list[Mapping[str, Any]]) -> list[Sentence]:
    """Until when each regime wants to be told of a breach."""
    return [
        [f"{row['regime']} (", row["article"], f"): notice {row['repeat']}."]
        for row in duties
        if "breach" in row["duty"]
    ]


def _logs(scene: Scene) -> bool:
    return scene.op.seen.policy is not None and scene.op.seen.policy.log_content


def access(scene: Scene) -> Body:
    """RB-17."""
    cached = (
        [Step(text=["Empty the cache."], command="docker compose exec redis redis-cli FLUSHDB")] if scene.redis else []
    )
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
            scene.look(["How many, since when."], "sum(increase(app_acl_violations_total[1d]))", ["`0`"]),
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
            *cached,
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
    withdraw = [Step(text=["Write new keys for your own model servers and gateway: nobody else issues them."])]
    if scene.provided:
        withdraw = [Step(text=["Withdraw it where it was issued; do not wait for a replacement."])]
    return Body(
        impact=(
            *scene.usual(),
            [f"Credentials of this system: {own}."],
            clause("Whoever has one may spend ", scene.fact("budget.monthly_usd"), "."),
        ),
        diagnose=tuple(_which_secret(scene, agent=agent)),
        mitigate=(
            *withdraw,
            Step(
                text=["Put the new one into .env and start again."],
                command="${EDITOR:-vi} .env\ndocker compose up --detach",
            ),
            *([Step(text=["End the sessions that saw it, and delete their transcripts."])] if agent else []),
        ),
        verify=Step(
            text=["The new one answers; the old one is refused."],
            command=ask("primary"),
            healthy=["`200`"],
        ),
        undo=(["Nothing: a withdrawn credential stays withdrawn."],),
        keep=["Where it stood, since when, and what it was used for until it was withdrawn."],
    )


def _which_secret(scene: Scene, *, agent: bool) -> Iterator[Step]:
    yield Step(
        text=["Which of this system's credentials is it?"],
        command="cut -d= -f1 .env",
        healthy=["none of them"],
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


def abuse(scene: Scene) -> Body:
    """RB-27: blocking by the application, for the gateway of this bundle knows keys and no callers."""
    hours = scene.limit("abuse_hours", "h")
    rule: Sentence = [
        "Blocked by itself: a caller with ",
        scene.limit("abuse_findings", "findings"),
        " of injection or misuse within an hour, for ",
        hours,
        ".",
    ]
    spent = clause("All callers together cost ", scene.impact["usd_per_hour"], ".")
    return Body(
        impact=(*scene.usual(), rule, spent),
        diagnose=_who_misuses(scene),
        mitigate=_blocking(scene, hours),
        verify=scene.look(
            ["Callers blocked in the last hour."], "sum(increase(app_callers_blocked_total[1h]))", ["falling to `0`"]
        ),
        undo=(
            ["Off the list after ", hours, "; a second time only after a person has read the requests."],
            [f"`{_START}`, if it was stopped."],
        ),
        keep=[_kept(scene)],
    )


def _who_misuses(scene: Scene) -> tuple[Step, ...]:
    return (
        scene.look(
            ["Which findings."], "sum by (kind) (increase(app_callers_blocked_total[1h]))", ["no kind stands out"]
        ),
        scene.look(
            ["Through which key they come."],
            "topk(5, sum by (api_key_alias) (increase(litellm_proxy_total_requests_metric_total[1h])))",
            ["in proportion to their callers"],
            [f"One key far ahead: withdraw it{scene.see('RB-24')}."],
        ),
        Step(
            text=["Read ten of the blocked requests by their ids: were they attacks?"],
            healthy=["nobody was blocked by mistake"],
            branches=(["Mistakes: raise the number of findings, and take those callers off the list."],),
        ),
    )


def _blocking(scene: Scene, hours: Figure) -> tuple[Step, ...]:
    tenants = scene.op.seen.facts.values.get("users.multi_tenant") is True
    word = [Step(text=["Block a whole tenant only with the word of whoever owns the account."])] if tenants else []
    deny: Sentence = ["Put the caller's id on the application's deny list for ", hours]
    return (
        Step(text=[*deny, ": the next request gets 403 and reaches no model."]),
        Step(text=["New ids of one caller: lower what each caller may ask to the usual number; ask for an account."]),
        *word,
        *_blocked_at_gateway(scene),
        Step(text=["If it does not end, stop everything."], command=_STOP),
    )


def _blocked_at_gateway(scene: Scene) -> list[Step]:
    """The gateway blocks by the ``user`` of a request, or by key, where it has a database to remember them."""
    policy = scene.op.seen.policy
    if policy is None or not policy.database:
        return []
    command = (
        "set -a; . ./.env; set +a\nread -r -p 'id of the caller: ' CALLER\n"
        f"curl -s -X POST http://127.0.0.1:{GATEWAY_PORT}/customer/block \\\n"
        "  -H \"Authorization: Bearer $LITELLM_MASTER_KEY\" -H 'Content-Type: application/json' \\\n"
        '  -d "{\\"user_ids\\": [\\"$CALLER\\"]}"'
    )
    return [Step(text=["Block the caller at the gateway too; /customer/unblock takes it back."], command=command)]


def _kept(scene: Scene) -> str:
    """What of the blocked requests may be kept, by whether content may be logged."""
    ids = "Ids, times and kinds of the findings of each blocked caller, and who took whom off the list"
    return (
        f"{ids}; the texts themselves too." if _logs(scene) else f"{ids}; no text of a request, for none may be stored."
    )


SAFETY_BODIES: Mapping[str, Callable[[Scene], Body]] = {
    "RB-14": bypass,
    "RB-15": leak,
    "RB-17": access,
    "RB-23": runaway,
    "RB-24": secret,
    "RB-27": abuse,
}
