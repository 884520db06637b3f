"""Percentiles of latencies."""

from collections.abc import Sequence

from maquette.evals.run import Percentiles


def percentiles(latencies_s: Sequence[float]) -> Percentiles | None:
    """p50, p95 and p99 by linear interpolation between order statistics; None without a value."""
    if not latencies_s:
        return None
    import numpy as np

    p50, p95, p99 = np.percentile(np.asarray(latencies_s), (50, 95, 99)).tolist()
    return Percentiles(p50_s=p50, p95_s=p95, p99_s=p99)
