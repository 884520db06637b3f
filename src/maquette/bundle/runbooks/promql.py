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
    """The share of calls to each deployment that end in the ``statuses``, matchers of labels."""
    by = "sum by (litellm_model_name) (rate(litellm_deployment_"
    return f"{by}failure_responses_total{{{statuses}}}[{window}])) / {by}total_requests_total[{window}]))"


def calls_failed(window: str, statuses: str) -> str:
    """How many calls to each deployment end in the ``statuses``, matchers of labels."""
    metric = f"litellm_deployment_failure_responses_total{{{statuses}}}"
    return f"sum by (litellm_model_name) (increase({metric}[{window}]))"


def answers(outcome: str, window: str, by: str | None = None) -> str:
    """The share of the application's answers with that outcome, or of those that ``by`` gave: what cannot fail so."""
    given = f'{{by="{by}"}}' if by else ""
    total = f"sum(rate(app_answers_total{given}[{window}]))"
    return f'sum(rate(app_answers_total{{outcome="{outcome}"}}[{window}])) / ({total} > 0)'


def answered(outcome: str, window: str) -> str:
    """How many of the application's answers have that outcome."""
    return f'sum(increase(app_answers_total{{outcome="{outcome}"}}[{window}]))'


OVERFLOWS = (
    'sum(increase(litellm_deployment_failure_responses_total{exception_class=~".*ContextWindowExceeded.*"}[1h]))'
)
"""Calls of an hour that a model refused because the input is longer than its context."""
