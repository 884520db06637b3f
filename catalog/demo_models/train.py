"""Train the two demo models from scratch and write them as GGUF files.

Install:  python -m pip install torch numpy tokenizers gguf      (CPU build of torch; no GPU, no network while training)
Run:      OMP_NUM_THREADS=1 python train.py --out . [--only tiny|small] [--check]
Measure:  python evaluate.py     writes models.yaml and the tables of MODEL_CARD.md

The data comes from generate.py alone, every seed is fixed, and one thread is used, so a second run on the same machine
and the same torch gives the same bytes; another processor or torch may round differently. Times are in MODEL_CARD.md.
--check stops after a few steps and writes models that only prove the export.
"""

# Types are checked only where torch, gguf and tokenizers are installed, which the project itself never needs.
# mypy: ignore-errors

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import generate
import torch
from gguf_file import write_gguf
from network import Network, Shape
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from vocabulary import BOS, EOS, SPECIAL, VOCABULARY_SIZE, prompt_text, train_tokenizer

BATCH: Final = 16
BUCKET: Final = 128 * BATCH
IGNORED: Final = -100
NOISE_SHARE: Final = 0.08


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One model: its sizes and how long it learns."""

    shape: Shape
    steps: int
    peak_rate: float
    warmup: int = 50


PLANS: Final = {
    "tiny": Plan(
        shape=Shape(vocabulary=VOCABULARY_SIZE, width=32, layers=1, heads=2, feed_forward=96),
        steps=300,
        peak_rate=6e-3,
    ),
    "small": Plan(
        shape=Shape(vocabulary=VOCABULARY_SIZE, width=96, layers=3, heads=3, feed_forward=256),
        steps=4_000,
        peak_rate=2.5e-3,
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One training text as token numbers; the first `prompt` of them are given, the rest is to be learnt."""

    tokens: list[int]
    prompt: int


def encode(tokenizer: Tokenizer, messages: list[generate.Message]) -> list[Sample]:
    """Messages as prompt, answer and end token."""
    prompts = tokenizer.encode_batch([prompt_text(message.text) for message in messages], add_special_tokens=False)
    answers = tokenizer.encode_batch([message.answer + EOS for message in messages], add_special_tokens=False)
    return [
        Sample(tokens=prompt.ids + answer.ids, prompt=len(prompt.ids))
        for prompt, answer in zip(prompts, answers, strict=True)
    ]


def batches(samples: list[Sample], pad: int, chance: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless batches of (tokens, targets), each of samples of similar length; a target of IGNORED is not learnt."""
    while True:
        order = torch.randperm(len(samples), generator=chance).tolist()
        for start in range(0, len(order) - BUCKET + 1, BUCKET):
            bucket = sorted(order[start : start + BUCKET], key=lambda index: len(samples[index].tokens))
            for part in torch.randperm(BUCKET // BATCH, generator=chance).tolist():
                yield padded([samples[index] for index in bucket[part * BATCH : (part + 1) * BATCH]], pad)


def padded(samples: list[Sample], pad: int) -> tuple[Tensor, Tensor]:
    """Samples as one rectangle, shifted by one for the targets."""
    length = max(len(sample.tokens) for sample in samples)
    tokens = torch.full((len(samples), length), pad)
    targets = torch.full((len(samples), length), IGNORED)
    for row, sample in enumerate(samples):
        ids = torch.tensor(sample.tokens)
        tokens[row, : len(ids)] = ids
        targets[row, sample.prompt - 1 : len(ids) - 1] = ids[sample.prompt :]
    return tokens, targets


def noisy(tokens: Tensor, targets: Tensor) -> Tensor:
    """Tokens with a share of the prompt replaced at random, which keeps a network from learning sentences by heart."""
    in_prompt = torch.cumsum(targets != IGNORED, dim=1) == 0
    replaced = (torch.rand(tokens.shape) < NOISE_SHARE) & in_prompt
    return torch.where(replaced, torch.randint(len(SPECIAL), VOCABULARY_SIZE, tokens.shape), tokens)


def fit(plan: Plan, samples: list[Sample], pad: int, steps: int) -> Network:
    """Train a network; the loss counts the answer only."""
    torch.manual_seed(generate.SEED)
    network = Network(plan.shape)
    optimizer = torch.optim.AdamW(network.parameters(), lr=plan.peak_rate, betas=(0.9, 0.98), weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=plan.peak_rate,
        total_steps=steps + 1,
        pct_start=min(0.3, plan.warmup / steps),
        cycle_momentum=False,
    )
    feed = batches(samples, pad, torch.Generator().manual_seed(generate.SEED))
    started = time.process_time()
    for step in range(1, steps + 1):
        tokens, targets = next(feed)
        learnt = targets != IGNORED
        loss = functional.cross_entropy(network.logits(network(noisy(tokens, targets))[learnt]), targets[learnt])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 500 == 0 or step == steps:
            print(f"step {step:5d}  loss {loss.item():.4f}  {time.process_time() - started:.0f} CPU-s", flush=True)
    return network.eval()


def arguments() -> Any:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the demo models.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the GGUF files")
    parser.add_argument("--only", choices=sorted(PLANS), help="train this one alone")
    parser.add_argument("--check", action="store_true", help="a few steps only: proves the export, not the model")
    return parser.parse_args()


def main() -> None:
    """Train what was asked for and write the files."""
    given = arguments()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    messages = generate.splits()["train"]
    tokenizer = train_tokenizer(prompt_text(message.text) + message.answer for message in messages)
    samples = encode(tokenizer, messages)
    print(f"{len(samples)} messages, longest {max(len(sample.tokens) for sample in samples)} tokens")
    given.out.mkdir(parents=True, exist_ok=True)
    for name in [given.only] if given.only else list(PLANS):
        plan = PLANS[name]
        network = fit(plan, samples, tokenizer.token_to_id(BOS), 20 if given.check else plan.steps)
        path = given.out / f"triage-{name}.gguf"
        write_gguf(path, name, network, tokenizer)
        print(f"{path.name}: {path.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    main()
