"""What a run is, and when a process that works on it stops."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TypeVar

from files import write_atomically
from model import Shape

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """What makes a run what it is; written once, and a resumed run takes them from its folder."""

    vocabulary: int = 10240
    context: int = 512
    width: int = 256
    layers: int = 6
    heads: int = 4
    batch: int = 16  # windows a step
    micro: int = 4  # windows at once
    workers: int = 2
    warmup: int = 100
    optimizer: str = "muon"
    matrices: float = 0.02
    others: float = 3e-3
    weight_decay: float = 0.01
    books: float = 0.5  # of what is trained on; the rest is documentation
    seed: int = 1
    compile: bool = True

    def shape(self) -> Shape:
        return Shape(self.vocabulary, self.context, self.width, self.layers, self.heads)


@dataclass
class Limits:
    """When this process stops; not part of the run."""

    steps: int | None = None
    minutes: float | None = None
    checkpoint_seconds: float = 120.0
    evaluate_every: int = 250
    log_every: int = 25
    _begin: float = field(default_factory=time.monotonic)

    def reached(self, step: int) -> bool:
        if self.steps is not None and step >= self.steps:
            return True
        return self.minutes is not None and time.monotonic() - self._begin >= self.minutes * 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """An option for each setting; what is not given is None."""
    for key, value in asdict(Settings()).items():
        kind = {"type": type(value)} if not isinstance(value, bool) else {"action": argparse.BooleanOptionalAction}
        parser.add_argument(f"--{key.replace('_', '-')}", dest=key, default=None, **kind)


def fixed(path: Path, kind: type[T], arguments: argparse.Namespace) -> T:
    """What a new run was given on the command line; what an existing one says in its folder, which must not be contradicted."""
    given = {f.name: value for f in fields(kind) if (value := getattr(arguments, f.name)) is not None}
    if path.exists():
        held = json.loads(path.read_text())
        wrong = sorted(k for k, v in given.items() if held[k] != v)
        if wrong:
            raise SystemExit(f"{path} says otherwise about {', '.join(wrong)}. Leave them out, or take another --name.")
        return kind(**held)
    made = kind(**given)
    write_atomically(path, lambda p: p.write_text(json.dumps(asdict(made), indent=1) + "\n"))
    return made
