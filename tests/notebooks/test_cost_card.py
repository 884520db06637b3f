"""The fields of the cost card: a value tried shows what it changes, and the project stays as it is."""

from pathlib import Path

from maquette_widgets import cards
from tests.project_world import scenario_project


def test_a_value_tried_in_the_card_shows_the_difference(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    project.set_settings({"shortlist.chosen": ["gpt-6-luna"]})
    before = (project.folder / "maquette.yaml").read_bytes()
    box = cards(project).cost.live
    assert box.fields["tokens.output_avg"].placeholder == "60 now"
    box.fields["tokens.output_avg"].value = "120"
    assert "gpt-6-luna: $144,532 -&gt; $209,247, +$64,716: output +$64,716" in box.tried.value
    assert "project.what_if({&#x27;tokens.output_avg&#x27;: &#x27;120&#x27;})" in box.frame.code.value
    box.fields["tokens.output_avg"].value = "many"
    assert "is not a number" in box.frame.message.value
    box.fields["tokens.output_avg"].value = ""
    assert box.tried.value == ""
    assert (project.folder / "maquette.yaml").read_bytes() == before
