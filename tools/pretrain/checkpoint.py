"""A run's folder: who works on it, and where it is, so that another process can go on from there."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from files import write_atomically
from schedule import Decay
from settings import Settings


@dataclass(frozen=True)
class Progress:
    """Where a run is."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0  # of training, in all processes that worked on it
    decay: Decay | None = None
    sampler: dict | None = None
    short_sampler: dict | None = None  # of windows that are shorter until the decay begins, where there are such


@dataclass(frozen=True)
class Buffers:
    """What training changes; all flat float32 [parameter_count]."""

    master: Tensor
    first: Tensor
    second: Tensor


def write_checkpoint(path: Path, progress: Progress, settings: Settings, buffers: Buffers) -> None:
    tensors = {name: tensor.cpu() for name, tensor in vars(buffers).items()}
    state = {**asdict(progress), "settings": asdict(settings), **tensors}
    write_atomically(path, lambda temporary: torch.save(state, temporary))


def read_checkpoint(path: Path) -> tuple[Progress, Buffers] | None:
    """→ None where there is none yet"""
    if not path.exists():
        return None
    state = torch.load(path, weights_only=True)
    buffers = Buffers(*(state[name] for name in ("master", "first", "second")))
    known = {name: state[name] for name in asdict(Progress()) if name in state}
    return Progress(**{**known, "decay": Decay(**state["decay"]) if state["decay"] else None}), buffers


def run_folder(work: Path, name: str) -> Path:
    """→ the run's folder, which knows where the data is. What is compiled stays with the work, so that a resumed run starts
    at once."""
    folder = work / name
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "data").exists():
        (folder / "data").symlink_to(Path("..") / "data")
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str((work / "compiled").resolve()))
    return folder


@contextmanager
def worked_on(folder: Path) -> Iterator[None]:
    """Refuses where another process trains this run."""
    # Released by the system when this process ends, however it ends.
    with open(folder / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"{folder} is being trained by process {(folder / 'pid').read_text().strip()}") from None
        (folder / "pid").write_text(f"{os.getpid()}\n")
        try:
            yield
        finally:
            (folder / "pid").unlink(missing_ok=True)
