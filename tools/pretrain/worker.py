"""The training loop as every worker runs it.

A worker is one process on one core: it takes its share of each batch, then its share of the update. Parameters,
gradients and moments lie in memory that all workers see; they meet three times a step. Nothing else is shared, so a
core that is busy with something else slows its worker and breaks nothing.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import signal
import time
from pathlib import Path

import torch

from checkpoint import Buffers, Progress, write_checkpoint
from model import views
from optimizer import Optimizer, Rates, assign
from sampler import Sampler
from schedule import Decay, decay_steps, finished, rate
from settings import Limits, Settings
from step import Gradient, validation_windows


def die_with_parent() -> None:
    """Linux: the kernel ends this worker when its parent dies, however that dies."""
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except (OSError, AttributeError):
        pass  # elsewhere the barrier's time-out does it, later


def worker(rank: int, run: Path, settings: Settings, limits: Limits, shared: dict, barrier) -> None:
    """`run`: the run's folder. `shared`: flat tensors in shared memory, made by train.py."""
    if rank > 0:
        die_with_parent()
    torch.set_num_threads(1)
    shape = settings.shape()
    rates = Rates(settings.optimizer, settings.matrices, settings.others, settings.weight_decay)
    data = run / "data"
    sampler = Sampler(data, settings.context, settings.seed, settings.books)
    held: Progress = shared["resume"] or Progress()
    step, decay, tokens_seen, seconds = held.step, held.decay, held.tokens, held.seconds
    if held.sampler is not None:
        sampler.restore(held.sampler)
    gradient = Gradient(shape, settings.micro, shared["working"], shared["gradients"][rank], settings.compile)
    optimizer = Optimizer(
        shape, rates, assign(shape, settings.workers)[rank],
        shared["master"], shared["working"], shared["first"], shared["second"],
    )
    gradients = [views(g, shape) for g in shared["gradients"]]
    validation = validation_windows(data, settings.context, settings.micro)
    losses = shared["losses"]
    control = shared["control"]  # [stop, decay asked, its steps, its first factor or -1]
    per_worker = settings.batch // settings.workers

    def checkpoint(name: str) -> None:
        progress = Progress(step, tokens_seen, seconds + time.monotonic() - begin, decay, sampler.state())
        write_checkpoint(run / name, progress, settings, Buffers(shared["master"], shared["first"], shared["second"]))

    def log(**entry: object) -> None:
        line = json.dumps(entry)
        print(line, flush=True)
        with open(run / "log.jsonl", "a") as file:
            file.write(line + "\n")

    begin = saved = marked = time.monotonic()
    started_tokens = marked_tokens = tokens_seen
    average = math.nan
    while True:
        # Rank 0 decides, everybody reads the decision after the barrier.
        if rank == 0:
            control[:] = 0
            asked = run / "decay.json"
            if asked.exists() and step > 0:
                wish = json.loads(asked.read_text())
                steps = wish.get("steps")
                if steps is None and wish.get("minutes") is not None:
                    speed = (tokens_seen - started_tokens) / (time.monotonic() - begin) or 1.0
                    steps = int(wish["minutes"] * 60 * speed / (settings.batch * settings.context))
                begin_at = wish.get("begin")
                control[1], control[2], control[3] = 1, decay_steps(step, steps), -1 if begin_at is None else begin_at
            if limits.reached(step) or (run / "stop").exists():
                control[0] = 1
        barrier.wait()
        if control[1]:
            # The state before the decay is kept: from there the run can go on at full rate another day.
            if rank == 0 and decay is None:
                checkpoint("stable.pt")
            # Asked a second time, the decay goes on from where it is and takes as long as was asked now; or, after it is
            # done, from a factor that is named.
            first_factor = float(control[3]) if control[3] >= 0 else rate(step, settings.warmup, decay)
            decay = Decay(step, int(control[2]), first_factor)
            if rank == 0:
                checkpoint("latest.pt")
                (run / "decay.json").unlink()
                log(event="decay", step=step, steps=decay.steps, begin=round(decay.begin, 4))
        if finished(step, decay) or control[0]:
            break

        windows = sampler.next(settings.batch)
        mine = torch.from_numpy(windows[rank * per_worker : (rank + 1) * per_worker])
        losses[rank] = gradient.accumulate(mine, settings.batch * settings.context)
        barrier.wait()
        factor = rate(step, settings.warmup, decay)
        with torch.no_grad():
            optimizer.step(gradients, step, factor)
        step += 1
        tokens_seen += settings.batch * settings.context
        if rank == 0:
            loss = losses.sum().item()
            average = loss if math.isnan(average) else 0.95 * average + 0.05 * loss
            if not math.isfinite(loss):
                log(event="diverged", step=step)
                os._exit(1)
        barrier.wait()

        if rank == 0 and step % limits.log_every == 0:
            now = time.monotonic()
            speed = (tokens_seen - marked_tokens) / (now - marked)
            log(step=step, loss=round(average, 4), rate=round(factor, 3), tokens_per_second=round(speed),
                minutes=round((seconds + now - begin) / 60, 1))
            marked, marked_tokens = now, tokens_seen
        if step % limits.evaluate_every == 0 or finished(step, decay):
            for i, group in enumerate(sorted(validation)):
                batches = validation[group].windows[rank :: settings.workers]
                shared["validation"][rank, i] = sum(gradient.loss(torch.from_numpy(w)) for w in batches)
            barrier.wait()
            if rank == 0:
                bits = {
                    g: round(shared["validation"][:, i].sum().item() / math.log(2) / validation[g].bytes, 4)
                    for i, g in enumerate(sorted(validation))
                }
                log(event="validation", step=step, tokens=tokens_seen, bits_per_byte=bits)
        if rank == 0 and time.monotonic() - saved >= limits.checkpoint_seconds:
            checkpoint("latest.pt")
            saved = time.monotonic()

    if rank == 0:
        checkpoint("latest.pt")
        if finished(step, decay):
            checkpoint("final.pt")
        log(event="finished" if finished(step, decay) else "stopped", step=step, tokens=tokens_seen,
            minutes=round((seconds + time.monotonic() - begin) / 60, 1), passes=sampler.passes())
    barrier.wait()
