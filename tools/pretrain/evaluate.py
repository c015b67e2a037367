"""Bits per byte of any GPT-2 in the Hugging Face layout, on the test set or on files of your own. See README.md.

Every token is scored once, with at least half a context before it where the text has so much: windows overlap by half.
A text's first token has nothing before it: its bytes count, its bits do not.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from model import Shape, hidden, parameter_shapes

HERE = Path(__file__).parent


def unpack(weights: dict[str, Tensor], name: str) -> Tensor:
    """A tensor in float32, also where it is packed (export.py)."""
    values, scales = weights[name], weights.get(f"{name}.scales")
    if scales is None:
        return values
    for axis in (0, 1):
        scales = scales.repeat_interleave(values.shape[axis] // scales.shape[axis], axis)
    return values * scales


class Model:
    """Weights in float32, whatever the file holds."""

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        self.shape = Shape(
            config["vocab_size"], config["n_positions"], config["n_embd"], config["n_layer"], config["n_head"]
        )
        weights = {k.removeprefix("transformer."): v.float() for k, v in load_file(folder / "model.safetensors").items()}
        self.parameters = {name: unpack(weights, name) for name in parameter_shapes(self.shape)}
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    @torch.no_grad()
    def logits(self, ids: Tensor) -> Tensor:
        """int64 [batch, length] → [batch·length, vocabulary]"""
        return hidden(ids, self.parameters, self.shape) @ self.parameters["wte.weight"].T

    def bits(self, text: str) -> float:
        """Of the whole text, its first token aside."""
        return self.bits_of(torch.tensor(self.tokenizer.encode(text, add_special_tokens=False).ids))

    def bits_of(self, ids: Tensor) -> float:
        context, stride = self.shape.context, self.shape.context // 2
        total = 0.0
        done = 1  # tokens scored, or not to be
        start = 0
        while done < len(ids):
            end = min(start + context, len(ids))
            logits = self.logits(ids[start : end - 1][None])[done - 1 - start :]
            total += F.cross_entropy(logits, ids[done:end], reduction="sum").item()
            done, start = end, start + stride
        return total / math.log(2)

    def continue_greedily(self, prompt: str, tokens: int) -> str:
        ids = self.tokenizer.encode(prompt).ids
        for _ in range(tokens):
            ids.append(int(self.logits(torch.tensor(ids[-self.shape.context :])[None])[-1].argmax()))
        return self.tokenizer.decode(ids)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder with config.json, model.safetensors and tokenizer.json")
    parser.add_argument("files", type=Path, nargs="*", help="texts to score instead of the test set")
    parser.add_argument("--work", type=Path, default=HERE / "work", metavar="DIR", help="where prepare.py wrote")
    parser.add_argument("--split", choices=("test", "validation"), default="test")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--prompt", action="append", default=[], help="instead: continue this greedily")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model = Model(arguments.model)
    if arguments.prompt:
        for prompt in arguments.prompt:
            print(repr(model.continue_greedily(prompt, 30)))
        return

    texts: list[tuple[str, str, str]] = [("files", str(f), f.read_text(encoding="utf-8")) for f in arguments.files]
    if not texts:
        lines = (arguments.work / "data" / f"{arguments.split}.jsonl").read_text().splitlines()
        entries = [json.loads(line) for line in lines]
        texts = [(e["group"], e["source"], e["text"]) for e in entries]
    bits: dict[tuple[str, str], float] = defaultdict(float)
    sizes: dict[tuple[str, str], int] = defaultdict(int)
    for group, source, text in texts:
        bits[group, source] += model.bits(text)
        sizes[group, source] += len(text.encode())
    groups = {
        g: sum(b for (of, _), b in bits.items() if of == g) / sum(n for (of, _), n in sizes.items() if of == g)
        for g in sorted({g for g, _ in bits})
    }
    sources = {s: bits[g, s] / sizes[g, s] for g, s in sorted(bits)}
    if arguments.json:
        print(json.dumps({"model": str(arguments.model), "bitsPerByte": groups, "sources": sources}, indent=1))
        return
    for source, value in sources.items() if arguments.split == "test" or arguments.files else ():
        print(f"{value:.4f}  {source}")
    for group, value in groups.items():
        print(f"{value:.4f}  {group}, all of it")


if __name__ == "__main__":
    main()
