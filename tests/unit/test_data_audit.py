"""The audit of examples: each finding, what is counted and where, and what is never shown."""

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from maquette.cli.main import run
from maquette.evals.calls import Tool
from maquette.evals.data_audit import Audit, audit
from maquette.evals.data_contents import personal_data, script_of
from maquette.evals.data_findings import Limits, Severity, half_width
from maquette.evals.data_likeness import near_pairs, normalised
from maquette.evals.dataset import Dataset, Example, Prompt
from maquette.evals.statistics import half_width as width_of
from maquette.evals.statistics import wilson


def example(number: int, text: str, expected: Any = "x", **changes: Any) -> Example:
    return Example(id=f"e{number}", inputs={"text": text}, expected=expected, **changes)


def audited(*examples: Example, prompt: Prompt | None = None, **limits: Limits) -> Audit:
    return audit(Dataset(name="x.jsonl", examples=examples), prompt, limits)


def found(audit_: Audit) -> dict[str, tuple[int, tuple[str, ...]]]:
    sizes = {"few_examples", "no_normal", "no_edge", "no_adversarial", "unbalanced", "no_source"}
    return {finding.code: (finding.count, finding.examples) for finding in audit_.findings if finding.code not in sizes}


SENTENCES = (
    "My parcel was sent to an old address and came back to you last week",
    "Please cancel the subscription that my colleague ordered in January",
    "The app closes by itself whenever I open the list of invoices",
)


def test_a_clean_set_has_nothing_but_its_size_to_be_told() -> None:
    assert found(audited(*(example(number, text, text) for number, text in enumerate(SENTENCES)))) == {}


