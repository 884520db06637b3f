"""What each metric counts and what it cannot see, by the name of a required metric or of a scorer."""

from collections.abc import Mapping

METRICS: Mapping[str, str] = {
    "accuracy": "share of cases with the right answer",
    "macro_f1": "F1 of each label, all labels alike",
    "faithfulness": "share of answers whose every claim the source supports",
    "task_success": "share of tasks whose end state is right",
    "exact_match": "share of answers equal to the reference",
    "label": "share of answers that name the right label",
    "json_schema": "share of answers that fit the schema",
    "json_fields": "share of fields with the right value",
    "rubric_judge": "share of answers that a model judge passes on a rubric",
    "citation": "share of answers whose cited places hold what is said",
    "code_tests": "share of tasks whose tests pass in a sandbox",
    "rouge": "overlap of words with a reference",
    "bleu": "overlap of word sequences with a reference",
    "embedding_similarity": "nearness of meaning to a reference",
    "tool_call": "share of calls with the right tool and arguments",
}
LIMITS: Mapping[str, str] = {
    "accuracy": "hides a rare label that is always wrong",
    "macro_f1": "a label with few examples moves it as much as the commonest one",
    "faithfulness": "a faithful answer may still leave out what matters",
    "task_success": "says nothing of what a solved task cost or broke elsewhere",
    "exact_match": "counts another wording of the right answer as wrong",
    "label": "says nothing of how sure the model was, which a threshold for review needs",
    "json_schema": "a valid form can hold wrong values",
    "json_fields": "all fields count alike, whatever a wrong one costs",
    "rubric_judge": "favours long answers and models of the judge's own family",
    "citation": "a right citation does not show that nothing was left out",
    "code_tests": "sees only what the tests look at",
    "rouge": "a made-up fact in the right words scores well",
    "bleu": "a made-up fact in the right words scores well",
    "embedding_similarity": "a negation lies close to its opposite",
    "tool_call": "another order of calls that works counts as wrong",
}
