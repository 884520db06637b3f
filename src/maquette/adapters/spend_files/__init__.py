"""Spend logs of gateways and bills of providers: read as sums by the day, and kept as such in a project's folder."""

from maquette.adapters.spend_files.layouts import AMOUNTS, FIELDS, KINDS, TEXTS
from maquette.adapters.spend_files.reading import HowToRead, Rate, SpendFile, read_spend
from maquette.adapters.spend_files.store import Clash, Overlap, Plan, plan_imports, refuse_double, write_plans
from maquette.adapters.spend_files.together import settle

__all__ = [
    "AMOUNTS",
    "FIELDS",
    "KINDS",
    "TEXTS",
    "Clash",
    "HowToRead",
    "Overlap",
    "Plan",
    "Rate",
    "SpendFile",
    "plan_imports",
    "read_spend",
    "refuse_double",
    "settle",
    "write_plans",
]
