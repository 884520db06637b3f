"""Pictures, pages, sound and film: which questions ask for them, their tokens on each model, what they cost."""

import os
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from maquette.adapters.knowledge_files import load_media
from maquette.bundle.documents.context_budget import budget_rows
from maquette.catalog.cards import ModelCard
from maquette.catalog.media import MediaBook, MediaTokens, Medium, media_book
from maquette.catalog.media_file import media_from_file, schema_text
from maquette.catalog.traffic import request_usd, traffic_of
from maquette.cost.basis import cost_fingerprint
from maquette.cost.drawing import draw_costs
from maquette.cost.options import CostOption, priced_option
from maquette.cost.projection import ByCase, CostProjection
from maquette.foundation.expression import FactValue
from maquette.foundation.shipped import shipped
from maquette.requirements.answers import Requirements, asked, open_questions
from tests import bundle_world as world
from tests.cost_world import PRICES_AS_OF, facts, measured, model, prices, project
from tests.document_view_world import seen_of
from tests.rule_world import question_book

BOOK = media_book(load_media())
GPT, CLAUDE, GEMINI = "gpt-6-astra", "claude-opus-5-5", "gemini/gemini-3.8-flash"
ONE = Decimal(1)


def reading(name: str, *, book: MediaBook | None = BOOK, **usd_per_million: str) -> CostOption:
    """A model that reads more than text, at 1 dollar a million tokens in and nothing out; counted retries."""
    table = prices(**({"fresh": "1", "output": "0"} | usd_per_million))
    return CostOption(
        name=name, card=model(name, table, media=book), measured=measured(name, done=10**9, calls_made=10**9)
    )


def at(card: ModelCard, **usd_per_token: str) -> ModelCard:
    """The card with more prices, by the map's own keys."""
    assert card.price is not None
    more = {f"input_cost_per_{name}": Decimal(usd) for name, usd in usd_per_token.items()}
    return replace(card, price=replace(card.price, usd_per_unit={**card.price.usd_per_unit, **more}))


def amounts(found: CostProjection) -> dict[str, tuple[Decimal, Decimal, str]]:
    """Quantity, amount and price key of the lines of month 1 that cost anything."""
    return {
        line.name: (line.quantity.base, line.amount_usd.base, line.price_key)
        for line in found.lines
        if line.month == 1 and line.amount_usd.base
    }


def spread(found: MediaTokens) -> tuple[int, int, int]:
    return int(found.each.low), int(found.each.base), int(found.each.high)


def told(found: CostProjection) -> Mapping[str, tuple[str, str, str]]:
    return {one.name: (one.low, one.value, one.high) for one in found.assumptions}


PICTURES: dict[str, FactValue] = {
    "io__input_modalities": ("text", "image"),
    "io__images_per_request": 2,
    "io__image_width_px": 1024,
    "io__image_height_px": 1024,
}


@pytest.mark.parametrize(
    ("name", "width", "height", "tokens"),
    [
        # 32 x 32 patches of 32 pixels, times 1.2, rounded up: the provider's own examples.
        (GPT, 1024, 1024, 1229),
        (GPT, 4096, 512, 2458),
        ("gpt-5.6-sol", 33, 65, 8),
        ("gpt-5.5", 8000, 8000, 12_000),
        # As measured: 126 x 95 patches, which the older model shrinks to 10,000 of them at most.
        (GPT, 4032, 3024, 14_364),
        ("gpt-5.5", 4032, 3024, 11_868),
        ("gpt-4o", 33, 65, 85 + 170),
        ("gpt-4o", 1024, 1024, 85 + 4 * 170),
        ("gpt-5.1", 1024, 1024, 70 + 4 * 140),
        ("gpt-5-mini", 1024, 1024, 1659),
        # 37 x 37 and 69 x 39 patches of 28 pixels.
        (CLAUDE, 1024, 1024, 1369),
        (CLAUDE, 1920, 1080, 2691),
        ("claude-haiku-4-5", 1568, 728, 56 * 26),
        (GEMINI, 256, 256, 1120),
        (GEMINI, 4032, 3024, 1120),
        ("gemini/gemini-2.5-flash", 384, 300, 258),
        ("gemini/gemini-2.5-flash", 1000, 600, 2 * 258),
    ],
)
def test_a_picture_is_counted_by_the_rule_of_its_provider(name: str, width: int, height: int, tokens: int) -> None:
    found = BOOK.tokens(name, Medium.IMAGE, Decimal(width), Decimal(height))
    assert found is not None
    assert spread(found) == (tokens, tokens, tokens)
    assert found.source.as_of is not None
    assert str(found.source.ref).startswith("https://")


@pytest.mark.parametrize("name", ["claude-haiku-4-5", CLAUDE, "gpt-5.4", "gpt-5-nano"])
def test_a_large_picture_is_shrunk_to_the_most_that_its_model_takes(name: str) -> None:
    most = {"claude-haiku-4-5": 1568, CLAUDE: 4784, "gpt-5.4": 12_000, "gpt-5-nano": 3779}[name]
    found = BOOK.tokens(name, Medium.IMAGE, Decimal(9000), Decimal(7001))
    assert found is not None
    assert Decimal("0.94") * most < found.each.base <= most


