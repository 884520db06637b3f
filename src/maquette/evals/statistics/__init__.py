"""What may be said of scores: intervals, tests, gates and sample sizes, as pure functions of counts and values.

The package gives the few names that the other stages ask for; the rest is in the module of its subject. numpy and scipy
are loaded when a function first needs them. Nothing here reads a run, a clock or a random source without a seed.
"""

from maquette.evals.statistics.percentiles import percentiles
from maquette.evals.statistics.planning import examples_for_margin, more_to_decide
from maquette.evals.statistics.proportions import half_width, verdict, wilson

__all__ = ["examples_for_margin", "half_width", "more_to_decide", "percentiles", "verdict", "wilson"]
