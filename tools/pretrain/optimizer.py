"""Muon for the layers' matrices, AdamW for embeddings and vectors, both on flat buffers.

Muon: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"; the quintic Newton-Schulz
iteration and its coefficients are from there. AdamW: Loshchilov & Hutter 2019.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from model import Shape, parameter_shapes, views


@dataclass(frozen=True)
class Rates:
    optimizer: str = "muon"  # or "adamw", for every parameter
    matrices: float = 0.02
    others: float = 3e-3
    weight_decay: float = 0.01  # of matrices
    momentum: float = 0.95

    def asdict(self) -> dict:
        return asdict(self)


def orthogonalise(g: Tensor, steps: int = 5) -> Tensor:
    """[…, rows, columns] → bf16, the same with all singular values near 1."""
    x = g.bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    return x.mT if tall else x


def momentum_at(step: int, rates: Rates) -> float:
    """Muon's momentum, which begins lower."""
    return 0.85 + (rates.momentum - 0.85) * min(1.0, step / 300)


def muon_rate(rows: int, columns: int, rates: Rates) -> float:
    """How far one update moves a matrix [rows, columns]; wider outputs move further."""
    return rates.matrices * max(1.0, columns / rows) ** 0.5


def is_matrix(name: str) -> bool:
    return name.startswith("h.") and name.endswith(".weight") and ".ln_" not in name


def assign(shape: Shape, workers: int) -> list[list[str]]:
    """Who updates which parameter: an even split, the costliest first."""

    def cost(name: str) -> int:
        size = torch.Size(parameter_shapes(shape)[name]).numel()
        return size * (20 if is_matrix(name) else 1)

    held: list[list[str]] = [[] for _ in range(workers)]
    load = [0] * workers
    for name in sorted(parameter_shapes(shape), key=lambda n: (-cost(n), n)):
        least = load.index(min(load))
        held[least].append(name)
        load[least] += cost(name)
    return held


class Optimizer:
    """Updates `names` in place: `master` (float32) and its bf16 copy `working`. `first` and `second` are the moments."""

    def __init__(
        self, shape: Shape, rates: Rates, names: list[str], master: Tensor, working: Tensor, first: Tensor, second: Tensor
    ) -> None:
        self._rates = rates
        self._names = names
        self._master, self._working = views(master, shape), views(working, shape)
        self._first, self._second = views(first, shape), views(second, shape)

    def step(self, gradients: list[dict[str, Tensor]], step: int, scale: float) -> None:
        """`gradients`: one set a worker, to be summed. `scale` is the schedule's factor in [0, 1], `step` from 0."""
        for name in self._names:
            g = gradients[0][name]
            for other in gradients[1:]:
                g = g + other[name]
            if is_matrix(name) and self._rates.optimizer == "muon":
                self._muon(name, g, step, scale)
            else:
                self._adamw(name, g, step, scale)
            self._working[name].copy_(self._master[name])

    def _muon(self, name: str, g: Tensor, step: int, scale: float) -> None:
        p, velocity, rates = self._master[name], self._first[name], self._rates
        momentum = momentum_at(step, rates)
        velocity.lerp_(g, 1 - momentum)
        nesterov = g.lerp(velocity, momentum)
        p.mul_(1 - scale * rates.matrices * rates.weight_decay)
        # Queries, keys and values are three matrices that happen to be stored side by side.
        parts = 3 if name.endswith("c_attn.weight") else 1
        for target, update in zip(p.chunk(parts, 1), nesterov.chunk(parts, 1), strict=True):
            rows, columns = target.shape
            target.add_(orthogonalise(update), alpha=-scale * muon_rate(rows, columns, rates))

    def _adamw(self, name: str, g: Tensor, step: int, scale: float) -> None:
        p, first, second, rates = self._master[name], self._first[name], self._second[name], self._rates
        if p.dim() == 2 and is_matrix(name):
            p.mul_(1 - scale * rates.others * rates.weight_decay)
        first.lerp_(g, 0.1)
        second.lerp_(g * g, 0.05)
        a, b = 1 - 0.9 ** (step + 1), 1 - 0.95 ** (step + 1)
        p.addcdiv_(first, (second / b).sqrt_().add_(1e-8), value=-scale * rates.others / a)
