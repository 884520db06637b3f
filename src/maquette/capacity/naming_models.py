"""Which model of the catalog somebody's benchmark means: names are compared by their words, not by their spelling."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from maquette.catalog.cards import Hosting, ModelCard

_TOKEN = re.compile(r"\d+x\d+(?:\.\d+)?b?|\d+(?:\.\d+)*[bm]?(?![a-z0-9])|\d+(?:\.\d+)*|[a-z]+")
_POINT = re.compile(r"(?<![\d.])(\d)_(\d)(?=[_\-\s./]|$)")
_DASHED_POINT = re.compile(r"(?<![\d.])(\d)-(\d)(?=[_\-\s./]|$)")
_FORMATS = re.compile(
    r"(?:nv|mx)?fp4(?:[-_]v\d)?|mxfp8|w\d+a\d+\w*|[bf]p?(?:16|32)|fp8(?:[-_]?(?:dynamic|static|block|per[-_]?tensor|per[-_]?channel|kv))*|u?int[48]|awq|gptq|marlin"
    r"|gguf|i?q\d_[a-z0-9_]+|\d-?bit|quantized|autoround|bnb|g128",
)
_TUNED: Final = frozenset(
    {
        "instruct", "it", "chat", "hf", "base", "inst", "thinking", "reasoning", "v",
        "meta", "plus", "preview", "latest", "dynamic", "block", "community", "mlx",
    }
)  # fmt: skip
_MAKERS: Final = frozenset({"nvidia", "amd", "meta", "mistralai", "google", "ibm", "mlperf", "pytorch", "model"})
_SIZE = re.compile(r"(\d+(?:\.\d+)?)b")
_CLOSE: Final = 0.06
_SUBSETS: Final = ("99.9", "99")

SIBLINGS: Final[Mapping[str, str]] = {
    "llama 3 8b": "llama 3.1 8b",
    "llama 3 70b": "llama 3.1 70b",
    "llama 3.3 70b": "llama 3.1 70b",
    "hermes 3 llama 3.1 405b": "llama 3.1 405b",
    "hermes 3 llama 3.1 70b": "llama 3.1 70b",
    "hermes 3 llama 3.1 8b": "llama 3.1 8b",
    "hermes 4 405b": "llama 3.1 405b",
    "hermes 4 70b": "llama 3.1 70b",
    "tulu 3 405b": "llama 3.1 405b",
    "deepseek r 1": "deepseek 3",
    "deepseek 3": "deepseek r 1",
    "deepseek 3.1": "deepseek 3",
    "deepseek 3.1 terminus": "deepseek 3",
    "deepseek 3.2 exp": "deepseek 3.2",
    "deepseek 3.2 speciale": "deepseek 3.2",
    "deepseek r 1 distill qwen 14b": "qwen 2.5 14b",
    "deepseek r 1 distill qwen 32b": "qwen 2.5 32b",
    "codellama 70b": "llama 2 70b",
    "wizardlm 70b": "llama 2 70b",
    "tulu 2 70b": "llama 2 70b",
    "vicuna 13b": "llama 2 13b",
    "vicuna 7b": "llama 2 7b",
    "vicuna 7b 1.5": "llama 2 7b",
    "vicuna 13b 1.5": "llama 2 13b",
    "zephyr 7b beta": "mistral 7b 0.1",
    "mistral 7b": "mistral 7b 0.3",
    "minimax m 2": "minimax m 2.5",
    "minimax m 2.1": "minimax m 2.5",
    "glm 4.6": "glm 4.7",
    "glm 4.5": "glm 4.7",
    "mixtral 8x7b dpo": "mixtral 8x7b",
    "nemotron 70b": "llama 3.1 nemotron 70b",
    "dsr 1": "deepseek r 1",
    "gptoss 120b": "gpt oss 120b",
    "gptoss 20b": "gpt oss 20b",
    "gptj": "gpt j 6b",
    "deepseek 2.5": "deepseek 2",
    "deepseek coder 2": "deepseek 2",
    "deepseek coder 2 lite": "deepseek 2 lite",
    "mistral 7b 0.1": "mistral 7b 0.3",
    "mistral 7b 0.2": "mistral 7b 0.3",
    "mistral nemo 12b": "mistral nemo",
    "phi 3 mini": "phi 3 mini 128 k",
    "phi 3 mini 4 k": "phi 3 mini 128 k",
    "phi 3.5 mini": "phi 3 mini 128 k",
    "yi 1.5 34b": "yi 34b",
    "magistral small": "mistral small 3.2 24b",
    "deepseek r 1 distill qwen 1.5b": "qwen 2.5 1.5b",
    "deepseek r 1 distill qwen 7b": "qwen 2.5 7b",
    "qwen 3 coder 30b a 3b": "qwen 3 30b a 3b",
    "qwen 2.5 vl 3b": "qwen 2.5 3b",
    "qwen 2.5 vl 7b": "qwen 2.5 7b",
    "qwen 2.5 vl 32b": "qwen 2.5 32b",
    "qwen 2.5 vl 72b": "qwen 2.5 72b",
    "qwen 2 72b": "qwen 2.5 72b",
    "qwen 2 7b": "qwen 2.5 7b",
    "qwen 2 0.5b": "qwen 2.5 0.5b",
    "qwen 2 1.5b": "qwen 2.5 1.5b",
    "qwen 2.5 coder 14b": "qwen 2.5 14b",
    "qwen 2.5 math 72b": "qwen 2.5 72b",
    "kimi k 2 thinking": "kimi k 2",
    "mistral small 3": "mistral small 3.2 24b",
    "mistral small 3.1": "mistral small 3.2 24b",
    "mistral small 24b": "mistral small 3.2 24b",
    "mistral small 3.1 24b": "mistral small 3.2 24b",
    "devstral small": "mistral small 3.2 24b",
}
"""Models of one shape: they differ in training, not in work. Names in words as `_words` makes them."""


class ModelNames:
    """The open models of a catalog by their words, and by their words without dates; made once for many names."""

    def __init__(self, cards: Iterable[ModelCard]) -> None:
        self._exact: dict[tuple[str, ...], ModelCard] = {}
        self._undated: dict[tuple[str, ...], ModelCard] = {}
        self._found: dict[str, ModelCard | None] = {}
        for card in cards:
            if card.hosting is Hosting.OPEN_WEIGHTS:
                words = _words(card.id.removeprefix("open/"))
                self._exact.setdefault(words, card)
                self._undated.setdefault(_without_dates(words), card)

    def find(self, name: str) -> ModelCard | None:
        """The open model that ``name`` means, or one of the same shape; None when the catalog has none.

        Owners, letter case, separators, dates, formats of weights and words of tuning do not matter; sizes and
        versions do. A name that leaves out the end of a model's name means that model when no other begins alike.
        """
        if name not in self._found:
            self._found[name] = next((one for one in map(self._named, _readings(name)) if one is not None), None)
        return self._found[name]

    def _named(self, words: tuple[str, ...], *, siblings: bool = True) -> ModelCard | None:
        undated = _without_dates(words)
        found = self._exact.get(words) or self._undated.get(words) or self._undated.get(undated)
        if found is None and siblings:
            alike = (SIBLINGS.get(" ".join(key)) for key in (words, undated))
            named = (self._named(tuple(key.split()), siblings=False) for key in alike if key)
            found = next((one for one in named if one is not None), None)
        return found or self._with_size(undated) or self._beginning(undated)

    def _with_size(self, words: tuple[str, ...]) -> ModelCard | None:
        """A name that ends with the size which the model has and its own name leaves out, as "DeepSeek V3 671B"."""
        size = _SIZE.fullmatch(words[-1]) if words else None
        card = self._undated.get(words[:-1]) if size else None
        known = card.weights.params_b if card is not None and card.weights is not None else None
        if size is None or known is None:
            return None
        return card if abs(float(known) - float(size[1])) <= _CLOSE * float(known) else None

    def _beginning(self, words: tuple[str, ...]) -> ModelCard | None:
        """The one model whose name goes on after ``words``."""
        found = [key for key in self._undated if key[: len(words)] == words] if len(words) > 1 else []
        return self._undated[found[0]] if len(found) == 1 else None


def _readings(name: str) -> Iterable[tuple[str, ...]]:
    own = name.strip().rsplit("/", 1)[-1] if "://" not in name else name.rstrip("/").rsplit("/", 1)[-1]
    yield _words(own)
    yield _words(_DASHED_POINT.sub(r"\1.\2", own))


def _words(name: str) -> tuple[str, ...]:
    """The words that tell one model from another."""
    text = _POINT.sub(r"\1.\2", name.lower())
    for subset in _SUBSETS:
        text = text.removesuffix(f"-{subset}")
    text = _FORMATS.sub(" ", text)
    words = [word for word in _TOKEN.findall(text) if word not in _TUNED]
    while len(words) > 1 and words[0] in _MAKERS:
        words.pop(0)
    return tuple(words)


def _without_dates(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if not _is_date(word))


def _is_date(word: str) -> bool:
    return word.isdigit() and len(word) in {4, 6, 8}
