"""Decision records: one of the model, one a topic that binding rules decide, each with what would overturn it."""

from maquette.decision.decision import Decision
from maquette.decision.record import Record, records
from maquette.decision.topics import TOPICS
from maquette.decision.weighing import weigh
from maquette.foundation.expression import Facts
from maquette.requirements.answers import Requirements, known_facts
from maquette.rules.judging import judge
from tests.decision_world import ANSWERS, TODAY, choice, cost, decision, projection, result, run, shortlist
from tests.rule_world import SCENARIOS, question_book, rule_book, scenario


def of_scenario(name: str, *, accepted: bool = False) -> tuple[Decision, tuple[Record, ...]]:
    brief = scenario(name)
    found = weigh(
        requirements=brief.requirements,
        questions=question_book(),
        facts=brief.facts,
        run=None,
        projection=None,
        report=judge(rule_book(), brief.facts),
        shortlist=shortlist(),
        choice=choice("m", accepted=True) if accepted else None,
        today=TODAY,
    )
    return found, records(found, facts=brief.facts, questions=question_book())


def of_world(found: Decision, facts: Facts | None = None) -> dict[str, Record]:
    known = facts or known_facts(Requirements(answers=ANSWERS), question_book())
    return {record.id: record for record in records(found, facts=known, questions=question_book())}


def test_every_area_of_the_rule_base_belongs_to_one_topic() -> None:
    areas = [area for topic in TOPICS for area in topic.areas]
    assert len(areas) == len(set(areas))
    assert set(areas) == {rule.area for rule in rule_book().rules.values()}
    assert [topic.number for topic in TOPICS] == list(range(1, len(TOPICS) + 1))


def test_each_scenario_has_the_models_record_first_and_at_most_one_a_topic() -> None:
    for name in SCENARIOS:
        found, kept = of_scenario(name)
        numbers = [record.number for record in kept]
        assert numbers[0] == 1
        assert numbers == sorted(set(numbers))
        decided = {rule for record in kept for rule in record.rules}
        for slot in found.rules.slots.values():
            winner = rule_book().rules[next(iter(slot.proposals.values()))[0]]
            assert (winner.id in decided) is (winner.strength in ("must", "strong"))


def test_the_hospitals_hosting_record_tells_drivers_outcome_rules_and_what_would_overturn_it() -> None:
    _, kept = of_scenario("a_hipaa_clinical_summary", accepted=True)
    record = next(record for record in kept if record.slug == "hosting")
    assert (record.id, record.status, record.decided_on) == ("ADR-0002", "accepted", TODAY)
    assert record.outcome == ("hosting: self", "engine: vllm", "quant: fp8", "max_model_len: p99")
    assert ("data.external_processing_allowed", "no", None) in [(d.fact, d.value, d.unit) for d in record.drivers]
    assert ("tokens.input_p99", "24000", "tokens") in [(d.fact, d.value, d.unit) for d in record.drivers]
    behind = ("R-SELF-01", "R-SELF-05", "R-QUANT-01", "R-QUANT-05", "R-ENGINE-01", "R-ENGINE-02", "R-ENGINE-03")
    assert record.rules == behind
    assert [c.rule for c in record.confirmation] == [
        rule for rule in behind if rule_book().rules[rule].overturn != "none"
    ]
    assert [d.rule for d in record.disagreements] == ["R-SELF-05", "R-QUANT-01"]


def test_the_models_record_tells_the_choice_its_options_and_what_would_turn_it() -> None:
    found = decision(
        run(result("cheap", 185, 200), result("dear", 196, 200)),
        projection(cost("cheap", "66"), cost("dear", "180")),
        chosen=choice("dear", fallback="cheap"),
    )
    record = of_world(found)["ADR-0001"]
    assert record.title == "The model: dear"
    assert record.outcome[0] == "dear, with cheap as fallback, because it is known in the house"
    assert [(option.name, option.outcome) for option in record.options] == [
        ("cheap", "recommended"),
        ("dear", "chosen"),
    ]
    assert record.status == "proposed"
    assert [c.text for c in record.confirmation if c.rule is None] == list(found.flips)
    assert [d.fact for d in record.drivers[:3]] == ["quality.threshold", "latency.p95_ms", "budget.monthly_usd"]
    assert record.good == found.options[1].for_it
    assert record.evidence[-1] == found.computed_from


def test_without_a_decision_the_models_record_says_why() -> None:
    record = of_world(decision())["ADR-0001"]
    assert record.outcome[0] == "Nothing has been evaluated. Evaluate the chosen models on your own examples."
    assert (record.status, record.decided_on, record.options) == ("proposed", None, ())


def test_what_stands_against_release_is_a_bad_consequence_of_the_models_record() -> None:
    record = of_world(decision(design__fallback=False))["ADR-0001"]
    assert any("(R-FALL-02)" in text for text in record.bad)


def test_a_lost_proposal_is_kept_as_an_option_and_as_what_is_given_up() -> None:
    answers = {**ANSWERS, "traffic.exact_repeat_share": 0.1, "traffic.repeat_share": 0.5, "context.multi_turn": False}
    answers |= {"knowledge.acl": False, "data.sensitivity": "internal"}
    facts = known_facts(Requirements(answers=answers), question_book())
    record = of_world(decision(answers=answers), facts)["ADR-0004"]
    outcomes = {option.name: option.outcome for option in record.options}
    assert (outcomes["cache: exact"], outcomes["cache: semantic"]) == ("chosen", "not taken")
    assert "cache is not semantic, which R-CACHE-04 would propose" in record.bad


def test_a_conflict_stays_open_whatever_was_accepted() -> None:
    answers = {**ANSWERS, "task.complexity": "simple", "latency.mode": "batch", "latency.p95_ms": 90}
    facts = known_facts(Requirements(answers=answers), question_book())
    found = decision(answers=answers, chosen=choice("m", accepted=True))
    assert found.rules.slots["tier"].conflict
    assert "tier: open, micro or fast; rules of equal strength disagree" in of_world(found, facts)["ADR-0001"].outcome


def test_what_is_only_to_be_considered_makes_no_record() -> None:
    found = decision(answers={"users.tiers": 3})
    assert found.rules.slots["tiering"].value is True
    assert "ADR-0004" not in of_world(found, {"users.tiers": 3})
