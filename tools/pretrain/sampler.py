"""Which windows of text a step sees: sources mixed by their shares, each read in a fresh order every pass."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np


class Sampler:
    """Deterministic in its seed and in how many windows were drawn; `state` is all that a checkpoint needs."""

    def __init__(self, data: Path, context: int, seed: int, books: float = 0.5) -> None:
        """`books`: their share of training, the rest is documentation; prepare.py weighs the groups equally."""
        self._tokens = np.load(data / "train.npy", mmap_mode="r")
        index = json.loads((data / "sources.json").read_text())
        self._start = np.array([e["start"] for e in index])
        # A window needs one token more than the context, and the pass's offset needs room.
        self._windows = np.array([max(0, (e["end"] - e["start"] - 1) // context - 1) for e in index])
        group = np.array([2 * (books if e["group"] == "books" else 1 - books) for e in index])
        share = np.array([e["share"] for e in index]) * group * (self._windows > 0)
        self._cumulative = np.cumsum(share / share.sum())
        self.sources = [e["source"] for e in index]
        self._context = context
        self._seed = seed
        self._drawn = 0
        self._taken = np.zeros(len(index), dtype=np.int64)
        self._orders: dict[int, tuple[int, int, np.ndarray]] = {}

    def next(self, count: int) -> np.ndarray:
        """→ int64 [count, context + 1]"""
        return np.stack([self._next() for _ in range(count)])

    def state(self) -> dict:
        return {"drawn": self._drawn, "taken": self._taken.tolist()}

    def restore(self, state: dict) -> None:
        self._drawn = state["drawn"]
        self._taken = np.array(state["taken"], dtype=np.int64)

    def passes(self) -> dict[str, float]:
        """How often each source was read."""
        return {s: float(t / max(1, w)) for s, t, w in zip(self.sources, self._taken, self._windows, strict=True)}

    def _next(self) -> np.ndarray:
        # An additive golden-ratio sequence visits the sources evenly: no run of luck in a short training.
        point = ((self._drawn + 1) * 0.6180339887498949 + self._seed * 0.754877666) % 1.0
        source = int(min(np.searchsorted(self._cumulative, point, side="right"), len(self.sources) - 1))
        self._drawn += 1
        taken, windows = int(self._taken[source]), int(self._windows[source])
        self._taken[source] += 1
        offset, order = self._order(source, taken // windows)
        at = int(self._start[source]) + offset + int(order[taken % windows]) * self._context
        return self._tokens[at : at + self._context + 1].astype(np.int64)

    def _order(self, source: int, reading: int) -> tuple[int, np.ndarray]:
        held = self._orders.get(source)
        if held is None or held[0] != reading:
            rng = np.random.default_rng([self._seed, source, reading])
            held = (reading, int(rng.integers(self._context)), rng.permutation(int(self._windows[source])))
            self._orders[source] = held
        return held[1], held[2]
