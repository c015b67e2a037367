"""How far a document is to be believed beside the model: the numbers in src/language/expectation.ts.

    python tools/evaluate/adaptation.py [--model media/model] [--work tools/pretrain/work] [--neighbours]

Needs what tools/pretrain/requirements.txt names, and the test sources that tools/pretrain/prepare.py wrote. At every token
of them: how likely the model found it, and how often the same last 0 to 3 tokens stood before in the text, what followed
them then, and how often that was this token. Fits the trust in each match (logistic; see `blendOf`) so that the blend finds
the text likeliest, prints it, and the bits per byte of each source before and after, fitted on the other sources. With
--neighbours also what the nearest neighbours of the model's state would give (neighbours.py; ten minutes).
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "pretrain"))
import neighbours  # noqa: E402
from evaluate import Model  # noqa: E402

LONGEST_MATCH = 3
#: The trust counts where there is a document to speak of.
BEGINNING = 2_000
CHARACTERS = 60_000


class Text:
    """One text, token by token from BEGINNING on."""

    def __init__(self, model: Model, text: str) -> None:
        self.ids = ids = model.tokenizer.encode(text, add_special_tokens=False).ids
        self.share = (len(ids) - BEGINNING) / len(ids) * len(text.encode())
        self.model = token_logprobs(model, torch.tensor(ids))[BEGINNING:]
        self.matches = matches(ids)[BEGINNING:]

    def bits_per_byte(self, logprobs: Tensor) -> float:
        return -logprobs.sum().item() / math.log(2) / self.share


@torch.no_grad()
def token_logprobs(model: Model, ids: Tensor) -> Tensor:
    """[tokens]; windows overlap by half, the first token's is 0."""
    context, out, done, start = model.shape.context, torch.zeros(len(ids)), 1, 0
    while done < len(ids):
        end = min(start + context, len(ids))
        logits = model.logits(ids[start : end - 1][None])[done - 1 - start :]
        out[done:end] = torch.log_softmax(logits, -1).gather(1, ids[done:end, None])[:, 0]
        done, start = end, start + context // 2
    return out


def matches(ids: list[int]) -> Tensor:
    """[tokens, orders, 3]: how often the last tokens stood before, how often this token followed, how many different did"""
    followers: list[dict[tuple[int, ...], Counter[int]]] = [defaultdict(Counter) for _ in range(LONGEST_MATCH + 1)]
    out = torch.zeros(len(ids), LONGEST_MATCH + 1, 3)
    for at, token in enumerate(ids):
        for order in range(min(LONGEST_MATCH, at) + 1):
            counts = followers[order][tuple(ids[at - order : at])]
            if counts:
                out[at, order] = torch.tensor([counts.total(), counts[token], len(counts)])
            counts[token] += 1
    return out


def blended(trust: Tensor, text: Text) -> Tensor:
    """trust: [orders, (bias, seen, different)] → log-probability of each token"""
    probability = text.model.exp()
    for order in range(LONGEST_MATCH + 1):
        total, hits, different = text.matches[:, order].unbind(1)
        bias, seen, variety = trust[order]
        share = torch.sigmoid(bias + seen * total.clamp(min=1).log() + variety * different.clamp(min=1).log()) * (total > 0)
        probability = (1 - share) * probability + share * hits / total.clamp(min=1)
    return torch.log(probability + 1e-12)


def fitted(texts: list[Text], logprobs: Callable[[Tensor, Text], Tensor] = blended, rows: int = LONGEST_MATCH + 1) -> Tensor:
    """→ [rows, 3], under which the texts are likeliest"""
    trust = torch.zeros(rows, 3)
    trust[:, 0] = -3
    trust.requires_grad_()
    optimizer = torch.optim.Adam([trust], lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        loss = -torch.cat([logprobs(trust, text) for text in texts]).mean()
        loss.backward()
        optimizer.step()
    return trust.detach()


def on_others(
    texts: dict[str, Text], logprobs: Callable[[Tensor, Text], Tensor], rows: int
) -> dict[str, tuple[float, float]]:
    """→ by source its bits per byte, fitted on the others, and theirs"""
    out: dict[str, tuple[float, float]] = {}
    for source, text in texts.items():
        others = [other for name, other in texts.items() if name != source]
        trust = fitted(others, logprobs, rows)
        theirs = [other.bits_per_byte(logprobs(trust, other)) for other in others]
        out[source] = text.bits_per_byte(logprobs(trust, text)), sum(theirs) / len(theirs)
    return out


def print_neighbours(model: Model, texts: dict[str, Text]) -> None:
    """A Markdown table: what neighbours give to the model alone, and to it with what the document says."""
    states = {text: neighbours.states(model, torch.tensor(text.ids)) for text in texts.values()}
    matched = LONGEST_MATCH + 1
    print(f"| compared | {' | '.join(texts)} | mean | beside the document: {' | '.join(texts)} | mean |")
    for kind in neighbours.KINDS:
        found = {text: neighbours.found(torch.tensor(text.ids), of[kind.state], kind, BEGINNING) for text, of in states.items()}
        alone: dict[float, dict[str, tuple[float, float]]] = {}
        beside: dict[float, dict[str, tuple[float, float]]] = {}
        for at in neighbours.TEMPERATURES:
            alone[at] = on_others(texts, lambda trust, text: neighbours.mixed(trust[0], text.model.exp(), found[text][at]), 1)
            beside[at] = on_others(
                texts, lambda trust, text: neighbours.mixed(trust[matched], blended(trust, text).exp(), found[text][at]), matched + 1
            )
        print(f"| {kind} | {' | '.join(cells(alone))} | {' | '.join(cells(beside))} |", flush=True)


def cells(by_temperature: dict[float, dict[str, tuple[float, float]]]) -> list[str]:
    """Of each source at the temperature that suits the others best, and the mean."""
    sources = next(iter(by_temperature.values()))
    best = [min(by_temperature.values(), key=lambda of: of[source][1])[source][0] for source in sources]
    return [f"{bits:.4f}" for bits in [*best, sum(best) / len(best)]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=HERE.parent.parent / "media/model")
    parser.add_argument("--work", type=Path, default=HERE.parent / "pretrain/work", metavar="DIR")
    parser.add_argument("--neighbours", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = Model(arguments.model)
    sources: dict[str, list[str]] = defaultdict(list)
    for line in (arguments.work / "data/test.jsonl").read_text().splitlines():
        entry = json.loads(line)
        sources[entry["source"]].append(entry["text"])
    texts = {source: Text(model, "\n\n".join(parts)[:CHARACTERS]) for source, parts in sources.items()}
    for source, text in texts.items():
        trust = fitted([other for name, other in texts.items() if name != source])
        print(f"{text.bits_per_byte(text.model):.4f} → {text.bits_per_byte(blended(trust, text)):.4f}  {source}")
    for order, (bias, seen, different) in enumerate(fitted(list(texts.values())).tolist()):
        print(f"{order}: {{ bias: {bias:.2f}, seen: {seen:.2f}, different: {different:.2f} }},")
    if arguments.neighbours:
        print_neighbours(model, texts)


if __name__ == "__main__":
    main()
