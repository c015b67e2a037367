"""One worker's part of a step: windows in, gradients added up; and the loss alone, for validation."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

import kernels
from model import Shape, hidden, kernels_fit, views

HEAD_SLICE = 512  # tokens whose logits exist at once


def cross_entropy(logits: Tensor, target: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """logits [n, vocabulary], target [n] → summed loss, and scale × its gradient to the logits"""
    x = logits.float()
    loss = F.cross_entropy(x, target, reduction="sum")
    gradient = torch.softmax(x, 1) * scale
    gradient[torch.arange(len(target)), target] -= scale
    return loss, gradient.to(logits.dtype)


class Gradient:
    def __init__(self, shape: Shape, micro: int, working: Tensor, sums: Tensor, compiled: bool) -> None:
        """`working`: flat parameters to compute with; `sums`: flat float32, where gradients go."""
        self._shape = shape
        self._micro = micro
        # Leaves of their own that share the memory: autograd keeps one gradient each.
        self._parameters = {n: v.detach().requires_grad_() for n, v in views(working, shape).items()}
        self._sums = views(sums, shape)
        self._own = kernels_fit(shape, working.dtype)
        self._hidden = torch.compile(hidden, dynamic=False) if compiled else hidden
        self._logits = torch.empty(micro * shape.context, shape.vocabulary, dtype=working.dtype)

    def accumulate(self, windows: Tensor, tokens: int) -> float:
        """int64 [n, context + 1] → their part of the mean loss over `tokens`. Overwrites the gradient sums."""
        total = 0.0
        for first, start in enumerate(range(0, len(windows), self._micro)):
            total += self._micro_batch(windows[start : start + self._micro], 1 / tokens)
            with torch.no_grad():
                for name, p in self._parameters.items():
                    assert p.grad is not None
                    if first == 0:
                        self._sums[name].copy_(p.grad)
                    else:
                        self._sums[name].add_(p.grad)
                    p.grad = None
        return total / tokens

    def _micro_batch(self, windows: Tensor, scale: float) -> float:
        head = self._parameters["wte.weight"]
        x = self._hidden(windows[:, :-1], self._parameters, self._shape, self._own)
        with torch.no_grad():
            total = self._head(x, windows[:, 1:].reshape(-1), scale)
            gradient = self._logits  # by now
            to_head = gradient.T @ x
            to_hidden = gradient @ head
        x.backward(to_hidden)
        assert head.grad is not None
        head.grad += to_head
        return total

    def _head(self, x: Tensor, target: Tensor, scale: float) -> float:
        """→ summed loss; leaves scale × its gradient to the logits in `self._logits`"""
        total = 0.0
        head = self._parameters["wte.weight"].T
        for at in range(0, len(target), HEAD_SLICE):
            logits, hit = self._logits[at : at + HEAD_SLICE], target[at : at + HEAD_SLICE]
            torch.mm(x[at : at + HEAD_SLICE], head, out=logits)
            if self._own:
                total += kernels.softmax_gradient(logits, hit, scale)
            else:
                loss, gradient = cross_entropy(logits, hit, scale)
                logits.copy_(gradient)
                total += loss.item()
        return total

    @torch.no_grad()
    def loss(self, windows: Tensor) -> float:
        """int64 [micro, context + 1] → summed loss"""
        x = self._hidden(windows[:, :-1], self._parameters, self._shape, self._own)
        return self._head(x, windows[:, 1:].reshape(-1), 1.0)


@dataclass(frozen=True)
class Validation:
    windows: list[np.ndarray]  # int64 [micro, context + 1] each
    bytes: float  # that the scored tokens stand for


def validation_windows(data: Path, context: int, micro: int, batches: int = 16) -> dict[str, Validation]:
    """→ per group, windows spread evenly over its validation text. Quick and comparable along a run; evaluate.py is exact."""
    tokenizer = Tokenizer.from_file(str(data / "tokenizer.json"))
    texts: dict[str, list[str]] = defaultdict(list)
    for line in (data / "validation.jsonl").read_text().splitlines():
        entry = json.loads(line)
        texts[entry["group"]].append(entry["text"])
    out: dict[str, Validation] = {}
    for group, held in texts.items():
        tokens = np.concatenate([[0, *e.ids] for e in tokenizer.encode_batch(held)])
        per_token = sum(len(t.encode()) for t in held) / len(tokens)
        count = min(micro * batches, (len(tokens) - 1) // context // micro * micro)
        starts = np.linspace(0, len(tokens) - context - 1, count).astype(int)
        windows = np.stack([tokens[s : s + context + 1] for s in starts]).astype(np.int64)
        out[group] = Validation(list(windows.reshape(-1, micro, context + 1)), per_token * count * context)
    return out
