"""Who serves a model, who made it, and where the server's company sits: three questions with three answers.

A route to the same weights at another provider guards against an outage, not against a fault of the model. The maker is
read from the model's own name; a name that says nothing leaves the maker unknown. The seats are those of the companies
that the providers' terms of service name.
"""

import re
from collections.abc import Mapping

from maquette.catalog.cards import Hosting, ModelCard

OWN_MACHINES = "own machines"

_HOSTS: Mapping[str, str] = {
    "azure": "azure",
    "bedrock": "bedrock",
    "amazon": "bedrock",
    "sagemaker": "bedrock",
    "vertex_ai": "google",
    "gemini": "google",
    "cohere": "cohere",
    "codestral": "mistral",
    "chatgpt": "openai",
    "text-completion-openai": "openai",
    "text-completion-codestral": "mistral",
    "meta_llama": "meta",
    "qwen": "dashscope",
    "fireworks_ai": "fireworks",
    "together_ai": "together",
}
"""How the price map's provider names begin, and the company whose outage takes them all down."""

_MAKERS = re.compile(
    r"(?P<anthropic>claude)|(?P<google>gemini|gemma|palm|learnlm)|(?P<deepseek>deepseek)|(?P<alibaba>qwen|qwq|tongyi)"
    r"|(?P<mistral>mi[sx]tral|ministral|codestral|magistral|pixtral|devstral)|(?P<meta>llama|muse-)|(?P<xai>grok)"
    r"|(?P<cohere>command|\baya\b)|(?P<amazon>nova-|titan)|(?P<microsoft>\bphi-|\bmai-)|(?P<zhipu>glm|chatglm)"
    r"|(?P<moonshot>kimi|moonshot)|(?P<minimax>minimax)|(?P<nvidia>nemotron)|(?P<ibm>granite)|(?P<ai21>jamba|j2-)"
    r"|(?P<perplexity>sonar)|(?P<inception>mercury)|(?P<openai>gpt|\bo[134](-|$)|chatgpt|codex|text-embedding)"
    r"|(?P<voyage>voyage|rerank-2)|(?P<jina>jina)|(?P<baai>\bbge)"
)
_SEATS: Mapping[str, str] = {
    "openai": "the US",
    "anthropic": "the US",
    "google": "the US",
    "azure": "the US",
    "bedrock": "the US",
    "groq": "the US",
    "together": "the US",
    "fireworks": "the US",
    "xai": "the US",
    "meta": "the US",
    "databricks": "the US",
    "cohere": "Canada",
    "deepseek": "China",
    "dashscope": "China",
    "mistral": "EU",
    "ovhcloud": "EU",
    "scaleway": "EU",
}


def host(card: ModelCard) -> str:
    """The company that runs the model: what its outage takes down goes down together."""
    if card.hosting is not Hosting.API:
        return OWN_MACHINES
    return next((name for start, name in _HOSTS.items() if card.provider.startswith(start)), card.provider)


def maker(card: ModelCard) -> str | None:
    """The company that trained the model, from its name; None when the name does not say."""
    found = _MAKERS.search(card.id.lower())
    return found.lastgroup if found else None


def home(card: ModelCard) -> str | None:
    """From where the server's company is controlled: "EU", another place, or None when it is not known here."""
    return _SEATS.get(host(card))