def test_the_half_width_is_wilsons_at_one_half() -> None:
    for number in (2, 50, 100, 200, 1000):
        assert half_width(number) == pytest.approx(width_of(wilson(number // 2, number)), abs=1e-12)
    assert f"{half_width(100):.3f}" == "0.096"


def test_fewer_than_a_hundred_are_told_with_what_they_can_say_and_missing_strata_too() -> None:
    small = audited(*(example(number, f"{number} {number * 7919}") for number in range(20)))
    told = {finding.code: finding.what for finding in small.findings}
    assert told["few_examples"] == "20 examples give at best ± 20.1% (95 %, Wilson); 100 give ± 9.6%"
    assert {"no_edge", "no_adversarial"} <= told.keys()
    assert "no_normal" not in told
    strata = ("normal", "edge + de", "adversarial")
    enough = audited(*(example(number, str(number), stratum=strata[number % 3]) for number in range(120)))
    assert [(each.name, each.examples) for each in enough.strata] == [
        ("normal", 40),
        ("edge", 40),
        ("adversarial", 40),
        ("de", 40),
    ]
    assert not {"few_examples", "no_normal", "no_edge", "no_adversarial"} & {each.code for each in enough.findings}


def sourced(*sources: str) -> Audit:
    given = enumerate(sources)
    return audited(*(example(at, str(at * 7919), tags=(f"source:{one}",) if one else ()) for at, one in given))


def test_a_set_with_little_real_traffic_is_told_with_its_share() -> None:
    picked = sourced(*["production"] * 19, *["synthetic"] * 41, *[""] * 40)
    (told,) = [each for each in picked.findings if each.code == "little_production"]
    assert (told.severity, told.count) == (Severity.WARNING, 19)
    assert told.what.startswith("19 of 100 examples (19 %) say that they come from production; below 20%")
    assert picked.sources == {"synthetic": 41, "unknown": 40, "production": 19}
    sampled = sourced(*["production"] * 20, *["synthetic"] * 80)
    assert not {"little_production", "no_source"} & {each.code for each in sampled.findings}


def test_a_set_that_does_not_say_where_it_comes_from_is_told_so_and_is_not_called_picked() -> None:
    (told,) = [each for each in sourced("", "").findings if "source" in each.code or "production" in each.code]
    assert (told.code, told.severity) == ("no_source", Severity.NOTICE)


def test_the_same_question_with_two_answers_is_serious() -> None:
    both = audited(example(1, "Where is it?", "shipping"), example(2, "  WHERE is\nit? ", "billing"))
    assert found(both) == {"contradictions": (2, ("e1", "e2"))}
    assert both.serious


def test_duplicates_are_counted_but_for_repeats_in_one_cluster() -> None:
    text = SENTENCES[0]
    assert found(audited(example(1, text), example(2, text), example(3, text.upper()))) == {
        "duplicates": (2, ("e2", "e3"))
    }
    assert found(audited(example(1, text, cluster="c"), example(2, text, cluster="c"))) == {}
    other_tools = example(2, text, tools=(Tool(name="f"),))
    assert found(audited(example(1, text), other_tools)) == {}


def test_near_duplicates_are_found_and_different_texts_are_not() -> None:
    near = audited(example(1, SENTENCES[0]), example(2, SENTENCES[1]), example(3, SENTENCES[0] + "!"))
    assert found(near) == {"near_duplicates": (1, ("e3",))}
    assert near_pairs([normalised(text) for text in SENTENCES]) == []
    assert near_pairs(["", "", "ab", "ab", "abcdefgh", "x" * 50, "x" * 60]) == [(5, 6)]


def test_near_pairs_are_those_of_jaccards_measure() -> None:
    draw = random.Random(4)
    words = ["".join(draw.choices("abcdefg", k=5)) for _ in range(60)]
    texts = [" ".join(draw.choices(words, k=30)) for _ in range(60)]
    for text in texts[:30]:
        parts = text.split()
        parts[draw.randrange(30)] = draw.choice(words)
        texts.append(" ".join(parts))

    def likeness(one: str, other: str) -> float:
        a, b = ({text[start : start + 5] for start in range(len(text) - 4)} for text in (one, other))
        return len(a & b) / len(a | b)

    leaders: list[int] = []
    expected = []
    for place, text in enumerate(texts):
        if text in texts[:place]:
            continue
        near = next((leader for leader in leaders if likeness(texts[leader], text) >= 0.8), None)
        if near is None:
            leaders.append(place)
        else:
            expected.append((near, place))
    assert near_pairs(texts) == expected
    assert len(expected) > 20


def test_a_few_shot_example_in_the_test_is_serious() -> None:
    shots = (example(9, SENTENCES[0]), Example(id="e2", inputs={"text": "something else"}, expected="x"))
    prompt = Prompt(name="p", version="1", system=None, user="{{ text }}", few_shot=shots)
    leaked = audited(
        example(1, SENTENCES[0].upper(), SENTENCES[0]),
        example(2, SENTENCES[1], SENTENCES[1]),
        example(3, SENTENCES[0] + "?", SENTENCES[2]),
        prompt=prompt,
    )
    told = found(leaked)
    assert told["leak"] == (1, ("e1",))
    assert told["near_leak"] == (1, ("e3",))
    assert told["leaked_ids"] == (1, ("e2",))
    assert leaked.serious
    set_apart = Dataset(name="x", examples=(example(1, SENTENCES[0]),), few_shot=(example(2, SENTENCES[0]),))
    assert found(audit(set_apart, None, {}))["leak"] == (1, ("e1",))


def test_the_majority_is_told_as_the_score_of_a_model_that_always_says_it() -> None:
    examples = [
        example(number, f"{number}", {"kind": "a" if number < 82 else "b", "n": number}) for number in range(100)
    ]
    balanced = audited(*examples)
    (kind,) = balanced.labels
    assert (kind.field, kind.counts, kind.baseline) == ("kind", (("a", 82), ("b", 18)), 0.82)
    (told,) = [finding for finding in balanced.findings if finding.code == "unbalanced"]
    assert told.what == "a model that always says 'a' of kind scores 82%"
    assert told.severity is Severity.WARNING
    assert audited(*(example(number, str(number), f"answer {number}") for number in range(100))).labels == ()


def test_what_does_not_fit_a_model_is_told_as_an_estimate() -> None:
    prompt = Prompt(name="p", version="1", system="s" * 100, user="{{ text }}")
    fits = Limits(context_tok=1_000, answer_tok=100)
    examples = (example(1, "y" * 3_480), example(2, "z" * 3_600), example(3, "short", "w" * 500))
    told = audited(*examples, prompt=prompt, big=Limits(context_tok=8_000, answer_tok=200), small=fits)
    assert found(told) == {"too_long": (1, ("e2",)), "answers_too_long": (1, ("e3",))}
    assert (told.lengths.most_chars, told.lengths.p50_chars, told.lengths.most_tok) == (3_710, 3_590, 928)
    too_long = next(finding for finding in told.findings if finding.code == "too_long")
    assert too_long.what == (
        "1 examples are longer than the 900 tokens that small has room for (an estimate, at 4 characters a token)"
    )


def test_empty_inputs_and_missing_ids_and_answers_are_told() -> None:
    told = found(audited(Example(id="line-1", inputs={"text": " ", "other": None}, expected=None), example(2, "a")))
    assert told == {"empty_inputs": (1, ("line-1",)), "no_ids": (1, ("line-1",)), "no_expected": (1, ("line-1",))}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("write to jo.doe+x@mail.example.org now", {"e-mail address": 1}),
        ("not@an address, a@b", {}),
        ("call +49 30 1234567 or (030) 123 4567 or 555-123-4567", {"phone number": 3}),
        ("order 20240117-55, 3.14159265358979, 2024-01-17, 1,234,567", {}),
        ("card 4111 1111 1111 1111", {"payment card": 1}),
        ("card 4111 1111 1111 1112, 0000 0000 0000 0000", {}),
        ("pay to DE89 3704 0044 0532 0130 00 or GB82WEST12345698765432", {"IBAN": 2}),
        ("pay to DE88 3704 0044 0532 0130 00", {}),
    ],
)
def test_what_looks_like_personal_data_is_counted(text: str, kinds: dict[str, int]) -> None:
    assert personal_data(text) == kinds


def test_personal_data_is_placed_and_never_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = "jane.roe@example.org"
    rows = [
        {"id": secret, "input": f"I am {secret}", "expected": secret},
        {"id": "b", "input": "x", "expected": secret},
    ]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*rows, rows[1] | {"id": "c"}]))
    for flags in ([], ["--json"], ["--plain"]):
        assert run(["data", "audit", str(tmp_path / "x.jsonl"), "--project", str(tmp_path), *flags]) == 0
        said = capsys.readouterr()
        assert "jane" not in said.out + said.err
        assert "5 strings look like an e-mail address" in said.out
        assert "example 1" in said.out


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Hello", "Latin"),
        ("Grüße", "Latin"),
        ("Привет, world", "Cyrillic"),
        ("你好", "Han"),
        ("東京へ行きます", "Japanese kana"),
        ("안녕하세요", "Hangul"),
        ("مرحبا", "Arabic"),
        ("नमस्ते", "Devanagari"),
        ("12 + 3 = ?", None),
        ("🙂", None),
    ],
)
def test_the_script_of_most_letters_is_told(text: str, script: str | None) -> None:
    assert script_of(text) == script


def test_check_gives_the_exit_status_of_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"input": "a", "expected": "b"}\n{"input": "A", "expected": "c"}\n', encoding="utf-8")
    arguments = ["data", "audit", str(path), "--project", str(tmp_path), "--json"]
    assert run(arguments) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["format"], data["serious"], data["findings"][0]["code"]) == (1, True, "contradictions")
    assert run([*arguments, "--check"]) == 1


def test_ten_thousand_rows_are_audited_in_a_moment() -> None:
    draw = random.Random(1)
    words = ["".join(draw.choices("abcdefghijklmnop", k=draw.randint(3, 9))) for _ in range(3_000)]
    many = tuple(example(number, " ".join(draw.choices(words, k=30)), draw.choice("ab")) for number in range(10_000))
    started_s = time.process_time()
    assert found(audited(*many)) == {}
    assert time.process_time() - started_s < 10  # about one on a quiet machine; each pair compared would take minutes
