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
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from files import write_atomically
from model import Shape, hidden, initialise, parameter_count, parameter_shapes, views
from optimizer import Rates, is_matrix, momentum_at, muon_rate, orthogonalise
from sampler import Sampler
from schedule import Decay, by_time, rate
from settings import Settings, add_arguments, settings_of
from step import Validation, validation_windows

HERE = Path(__file__).parent
DECAY_SHARE = 0.45
STEPS_AHEAD = 2  # that may be queued: the clock must not run away from the work


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


class Model:
    """The parameters on one device, and one step of training them."""

    def __init__(self, settings: Settings, device: torch.device) -> None:
        torch.set_float32_matmul_precision("high")
        self.settings, self.device = settings, device
        self.shape = settings.shape()
        self.master = torch.zeros(parameter_count(self.shape), device=device)
        self._working = torch.zeros_like(self.master, dtype=torch.bfloat16)
        self._gradient = torch.zeros_like(self.master)
        self._gradients = views(self._gradient, self.shape)
        self._leaves = {n: v.detach().requires_grad_() for n, v in views(self._working, self.shape).items()}
        self._loss_of = torch.compile(self._loss, dynamic=False)
        self.restart()

    def restart(self) -> None:
        """Forgets everything learned."""
        start = torch.zeros(parameter_count(self.shape))
        initialise(views(start, self.shape), self.shape, self.settings.seed)
        self.take(start)
        settings = self.settings
        rates = Rates(settings.optimizer, settings.matrices, settings.others, settings.weight_decay)
        self.optimizer = FlatOptimizer(self.shape, rates, self.master, self._working)

    def take(self, parameters: Tensor) -> None:
        """float32 [parameter_count], flat"""
        self.master.copy_(parameters)
        self._working.copy_(parameters)

    def logits(self, ids: Tensor) -> Tensor:
        """int64 [batch, length] → bf16 [batch·length, vocabulary]"""
        return hidden(ids, self._leaves, self.shape) @ self._leaves["wte.weight"].T

    def step(self, windows: Tensor, step: int, factor: float) -> Tensor:
        """int64 [batch, length + 1] → the mean loss before the update, on the device."""
        pieces = windows.split(max(1, self.settings.micro * self.settings.context // (windows.shape[1] - 1)))
        losses = []
        for piece in pieces:
            loss = self._loss_of(piece[:, :-1].contiguous(), piece[:, 1:].contiguous())
            (loss / len(pieces)).backward()
            losses.append(loss.detach())
        with torch.no_grad():
            torch._foreach_copy_([self._gradients[n] for n in self._leaves], [p.grad for p in self._leaves.values()])
        for p in self._leaves.values():
            p.grad = None
        self.optimizer.step(self._gradient, self._gradients, step, factor)
        return torch.stack(losses).mean()

    def warm(self, shapes: list[tuple[int, int]]) -> None:
        """Compiles for windows of these shapes (windows, tokens each), and forgets what it learned from noise."""
        for batch, length in shapes:
            noise = torch.randint(self.shape.vocabulary, (batch, length + 1), device=self.device)
            for step in range(3):
                self.step(noise, step, 0.1)
        self.restart()
        if self.device.type == "cuda":
            torch.cuda.synchronize()
            torch.cuda.empty_cache()

    @torch.no_grad()
    def bits(self, held: Validation) -> float:
        """→ bits per byte"""
        total = 0.0
        for batch in held.windows:
            ids = torch.from_numpy(batch).to(self.device)
            total += F.cross_entropy(self.logits(ids[:, :-1]).float(), ids[:, 1:].reshape(-1), reduction="sum").item()
        return total / math.log(2) / held.bytes

    def _loss(self, ids: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(self.logits(ids).float(), target.reshape(-1))


def window_shapes(settings: Settings, short: bool) -> list[tuple[int, int]]:
    """→ windows a step, and the tokens of each: as long as the context, or before that half as long and twice as many."""
    whole = (settings.batch, settings.context)
    return [(2 * whole[0], whole[1] // 2), whole] if short else [whole]


class Reading:
    """The windows of a run; where there are two shapes, the second begins with the decay."""

    def __init__(self, data: Path, settings: Settings, short: bool) -> None:
        self.shapes = window_shapes(settings, short)
        self._samplers = [Sampler(data, length, settings.seed, settings.books) for _, length in self.shapes]

    def next(self, device: torch.device, decaying: bool) -> Tensor:
        """→ int64 [windows, length + 1]"""
        at = -1 if decaying else 0
        drawn = torch.from_numpy(self._samplers[at].next(self.shapes[at][0]))
        return drawn.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else drawn

    def state(self) -> dict:
        return self._samplers[-1].state()

    def passes(self) -> dict[str, float]:
        """How often each source was read."""
        read = [sampler.passes() for sampler in self._samplers]
        return {source: sum(passes[source] for passes in read) for source in read[0]}


Told = Callable[[int, Decay | None, Tensor, float], None]


def train_for(model: Model, reading: Reading, seconds: float, decay_share: float, told: Told) -> tuple[int, Decay]:
    """Trains for so many seconds from now; the rates follow the clock down to 0. → steps, and which were the decay.

    `told` hears of every step: how many there were, the decay if it has begun, the loss, the rates' factor.
    """
    began = time.monotonic()
    settings, device = model.settings, model.device
    queued: list[torch.cuda.Event] = []
    start: int | None = None
    step = 0
    ahead = reading.next(device, False)
    while (done := (time.monotonic() - began) / seconds) < 1:
        if start is None and done >= 1 - decay_share:
            start = step
            ahead = reading.next(device, True)
        factor = rate(step, settings.warmup, None) * by_time(done, decay_share)
        loss = model.step(ahead, step, factor)
        ahead = reading.next(device, start is not None)
        step += 1
        told(step, None if start is None else Decay(start, step - start), loss, factor)
        if device.type == "cuda":
            queued.append(torch.cuda.Event())
            queued[-1].record()
            if len(queued) > STEPS_AHEAD:
                queued.pop(0).synchronize()
    start = step - 1 if start is None else start
    return step, Decay(start, step - start)


class Log:
    """What happens in a run, and its checkpoints."""

    def __init__(self, run: Path, keep: Path | None, model: Model, reading: Reading) -> None:
        self._run, self._keep, self._model, self._reading = run, keep, model, reading
        self._began = self._marked = time.monotonic()
        self._marked_step = 0
        settings = model.settings
        self._validation = validation_windows(run / "data", settings.context, 8, 24)
        self._per_step = settings.batch * settings.context

    def write(self, **entry: object) -> None:
        line = json.dumps({**entry, "seconds": round(time.monotonic() - self._began, 1)})
        print(line, flush=True)
        with open(self._run / "log.jsonl", "a") as file:
            file.write(line + "\n")

    def judge(self, event: str, step: int) -> dict[str, float]:
        bits = {group: round(self._model.bits(held), 4) for group, held in self._validation.items()}
        self.write(event=event, step=step, tokens=step * self._per_step, bits_per_byte=bits)
        return bits

    def hear(self, step: int, decay: Decay | None, loss: Tensor, factor: float) -> None:
        if step % 500 == 0:
            value, now = loss.item(), time.monotonic()
            self.write(step=step, loss=round(value, 4), rate=round(factor, 3),
                       tokens_per_second=round((step - self._marked_step) * self._per_step / (now - self._marked)))
            self._marked, self._marked_step = now, step
            if not math.isfinite(value):
                raise SystemExit("the loss is no longer finite")
        if step % 2000 == 0:
            self.judge("validation", step)
            self.checkpoint("latest.pt", step, decay)

    def checkpoint(self, name: str, step: int, decay: Decay | None) -> None:
        model = self._model
        state = {
            "step": step, "tokens": step * self._per_step, "seconds": time.monotonic() - self._began,
            "decay": asdict(decay) if decay else None, "sampler": self._reading.state(), "settings": asdict(model.settings),
            "master": model.master.cpu(), "first": model.optimizer.first.cpu(), "second": model.optimizer.second.cpu(),
        }
        write_atomically(self._run / name, lambda path: torch.save(state, path))
        if self._keep is not None:
            half = {k: state[k] for k in ("step", "tokens", "settings")} | {"master": state["master"].half()}
            write_atomically(self._keep / name, lambda path: torch.save(half, path))


def train(run: Path, settings: Settings, minutes: float, decay_share: float, short: bool, keep: Path | None, on: str) -> dict[str, float]:
    """→ validation bits per byte by group. Ends when `minutes` are over, compilation included."""
    began = time.monotonic()
    model = Model(settings, torch.device(on))
    reading = Reading(run / "data", settings, short)
    log = Log(run, keep, model, reading)
    model.warm(reading.shapes)
    log.write(event="warm", short_windows=short)
    step, decay = train_for(model, reading, began + minutes * 60 - time.monotonic(), decay_share, log.hear)
    result = log.judge("finished", step)
    log.checkpoint("final.pt", step, decay)
    (run / "passes.json").write_text(json.dumps(reading.passes(), indent=1) + "\n")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=HERE / "work", metavar="DIR")
    parser.add_argument("--name", default="run", help="of the run's folder in DIR")
    parser.add_argument("--minutes", type=float, required=True, help="of the whole run, compilation included")
    parser.add_argument("--decay-share", type=float, default=DECAY_SHARE, help="of the time, in which the learning rates fall")
    parser.add_argument("--short-windows", action="store_true", help="half as long and twice as many until the decay begins")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="also put the weights alone, in half precision, there")
    add_arguments(parser)
    arguments = parser.parse_args()
    run = arguments.work / arguments.name
    run.mkdir(parents=True, exist_ok=True)
    if not (run / "data").exists():
        (run / "data").symlink_to(Path("..") / "data")
    given = {k: getattr(arguments, k) for k in asdict(Settings()) if getattr(arguments, k) is not None}
    train(run, settings_of(run, given), arguments.minutes, arguments.decay_share, arguments.short_windows, arguments.keep, arguments.device)


if __name__ == "__main__":
    main()
