"""The filters on who may touch the data: providers, third parties, residency, sovereignty, contracts, licences."""

from collections.abc import Mapping

from maquette.catalog.cards import Capability, Hosting, ModelCard
from maquette.catalog.checks import Answer, Check, Needs, No, Unsure, all_of
from maquette.catalog.families import home, host
from maquette.catalog.licences import Commercial
from maquette.catalog.regions import any_in

PROVIDERS: Mapping[str, tuple[str, ...]] = {
    "openai": ("openai",),
    "anthropic": ("anthropic",),
    "google": ("gemini", "google"),
    "azure": ("azure",),
    "bedrock": ("bedrock",),
    "vertex": ("vertex_ai",),
    "mistral": ("mistral",),
    "cohere": ("cohere",),
    "openrouter": ("openrouter",),
    "groq": ("groq",),
    "together": ("together_ai",),
    "fireworks": ("fireworks_ai",),
    "local": (),
}
"""The choices of the provider question, and how the price map's provider names begin."""

OWN_MACHINES = frozenset({"on_prem_only", "on_device"})
_PERSONAL_HEALTH = "phi"


def beginnings(names: tuple[str, ...]) -> tuple[str, ...]:
    """How the provider names of the price map begin for the choices of the provider question."""
    return tuple(start for name in names for start in PROVIDERS.get(name, (name,)))


def provider(needs: Needs) -> Check | None:
    """On the list of approved providers; an empty list approves all."""
    allowed = needs.several("providers.allowed")
    if not allowed:
        return None
    starts = beginnings(allowed)

    def check(card: ModelCard) -> Answer:
        if card.hosting is not Hosting.API:
            return None if "local" in allowed else No("own machines are not on the list of providers")
        return None if card.provider.startswith(starts) else No(f"{card.provider} is not an approved provider")

    return check


def third_party(needs: Needs) -> Check | None:
    """Not an API where no third party may process the data."""
    residency = needs.facts.get("data.residency")
    if needs.facts.get("data.external_processing_allowed") is False:
        out = No("no third party may process the data")
    elif residency in OWN_MACHINES:
        out = No(f"data must stay {residency}")
    elif needs.facts.get("infra.offline_required") is True:
        out = No("it must work without a network")
    else:
        return None
    return lambda card: out if card.hosting is Hosting.API else None


def own_machines_only(needs: Needs) -> bool:
    """Whether an API is out of the question."""
    return third_party(needs) is not None


def residency(needs: Needs) -> Check | None:
    """In the region where the data must stay."""
    region = needs.facts.get("data.residency")
    if not isinstance(region, str) or region in {"none", *OWN_MACHINES}:
        return None
    unsure = Unsure(f"that data stays in {region}")

    def check(card: ModelCard) -> Answer:
        if card.hosting is not Hosting.API:
            return None
        inside = any_in(card.regions, region)
        if inside is None:
            return unsure
        return None if inside else No(f"runs in {', '.join(card.regions)}, not in {region}")

    return check


def sovereignty(needs: Needs) -> Check | None:
    """Of a vendor that is controlled from the European Union, where that is required."""
    if needs.facts.get("providers.eu_vendor_required") is not True:
        return None

    def check(card: ModelCard) -> Answer:
        if card.hosting is not Hosting.API:
            return None
        country = home(card)
        if country is None:
            return Unsure(f"that {card.provider} is controlled from the EU")
        return None if country == "EU" else No(f"{host(card)} is controlled from {country}")

    return check


def agreement(needs: Needs) -> Check | None:
    """Under a business associate agreement, where health data reaches a third party (45 CFR 164.504(e))."""
    health = needs.facts.get("data.sensitivity") == _PERSONAL_HEALTH or "hipaa" in needs.several("compliance.regimes")
    return _of_third_parties(all_of({"business associate agreement": Capability.BAA})) if health else None


def retention(needs: Needs) -> Check | None:
    """Keeps nothing, where the data is secret or of patients: the rule R-PRIV-03."""
    if needs.facts.get("data.sensitivity") not in {_PERSONAL_HEALTH, "secret"}:
        return None
    return _of_third_parties(all_of({"zero retention": Capability.ZERO_RETENTION}))


def licence(needs: Needs) -> Check | None:
    """Weights whose licence does not forbid commercial use: a system for an organisation is one."""
    del needs
    unsure = Unsure("that its licence allows commercial use")

    def check(card: ModelCard) -> Answer:
        if card.hosting is Hosting.API or card.weights is None:
            return None
        terms = card.weights.terms
        if terms is None or terms.commercial is None:
            return unsure if card.hosting is Hosting.OPEN_WEIGHTS else None
        return No(f"its licence {terms.id} forbids commercial use") if terms.commercial is Commercial.NO else None

    return check


def _of_third_parties(check: Check | None) -> Check | None:
    if check is None:
        return None
    return lambda card: check(card) if card.hosting is Hosting.API else None