@pytest.mark.parametrize(
    ("name", "medium", "tokens"),
    [
        (GEMINI, Medium.PAGE, (560, 560, 560)),
        (CLAUDE, Medium.PAGE, (1600, 2347, 2481)),
        (GEMINI, Medium.AUDIO, (32, 32, 32)),
        ("gpt-audio-1.5", Medium.AUDIO, (10, 10, 10)),
        (GEMINI, Medium.VIDEO, (102, 102, 102)),
    ],
)
def test_a_page_and_a_second_are_counted_too(name: str, medium: Medium, tokens: tuple[int, int, int]) -> None:
    found = BOOK.tokens(name, medium, ONE, ONE)
    assert found is not None
    assert spread(found) == tokens


def test_a_model_without_a_rule_takes_the_range_of_the_others_and_says_so() -> None:
    found = BOOK.tokens("mistral/pixtral-large", Medium.IMAGE, Decimal(1024), Decimal(1024))
    assert found is not None
    assert (spread(found), found.known) == ((630, 2520, 2520), False)
    assert str(found.source.ref).startswith("no rule is known for mistral/pixtral-large")
    assert MediaBook().tokens("m", Medium.IMAGE, ONE, ONE) is None


def test_a_picture_has_one_form_and_a_pattern_must_be_one() -> None:
    entry = {"match": "m", "source": "a page", "as_of": "2026-11-21"}
    wrongs: tuple[dict[str, object], ...] = ({"image": {"tok": 5, "patch_px": 32}}, {"image": {}}, {"match": "("})
    for wrong in wrongs:
        with pytest.raises(ValueError, match=r"give one of|no pattern"):
            media_from_file({"schema": 1, "media": [entry | wrong]})


def test_pictures_are_lines_of_their_own_at_the_price_of_text_where_the_list_has_no_other() -> None:
    """30,400 requests of 2,000 tokens of text and two pictures of 1,229 tokens, at 1 dollar a million."""
    found = project(facts(**PICTURES), reading(GPT))  # type: ignore[arg-type]  # no key is ``unknown``
    assert amounts(found) == {
        "input, fresh": (Decimal(60_800_000), Decimal("60.8"), "input_cost_per_token"),
        "input, images": (Decimal(74_723_200), Decimal("74.7232"), "input_cost_per_token"),
    }
    assert told(found)[f"{GPT}: tokens of a picture"] == ("1,229", "1,229", "1,229")
    (source,) = {one.source for one in found.assumptions if "a picture" in one.name}
    assert "developers.openai.com" in str(source.ref)
    assert str(source.ref).endswith("one costs as much as one of text")
    assert found.options[0].usd_per_request == Decimal("0.004458")


def test_pictures_and_sound_cost_what_the_list_says_of_their_tokens() -> None:
    """Two pictures of 1,120 tokens at 5 dollars, 30 seconds of 32 tokens at 2.50 dollars a million."""
    option = reading(GEMINI)
    card = at(option.card, image_token="0.000005", audio_token="0.0000025")
    both = {**PICTURES, "io__input_modalities": ("text", "image", "audio"), "io__audio_s_per_request": 30}
    found = amounts(project(facts(**both), replace(option, card=card)))  # type: ignore[arg-type]  # as above
    assert found["input, images"] == (Decimal(68_096_000), Decimal("340.48"), "input_cost_per_image_token")
    assert found["input, audio"] == (Decimal(29_184_000), Decimal("72.96"), "input_cost_per_audio_token")


def test_the_number_is_asked_for_only_what_goes_in() -> None:
    book = question_book()

    def names(*modalities: str) -> set[str]:
        said = Requirements(answers={"io.input_modalities": modalities, "io.images_per_request": 1})
        return {one.id for one in asked(book, said, quick=True) if one.section == "io" and one.ask_if}

    assert names("text") == set()
    assert names("text", "image") == {"io.images_per_request", "io.image_width_px", "io.image_height_px"}
    assert names("pdf", "audio") == {"io.pages_per_request", "io.audio_s_per_request"}
    text, pdf = (Requirements(answers={"io.input_modalities": (one,)}) for one in ("text", "pdf"))
    waiting = [{one.id for one in open_questions(said, book) if one.ask_if} for said in (text, pdf)]
    assert waiting == [set(), {"io.pages_per_request"}]


def test_an_answer_for_what_does_not_go_in_changes_nothing() -> None:
    plain = project(facts(), reading(GPT))
    ignored = project(facts(io__images_per_request=9), reading(GPT))
    assert ignored.lines == plain.lines


def test_an_unknown_number_widens_the_band_and_is_told() -> None:
    """At most one picture of 2,048 x 2,048 pixels a request: 64 x 64 patches times 1.2 are 4,916 tokens."""
    some: dict[str, FactValue] = {"io__input_modalities": ("text", "image")}
    found = project(facts(**some), reading(GPT))  # type: ignore[arg-type]  # as above
    (cost,) = found.options
    assert cost.first_month_usd is not None
    assert (cost.first_month_usd.low, cost.first_month_usd.base) == (Decimal("60.8"), Decimal("60.8"))
    assert cost.first_month_usd.high == Decimal("60.8") + 4916 * Decimal("0.0304")
    assert told(found)["io.images_per_request"] == ("0", "0", "1")
    assert told(found)["io.image_width_px"] == ("512", "1,024", "2,048")


