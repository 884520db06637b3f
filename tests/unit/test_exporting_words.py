"""A planned export in words: which answers an edit allows, what needs no asking, diffs, where lines are from."""

from collections.abc import Mapping

from maquette.bundle.lock import Lock, text_digest
from maquette.bundle.origin import Fact, LineOrigin
from maquette.bundle.plan import BundlePlan, FileSpec, PlannedFile, Resolution
from maquette.bundle.planning import History, plan_bundle
from maquette.project.exporting_words import (
    diff_lines,
    edit_words,
    plan_words,
    possible,
    settled,
    state_words,
    unsettled,
)

BASE = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"
NEW = BASE.replace("six", "SIX")


def spec(path: str, content: str, origins: tuple[LineOrigin, ...] = ()) -> FileSpec:
    return FileSpec(path=path, content=content, template=f"docs/{path}.j2", origins=origins)


def planned(mine: str | None, new: str = NEW, *, base: str | None = BASE, known: bool = True) -> BundlePlan:
    """A plan of one file, ``a.md``: what the last export wrote, what the user made of it, what is rendered now."""
    lock = Lock(maquette_version="1", computed_from="", files={"a.md": text_digest(base)} if base is not None else {})
    present: Mapping[str, str] = {} if mine is None else {"a.md": mine}
    history = History(exported={"a.md": base} if base is not None and known else {})
    return plan_bundle([spec("a.md", new)], present=present, lock=lock, out="out", computed_from="x", history=history)


def only(plan: BundlePlan) -> PlannedFile:
    (file,) = plan.files
    return file


def texts(plan: BundlePlan, said: Resolution | None = None) -> list[str]:
    return [line.text for line in diff_lines(only(plan), said)]


def test_a_file_that_nobody_edited_is_not_asked_about() -> None:
    plan = planned(BASE)
    assert possible(only(plan)) == ()
    assert unsettled(plan, {}) == ()
    assert (state_words(only(plan), None), edit_words(only(plan))) == ("changed", "")


def test_an_edit_that_fits_can_be_merged_and_one_that_does_not_gets_markers() -> None:
    fits, disagrees = planned(BASE.replace("one", "ONE")), planned(BASE.replace("six", "mine"))
    assert possible(only(fits)) == (Resolution.MERGE, Resolution.KEEP, Resolution.REPLACE)
    assert possible(only(disagrees)) == (Resolution.KEEP, Resolution.REPLACE, Resolution.MARKERS)
    assert state_words(only(fits), None) == "edited: fits"
    assert state_words(only(disagrees), None) == "edited: 1 conflict"
    assert state_words(only(disagrees), Resolution.KEEP) == "edited: keep"


def test_an_edit_whose_beginning_is_not_known_can_only_stay_or_go() -> None:
    plan = planned("mine\n", known=False)
    assert possible(only(plan)) == (Resolution.KEEP, Resolution.REPLACE)
    assert edit_words(only(plan)).startswith("You edited it; what the last export wrote is not known")


def test_an_answer_that_the_edit_does_not_allow_counts_as_none() -> None:
    plan = planned(BASE.replace("six", "mine"))
    assert [one.spec.path for one in unsettled(plan, {"a.md": Resolution.MERGE})] == ["a.md"]
    assert unsettled(plan, {"a.md": Resolution.MARKERS}) == ()


def test_where_nothing_new_is_rendered_an_edit_stays_without_asking() -> None:
    plan = planned(BASE.replace("one", "ONE"), new=BASE)
    assert settled(plan) == {"a.md": Resolution.KEEP}
    assert unsettled(plan, settled(plan)) == ()
    assert settled(planned(BASE.replace("one", "ONE"))) == {}


def test_a_diff_is_numbered_old_lines_by_the_old_text_and_new_lines_by_the_new() -> None:
    assert texts(planned(BASE)) == [
        "   3   three",
        "   4   four",
        "   5   five",
        "   6 - six",
        "   6 + SIX",
        "   7   seven",
    ]


def test_a_new_file_is_all_new_and_one_as_it_is_says_so() -> None:
    assert texts(planned(None, new="a\nb\n", base=None)) == ["   1 + a", "   2 + b"]
    assert texts(planned(NEW)) == ["as it is there"]


def test_a_missing_last_newline_is_said() -> None:
    assert texts(planned(BASE, new=BASE.removesuffix("\n")))[-1].strip() == "\\ No newline at end of file"


def test_a_merge_shows_what_the_merge_changes_and_a_kept_file_what_it_goes_without() -> None:
    plan = planned(BASE.replace("one", "ONE"))
    assert "   6 + SIX" in texts(plan, Resolution.MERGE)
    assert not any("one" in line.split() for line in texts(plan, Resolution.MERGE))
    assert texts(plan, Resolution.KEEP)[1] == "It stays as it is; the render differs by:"
    assert "   1 + one" in texts(plan, Resolution.REPLACE)


def test_markers_show_both_versions_of_each_place_that_disagrees() -> None:
    told = texts(planned(BASE.replace("six", "mine")), Resolution.MARKERS)
    assert told[1] == "a.md.merge beside it:"
    assert [line.split()[-1] for line in told[5:12]] == ["yours", "mine", "export", "six", "=======", "SIX", "rendered"]
    assert sum("<<<<<<< yours" in line for line in told) == 1


def test_each_new_line_is_followed_by_the_template_line_and_the_facts_in_it() -> None:
    at = [LineOrigin(places=(("docs/a.md.j2", number),), facts=()) for number in range(1, 8)]
    at[5] = LineOrigin(places=(("docs/a.md.j2", 9),), facts=(Fact(data="x", fact="budget.monthly_usd"),))
    plan = plan_bundle([spec("a.md", NEW, tuple(at))], present={"a.md": BASE}, lock=None, out="out", computed_from="x")
    lines = diff_lines(only(plan), None, origins=True)
    where = [line.text.strip() for line in lines if line.sign == "<"]
    assert where == ["<- templates/docs/a.md.j2:9  budget.monthly_usd"]
    assert lines[[line.sign for line in lines].index("<") - 1].text == "   6 + SIX"


def test_in_a_merge_lines_keep_their_origin_though_their_numbers_moved() -> None:
    at = tuple(LineOrigin(places=(("docs/a.md.j2", number),), facts=()) for number in range(1, 8))
    mine = f"zero\n{BASE}"
    lock = Lock(maquette_version="1", computed_from="", files={"a.md": text_digest(BASE)})
    history = History(exported={"a.md": BASE})
    plan = plan_bundle(
        [spec("a.md", NEW, at)], present={"a.md": mine}, lock=lock, out="out", computed_from="x", history=history
    )
    told = [line.text for line in diff_lines(only(plan), Resolution.MERGE, origins=True)]
    assert told[told.index("   7 + SIX") + 1].strip() == "<- templates/docs/a.md.j2:6"


def test_a_line_that_no_template_made_says_so() -> None:
    nowhere = (LineOrigin(places=(), facts=()),)
    plan = plan_bundle([spec("a.md", "x\n", nowhere)], present={}, lock=None, out="out", computed_from="x")
    told = [line.text for line in diff_lines(only(plan), None, origins=True)]
    assert told == ["   1 + x", "       <- no line of a template: Maquette's own code writes it"]


def test_a_plan_is_counted_by_state() -> None:
    assert plan_words(planned(BASE)) == "out: 1 changed"
