"""Where a region of a cloud lies, in the words of the residency question.

A cloud's name for a region begins with a continent and not with a law: London and Zurich carry names that begin like
those of the European Union. Sources: docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html and
docs.cloud.google.com/compute/docs/regions-zones.
"""

OUTSIDE_THE_UNION = {
    "eu-west-2": "uk",
    "eu-central-2": "switzerland",
    "europe-west2": "uk",
    "europe-west6": "switzerland",
    "uksouth": "uk",
    "ukwest": "uk",
}
_INDIA = ("india", "ap-south-", "asia-south1", "asia-south2", "centralindia", "southindia", "westindia")
_BEGINNINGS = {
    "us": ("us",),
    "eu": ("eu",),
    "uk": ("uk",),
    "india": _INDIA,
    "china": ("china", "cn-"),
    "apac": ("apac", "ap-", "asia", "au", "jp", "japan", "korea", *_INDIA),
}
REGIONS = tuple(_BEGINNINGS)
"""The regions that can be told from names; of any other nobody knows."""


def lies_in(named: str, region: str) -> bool | None:
    """Whether a provider's region lies in one of `REGIONS`; None for a region that is none of these."""
    if region not in _BEGINNINGS:
        return None
    elsewhere = OUTSIDE_THE_UNION.get(named)
    return elsewhere == region if elsewhere else named.startswith(_BEGINNINGS[region])


def any_in(named: tuple[str, ...], region: str) -> bool | None:
    """Whether any of the regions lies there; None when none is named or nobody can tell."""
    if not named or region not in _BEGINNINGS:
        return None
    return any(lies_in(name, region) for name in named)
