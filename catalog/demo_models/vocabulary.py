"""The tokenizer and the chat template that the demo models share.

Byte-level BPE with every digit a token of its own (llama.cpp calls this pre-tokenizer `smollm`), and ChatML with a
leading beginning-of-text token. Training of networks and file formats do not belong here.
"""

# Types are checked only where tokenizers is installed, which the project itself never needs.
# mypy: ignore-errors

from collections.abc import Iterable
from typing import Any, Final

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

VOCABULARY_SIZE: Final = 1_024
PRE_TOKENIZER: Final = "smollm"
BOS: Final = "<|startoftext|>"
TURN: Final = "<|im_start|>"
EOS: Final = "<|im_end|>"
SPECIAL: Final = (BOS, TURN, EOS)

CHAT_TEMPLATE: Final = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def prompt_text(message: str) -> str:
    """What CHAT_TEMPLATE makes of a single user turn."""
    return f"{BOS}{TURN}user\n{message}{EOS}\n{TURN}assistant\n"


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """A byte-level BPE of VOCABULARY_SIZE tokens, learnt from the texts, which should hold prompts and answers."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = splitter()
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        special_tokens=[AddedToken(token, special=True, normalized=False) for token in SPECIAL],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def splitter() -> Any:
    """Digits one by one, then GPT-2's words."""
    return pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
