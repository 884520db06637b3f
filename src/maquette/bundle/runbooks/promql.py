"""PromQL over what the gateway and the application export, for alerts and runbooks."""

from decimal import Decimal


def number(value: Decimal | float | int) -> str:
    """A number as PromQL reads it, without exponent and without zeros behind."""
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def quantile(metric: str, share: str, window: str, labels: str = "") -> str:
    """A quantile of one of the gateway's histograms, in seconds."""
    return f"histogram_quantile({share}, sum by (le) (rate({metric}_bucket{labels}[{window}])))"


def deployment_failures(window: str, statuses: str) -> str:
    """The share of calls to each deployment that end in one of the ``statuses``, a label matcher."""
    by = "sum by (litellm_model_name) (rate(litellm_deployment_"
    return (
        f"{by}failure_responses_total{{exception_status{statuses}}}[{window}])) / {by}total_requests_total[{window}]))"
    )


def answers(outcome: str, window: str) -> str:
    """The share of the application's answers with that outcome."""
    total = f"sum(rate(app_answers_total[{window}]))"
    return f'sum(rate(app_answers_total{{outcome="{outcome}"}}[{window}])) / ({total} > 0)'


OVERFLOWS = (
    'sum(increase(litellm_deployment_failure_responses_total{exception_class=~".*ContextWindowExceeded.*"}[1h]))'
)
"""Calls of an hour that a model refused because the input is longer than its context."""
