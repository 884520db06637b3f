"""ROUGE, BLEU, chrF and edit similarity: values worked out by hand, and held against the usual implementations."""

from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maquette.evals.dataset import Example
from maquette.evals.metrics import Bleu, Chrf, EditSimilarity, Metric, Response, Rouge
from maquette.evals.metrics.overlap import common_subsequence, tokens


def value(metric: Metric, expected: Any, text: str) -> float | None:
    return metric.score(Example(id="e", inputs={}, expected=expected), Response(text=text)).value


CAT = "the cat sat on the mat"


@pytest.mark.parametrize(
    ("variant", "expected", "text", "right"),
    [
        # 6 and 5 words, of which "the", "cat", "the", "mat" are common: 2 * 4 / 11.
        ("rouge1", CAT, "The cat, the mat - x", 8 / 11),
        # 5 and 4 pairs; "the cat" and "the mat" are common: 2 * 2 / 9.
        ("rouge2", CAT, "the cat the mat x", 4 / 9),
        # "the cat ... the mat" is the longest common subsequence, of 4.
        ("rougeL", CAT, "the cat the mat x", 8 / 11),
        ("rougeL", "a b c d", "d c b a", 0.25),
        ("rougeL", CAT, CAT.upper(), 1.0),
        ("rougeL", CAT, "", 0.0),
        ("rouge2", "one", "one", 0.0),
        ("rouge1", ["x y", "the cat"], "the cat", 1.0),
        ("rouge1", "\u6211\u7231\u732b", "\u6211\u7231\u72d7", 2 / 3),
        ("rougeL", None, "x", None),
        ("rougeL", 3, "3", None),
        ("rougeL", "...", "...", 0.0),
    ],
)
def test_rouge_is_what_the_hand_computes(variant: Any, expected: Any, text: str, right: float | None) -> None:
    assert value(Rouge(variant=variant), expected, text) == (None if right is None else pytest.approx(right))


words = st.lists(st.sampled_from(["the", "cat", "sat", "on", "mat", "7"]), max_size=12)


@given(words, words)
def test_rouge_agrees_with_googles_implementation(wanted: list[str], made: list[str]) -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer")
    oracle = scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)
    expected, text = " ".join(wanted), " ".join(made)
    for variant, known in oracle.score(expected, text).items():
        found = value(Rouge(variant=variant), expected, text)
        assert found == (pytest.approx(known.fmeasure) if expected else None)


@given(st.text("abc", max_size=30), st.text("abc", max_size=30))
def test_the_longest_common_subsequence_is_that_of_the_textbook(a: str, b: str) -> None:
    lengths = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a, start=1):
        for j, y in enumerate(b, start=1):
            lengths[i][j] = lengths[i - 1][j - 1] + 1 if x == y else max(lengths[i - 1][j], lengths[i][j - 1])
    assert common_subsequence(a, b) == lengths[-1][-1]


def test_tokens_are_words_and_the_characters_of_scripts_without_spaces() -> None:
    assert tokens("Caf\u00e9_au lait, 3.5\x1b[0m\0\ud800") == ["caf\u00e9", "au", "lait", "3", "5", "0m"]
    assert tokens("\u732b\u3068cat") == ["\u732b", "\u3068", "cat"]


def test_bleu_and_chrf_are_sacrebleus_as_fractions() -> None:
    import sacrebleu

    answer, reference = "the cat is on the mat", "there is a cat on the mat"
    bleu = sacrebleu.sentence_bleu(answer, [reference]).score / 100
    chrf = sacrebleu.sentence_chrf(answer, [reference]).score / 100
    assert value(Bleu(), reference, answer) == pytest.approx(bleu)
    assert value(Chrf(), reference, answer) == pytest.approx(chrf)
    assert 0.2 < bleu < 0.6
    assert 0.4 < chrf < 0.8
    corpus = [(answer, reference), ("a dog", "a dog")]
    known = sacrebleu.corpus_bleu([a for a, _ in corpus], [[r for _, r in corpus]]).score / 100
    assert Bleu().corpus(corpus) == pytest.approx(known)
    assert (Bleu().corpus([]), Chrf().corpus([])) == (None, None)


@pytest.mark.parametrize("metric", [Bleu(), Chrf(), Chrf(word_order=2)])
def test_the_same_text_has_all_and_an_empty_one_nothing(metric: Metric) -> None:
    assert value(metric, "the cat sat on the mat", "the cat sat on the mat") == 1.0
    assert value(metric, ["no", "the cat sat on the mat"], "the cat sat on the mat") == 1.0
    assert value(metric, "the cat sat on the mat", "") == 0.0
    assert value(metric, {"a": 1}, "x") is None


@pytest.mark.parametrize(
    ("settings", "expected", "text", "right"),
    [
        ({}, "kitten", "sitting", 1 - 3 / 7),
        ({}, "same", "same", 1.0),
        ({}, "same", "", 0.0),
        ({}, "Same", "same", 0.75),
        ({"ignore_case": True}, "Same", "same", 1.0),
        ({}, ["kitten", "sitting"], "sitting", 1.0),
        ({}, "\ud800\0", "\ud800\0", 1.0),
        ({}, None, "x", None),
    ],
)
def test_edit_similarity_is_one_minus_the_share_of_edits(
    settings: dict[str, Any], expected: Any, text: str, right: float | None
) -> None:
    assert value(EditSimilarity(**settings), expected, text) == (None if right is None else pytest.approx(right))


@pytest.mark.parametrize("metric", [Rouge(), Rouge(variant="rouge2"), Bleu(), Chrf(), EditSimilarity()])
def test_megabytes_are_scored_or_left_unscored_in_little_time(metric: Metric) -> None:
    started = monotonic()
    found = value(metric, "a reference of some words", "many words " * 200_000)
    assert found is None or 0 <= found < 0.1
    assert value(metric, "one two " * 200_000, "one three " * 200_000) is None
    assert monotonic() - started < 4