def test_a_model_of_which_nobody_knows_how_it_counts_says_so() -> None:
    found = project(facts(**PICTURES), reading("m", book=None))  # type: ignore[arg-type]  # as above
    assert set(amounts(found)) == {"input, fresh"}
    (why,) = [one.source.ref for one in found.assumptions if one.name == "m: tokens of a picture"]
    assert why == "nobody says how m counts them: none are priced"


def test_pictures_count_towards_a_price_step_and_none_is_read_from_the_cache() -> None:
    """99,000 tokens of text stay below the step; with two pictures of 1,229 tokens the request is above it."""
    long = facts(**PICTURES, tokens__input_avg=99_000, tokens__input_p99=99_000)  # type: ignore[arg-type]  # as above
    stepped = amounts(project(long, reading(GPT, above_100k="2")))
    assert stepped["input, images, above 100k"][2] == "input_cost_per_token_above_100k_tokens"
    shared = facts(**PICTURES, tokens__shared_prefix=1500, scale__requests_per_day=86_400)  # type: ignore[arg-type]
    warm = amounts(project(shared, reading(GPT, cached="0.1")))
    assert warm["input, images"][0] == 86_400 * Decimal("30.4") * 2458


@pytest.mark.parametrize("count", [1, 3])
def test_the_draws_have_the_same_tokens_as_the_exact_model(count: int) -> None:
    given = facts(**{**PICTURES, "io__images_per_request": count}, tokens__output_max=100)  # type: ignore[arg-type]
    drawn = draw_costs(facts=given, options=[reading(GPT)], volume_within=ONE, count=200)
    band = drawn.options[0].months[0].usd
    exact = 30_400 * (2000 + count * 1229) / Decimal(10**6)
    assert float(band.p10) == pytest.approx(float(exact), rel=1e-5) == pytest.approx(float(band.p90), rel=1e-5)


def test_the_shortlist_counts_a_request_as_the_projection_does() -> None:
    given = facts(**PICTURES)  # type: ignore[arg-type]  # as above
    option = reading(GPT)
    rates = priced_option(option, given, ()).rates
    assert rates is not None
    assert request_usd(option.card, traffic_of(given)) == rates.request_usd.base == Decimal("0.004458")
    assert request_usd(option.card, traffic_of(facts())) == Decimal("0.002")


def test_a_projection_of_text_rests_on_what_it_rested_on_before() -> None:
    def basis(given: dict[str, FactValue], option: CostOption) -> str:
        return cost_fingerprint(facts=given, options=[option], prices_as_of=PRICES_AS_OF)

    assert basis(facts(), reading(GPT)) == basis(facts(), reading(GPT, book=None))
    some = facts(**PICTURES)  # type: ignore[arg-type]  # as above
    assert basis(some, reading(GPT)) != basis(some, reading(GPT, book=media_book(load_media()[1:])))


def test_the_context_budget_holds_what_goes_in_beside_the_text() -> None:
    """Three pages of a PDF on a model whose rule is 560 tokens a page leave 1,680 tokens less of its window."""
    lean = {**world.ANSWERS, "tokens.input_avg": 3000, "tokens.output_avg": 100, "tokens.output_max": 200}
    heavy = {**lean, "io.input_modalities": ("text", "pdf"), "io.pages_per_request": 3}
    rows = []
    for answers in (lean, heavy):
        seen = seen_of(world.inputs(answers))
        roles = tuple(
            replace(one, card=replace(one.card, id=GEMINI, media=BOOK, context_tok=100_000)) if one.card else one
            for one in seen.roles
        )
        rows.append(budget_rows(replace(seen, roles=roles))[0])
    before, after = rows
    assert before["beside"] is None
    assert after["beside"]["text"] == "1,680 tokens"
    assert "io.pages_per_request at 1,680 tokens" in str(after["beside"])
    figures = [int(row["left"]["text"].removesuffix(" tokens").replace(",", "")) for row in rows]
    assert figures[0] - figures[1] == 1680


def test_the_case_of_a_band_is_never_turned_round() -> None:
    some: dict[str, FactValue] = {"io__input_modalities": ("text", "pdf"), "io__pages_per_request": 2}
    priced = priced_option(reading(CLAUDE), facts(**some), ())  # type: ignore[arg-type]  # as above
    (media,) = priced.streams[0].load.media_tok
    assert media.tok == ByCase(low=Decimal(3200), base=Decimal(4694), high=Decimal(4962))


def test_the_shipped_schema_of_the_rules_is_what_the_code_makes() -> None:
    path = shipped("catalog", "schema", "media.schema.json")
    if os.environ.get("MAQUETTE_REWRITE_GOLDEN"):
        path.write_text(schema_text(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == schema_text()
