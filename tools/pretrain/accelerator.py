"""Trains the same model on one GPU: what two cores learn in days, in minutes. See README.md.

The mathematics, data, settings and checkpoints are those of train.py; a run's length is given ahead, in minutes, and its
last part is the decay. What a GPU does differently is how the update is laid out: all matrices of one shape are
orthogonalised together, and everything else is one pass over the flat buffers.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from files import write_atomically
from model import Shape, hidden, initialise, parameter_count, parameter_shapes, views
from optimizer import Rates, is_matrix, momentum_at, muon_rate, orthogonalise
from sampler import Sampler
from schedule import Decay, rate
from settings import Settings, add_arguments, settings_of
from step import validation_windows

HERE = Path(__file__).parent
MEASURED_STEPS = 40  # after which the run's length in steps is known
WARM_STEPS = 10  # not measured


class FlatOptimizer:
    """Muon and AdamW as in optimizer.py, over whole buffers on one device."""

    def __init__(self, shape: Shape, rates: Rates, master: Tensor, working: Tensor) -> None:
        self._rates = rates
        self._master, self._working = master, working
        self.first, self.second = torch.zeros_like(master), torch.zeros_like(master)
        muon = {n for n in parameter_shapes(shape) if is_matrix(n) and rates.optimizer == "muon"}
        self._is_muon = torch.zeros_like(master)
        decayed = torch.zeros_like(master)
        for name, mask in views(self._is_muon, shape).items():
            mask.fill_(name in muon)
        for name, mask in views(decayed, shape).items():
            mask.fill_(is_matrix(name))
        self._decay = decayed * rates.weight_decay * (rates.matrices if muon else rates.others)
        self._views = {n: views(t, shape) for n, t in (("master", master), ("first", self.first))}
        self._groups: dict[tuple[int, ...], list[tuple[str, int, int]]] = defaultdict(list)  # shape → (name, part, parts)
        for name in sorted(muon):
            parts = 3 if name.endswith("c_attn.weight") else 1
            rows, columns = parameter_shapes(shape)[name]
            self._groups[rows, columns // parts] += [(name, part, parts) for part in range(parts)]

    @torch.no_grad()
    def step(self, gradient: Tensor, named: dict[str, Tensor], step: int, scale: float) -> None:
        """`gradient`: flat float32, and its views by name."""
        rates = self._rates
        momentum = momentum_at(step, rates)
        _flat_update(
            self._master, self.first, self.second, gradient, self._is_muon, self._decay,
            torch.tensor(momentum, device=gradient.device), torch.tensor(scale, device=gradient.device),
            torch.tensor(rates.others / (1 - 0.9 ** (step + 1)), device=gradient.device),
            torch.tensor(1 - 0.95 ** (step + 1), device=gradient.device),
        )
        for (rows, columns), members in self._groups.items():
            def parts_of(buffers: dict[str, Tensor]) -> list[Tensor]:
                return [buffers[n].chunk(of, 1)[part] for n, part, of in members]  # noqa: B023

            updates = orthogonalise(torch.stack(parts_of(named)).lerp(torch.stack(parts_of(self._views["first"])), momentum))
            torch._foreach_add_(
                parts_of(self._views["master"]), list(updates.float().unbind(0)), alpha=-scale * muon_rate(rows, columns, rates)
            )
        self._working.copy_(self._master)


@torch.compile(dynamic=False)
def _flat_update(
    master: Tensor, first: Tensor, second: Tensor, g: Tensor, is_muon: Tensor, decay: Tensor,
    momentum: Tensor, scale: Tensor, adam_rate: Tensor, correction: Tensor,
) -> None:
    """Both optimizers' moments, the weight decay, and AdamW's update where Muon does not work."""
    first.lerp_(g, torch.where(is_muon > 0, 1 - momentum, 0.1))
    second.lerp_(g * g, 0.05)
    adam = adam_rate * first / ((second / correction).sqrt() + 1e-8)
    master.mul_(1 - scale * decay).sub_(torch.where(is_muon > 0, 0.0, scale * adam))


def train(run: Path, settings: Settings, minutes: float, decay_share: float, keep: Path | None, on: str) -> dict[str, float]:
    """→ validation bits per byte by group. Ends when `minutes` are over, compilation included."""
    began = time.monotonic()
    torch.set_float32_matmul_precision("high")
    device = torch.device(on)
    shape = settings.shape()
    start = torch.zeros(parameter_count(shape))
    initialise(views(start, shape), shape, settings.seed)
    master = start.to(device)
    working = master.to(torch.bfloat16)
    rates = Rates(settings.optimizer, settings.matrices, settings.others, settings.weight_decay)
    optimizer = FlatOptimizer(shape, rates, master, working)
    leaves = {n: v.detach().requires_grad_() for n, v in views(working, shape).items()}
    gradient = torch.zeros_like(master)
    gradients = views(gradient, shape)
    sampler = Sampler(run / "data", settings.context, settings.seed)
    validation = validation_windows(run / "data", settings.context, 8, 24)

    @torch.compile(dynamic=False)
    def loss_of(ids: Tensor, target: Tensor) -> Tensor:
        logits = hidden(ids, leaves, shape) @ leaves["wte.weight"].T
        return F.cross_entropy(logits.float(), target.reshape(-1))

    def windows() -> Tensor:
        drawn = torch.from_numpy(sampler.next(settings.batch))
        return drawn.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else drawn

    def now_settled() -> float:
        if device.type == "cuda":
            torch.cuda.synchronize()
        return time.monotonic()

    @torch.no_grad()
    def judge() -> dict[str, float]:
        out: dict[str, float] = {}
        for group, held in validation.items():
            total = 0.0
            for batch in held.windows:
                ids = torch.from_numpy(batch).to(device)
                logits = hidden(ids[:, :-1], leaves, shape) @ leaves["wte.weight"].T
                total += F.cross_entropy(logits.float(), ids[:, 1:].reshape(-1), reduction="sum").item()
            out[group] = round(total / math.log(2) / held.bytes, 4)
        return out

    def log(**entry: object) -> None:
        line = json.dumps(entry)
        print(line, flush=True)
        with open(run / "log.jsonl", "a") as file:
            file.write(line + "\n")

    def checkpoint(name: str, step: int) -> None:
        state = {
            "step": step, "tokens": step * settings.batch * settings.context, "seconds": time.monotonic() - began,
            "decay": asdict(decay) if decay else None, "sampler": sampler.state(), "settings": asdict(settings),
            "master": master.cpu(), "first": optimizer.first.cpu(), "second": optimizer.second.cpu(),
        }
        write_atomically(run / name, lambda path: torch.save(state, path))
        if keep is not None:
            half = {"step": step, "tokens": state["tokens"], "settings": state["settings"], "master": master.half().cpu()}
            write_atomically(keep / name, lambda path: torch.save(half, path))

    decay: Decay | None = None
    step, marked, marked_step = 0, time.monotonic(), 0
    ahead = windows()
    while decay is None or step < decay.start + decay.steps:
        batch = ahead
        pieces = batch.split(settings.micro)
        losses = []
        for piece in pieces:
            loss = loss_of(piece[:, :-1].contiguous(), piece[:, 1:].contiguous())
            (loss / len(pieces)).backward()
            losses.append(loss.detach())
        ahead = windows()
        with torch.no_grad():
            torch._foreach_copy_([gradients[n] for n in leaves], [p.grad for p in leaves.values()])
        for p in leaves.values():
            p.grad = None
        factor = rate(step, settings.warmup, decay)
        optimizer.step(gradient, gradients, step, factor)
        step += 1
        if step == WARM_STEPS:
            measured = now_settled()
        if step == MEASURED_STEPS:
            now = now_settled()
            left = minutes * 60 - (now - began)
            per_step = (now - measured) / (MEASURED_STEPS - WARM_STEPS)
            total = step + max(10, int(left / per_step * 0.97))
            decay = Decay(max(step, round(total * (1 - decay_share))), max(1, round(total * decay_share)))
            log(event="planned", steps=total, milliseconds_per_step=round(per_step * 1000, 2),
                tokens_per_second=round(settings.batch * settings.context / per_step), warm_seconds=round(now - began, 1))
        if step % 500 == 0:
            value = torch.stack(losses).mean().item()
            now = time.monotonic()
            log(step=step, loss=round(value, 4), rate=round(factor, 3), seconds=round(now - began, 1),
                tokens_per_second=round((step - marked_step) * settings.batch * settings.context / (now - marked)))
            marked, marked_step = now, step
            if not math.isfinite(value):
                raise SystemExit("the loss is no longer finite")
        if step % 2000 == 0:
            log(event="validation", step=step, tokens=step * settings.batch * settings.context, bits_per_byte=judge())
            checkpoint("latest.pt", step)
        # The plan was a guess: a machine that turns out slower must still come to the end of its decay.
        if decay is not None and step == decay.start:
            now = now_settled()
            per_step = (now - measured) / (step - WARM_STEPS)
            decay = Decay(step, max(10, int((minutes * 60 - (now - began)) / per_step * 0.98)))
            log(event="decay", step=step, steps=decay.steps)
    result = judge()
    checkpoint("final.pt", step)
    log(event="finished", step=step, tokens=step * settings.batch * settings.context, bits_per_byte=result,
        minutes=round((time.monotonic() - began) / 60, 2))
    (run / "passes.json").write_text(json.dumps(sampler.passes(), indent=1) + "\n")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=HERE / "work", metavar="DIR")
    parser.add_argument("--name", default="run", help="of the run's folder in DIR")
    parser.add_argument("--minutes", type=float, required=True, help="of the whole run, compilation included")
    parser.add_argument("--decay-share", type=float, default=0.45, help="of the steps that the learning rates fall in")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="also put the weights alone, in half precision, there")
    add_arguments(parser)
    arguments = parser.parse_args()
    run = arguments.work / arguments.name
    run.mkdir(parents=True, exist_ok=True)
    if not (run / "data").exists():
        (run / "data").symlink_to(Path("..") / "data")
    given = {k: getattr(arguments, k) for k in asdict(Settings()) if getattr(arguments, k) is not None}
    train(run, settings_of(run, given), arguments.minutes, arguments.decay_share, arguments.keep, arguments.device)


if __name__ == "__main__":
    main()
