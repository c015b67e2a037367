"""Warm-up, constant, decay: the decay begins when somebody asks, so a run of any length ends in a usable model."""

from __future__ import annotations

import math
from dataclasses import dataclass

DECAY_SHARE = 0.3


@dataclass(frozen=True)
class Decay:
    """Straight down to 0, from the factor `begin` at step `start`, over `steps`."""

    start: int
    steps: int
    begin: float = 1.0


def decay_steps(step: int, asked: int | None) -> int:
    """As many as asked for, else so many that the decay is DECAY_SHARE of the whole run."""
    return max(1, asked if asked is not None else math.ceil(step * DECAY_SHARE / (1 - DECAY_SHARE)))


def rate(step: int, warmup: int, decay: Decay | None) -> float:
    """The learning rates' factor for this step, in [0, 1]."""
    if decay is None or step < decay.start:
        return min(1.0, (step + 1) / max(1, warmup))
    return decay.begin * max(0.0, 1 - (step - decay.start) / decay.steps)


def by_time(done: float, decay_share: float) -> float:
    """The factor of a run whose length is given in time: 1, then straight down to 0. `done`: the share that is over."""
    return min(1.0, max(0.0, 1 - done) / decay_share)


def finished(step: int, decay: Decay | None) -> bool:
    return decay is not None and step >= decay.start + decay.steps
