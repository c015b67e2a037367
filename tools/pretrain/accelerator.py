"""Trains the same model on one GPU: what two cores learn in days, in minutes. See README.md.

The mathematics, data, settings and checkpoints are those of train.py; a run's length is given ahead, in minutes or in steps,
and its last part is the decay. Started again after anything, it goes on from its last checkpoint. What a GPU does differently
is how the update is laid out: all matrices of one shape are orthogonalised together, and everything else is one pass over the
flat buffers.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from checkpoint import Buffers, Progress, read_checkpoint, run_folder, worked_on, write_checkpoint
from files import write_atomically
from model import Shape, hidden, initialise, parameter_count, parameter_shapes, views
from optimizer import Rates, is_matrix, momentum_at, muon_rate, orthogonalise
from sampler import Sampler
from schedule import Decay, by_time, rate
from settings import Settings, add_arguments, fixed
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

    def buffers(self) -> Buffers:
        return Buffers(self.master, self.optimizer.first, self.optimizer.second)

    def restore(self, buffers: Buffers) -> None:
        self.take(buffers.master)
        self.optimizer.first.copy_(buffers.first)
        self.optimizer.second.copy_(buffers.second)

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

    def state(self) -> tuple[dict, dict | None]:
        """→ of the whole windows, and of the short ones where there are such"""
        *short, whole = (sampler.state() for sampler in self._samplers)
        return whole, short[0] if short else None

    def restore(self, progress: Progress) -> None:
        for sampler, state in zip(self._samplers[::-1], (progress.sampler, progress.short_sampler), strict=False):
            if state is not None:
                sampler.restore(state)

    def passes(self) -> dict[str, float]:
        """How often each source was read."""
        read = [sampler.passes() for sampler in self._samplers]
        return {source: sum(passes[source] for passes in read) for source in read[0]}


Told = Callable[[Progress, Tensor, float], None]


@dataclass(frozen=True)
class Plan:
    """How long a run is and how it ends; written once, and a resumed run takes it from its folder."""

    minutes: float | None = None  # of training, whatever was compiled before
    steps: int | None = None  # instead of minutes
    decay_share: float = DECAY_SHARE
    short_windows: bool = False

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.steps is None):
            raise SystemExit("How long is the run to be? Give --minutes or --steps.")

    def done(self, step: int, seconds: float) -> float:
        """→ the share of the run that is over"""
        if self.steps is not None:
            return step / self.steps
        return seconds / 60 / self.minutes


class Clock:
    """Seconds of training, those of earlier processes included."""

    def __init__(self, before: float = 0.0) -> None:
        self._began = time.monotonic() - before

    def seconds(self) -> float:
        return time.monotonic() - self._began


def train_for(model: Model, reading: Reading, plan: Plan, told: Told, held: Progress | None = None) -> Progress:
    """Trains to the end of the plan, from `held` on; the rates follow the share that is over down to 0.

    `told` hears of every step: where the run is, the loss before it, the rates' factor.
    """
    settings, device = model.settings, model.device
    progress = held or Progress()
    clock = Clock(progress.seconds)
    per_step = settings.batch * settings.context
    queued: list[torch.cuda.Event] = []
    step, start = progress.step, progress.decay.start if progress.decay else None
    while (done := plan.done(step, clock.seconds())) < 1:
        if start is None and done >= 1 - plan.decay_share:
            start = step
        factor = rate(step, settings.warmup, None) * by_time(done, plan.decay_share)
        loss = model.step(reading.next(device, start is not None), step, factor)
        step += 1
        decay = None if start is None else Decay(start, step - start)
        progress = Progress(step, step * per_step, clock.seconds(), decay, *reading.state())
        told(progress, loss, factor)
        if device.type == "cuda":
            queued.append(torch.cuda.Event())
            queued[-1].record()
            if len(queued) > STEPS_AHEAD:
                queued.pop(0).synchronize()
    return replace(progress, seconds=clock.seconds(), decay=progress.decay or Decay(step, 0))


class Log:
    """What happens in a run, and its checkpoints."""

    def __init__(self, run: Path, keep: Path | None, checkpoint_seconds: float, model: Model) -> None:
        self._run, self._keep, self._every, self._model = run, keep, checkpoint_seconds, model
        self._began = self._saved = time.monotonic()
        self._marked: Progress | None = None
        settings = model.settings
        self._validation = validation_windows(run / "data", settings.context, 8, 24)

    def write(self, **entry: object) -> None:
        line = json.dumps({**entry, "seconds": round(time.monotonic() - self._began, 1)})
        print(line, flush=True)
        with open(self._run / "log.jsonl", "a") as file:
            file.write(line + "\n")

    def judge(self, event: str, progress: Progress) -> dict[str, float]:
        bits = {group: round(self._model.bits(held), 4) for group, held in self._validation.items()}
        self.write(event=event, step=progress.step, tokens=progress.tokens, bits_per_byte=bits)
        return bits

    def hear(self, progress: Progress, loss: Tensor, factor: float) -> None:
        to_save, to_write = time.monotonic() - self._saved >= self._every, progress.step % 500 == 0
        if (to_save or to_write) and not math.isfinite(loss.item()):
            raise SystemExit("the loss is no longer finite")
        if to_write:
            self._write_speed(progress, loss.item(), factor)
        if progress.step % 2000 == 0:
            self.judge("validation", progress)
        if to_save:
            self.checkpoint("latest.pt", progress)
            self._saved = time.monotonic()

    def checkpoint(self, name: str, progress: Progress) -> None:
        settings, buffers = self._model.settings, self._model.buffers()
        write_checkpoint(self._run / name, progress, settings, buffers)
        if self._keep is not None:
            half = {"step": progress.step, "tokens": progress.tokens, "settings": asdict(settings)}
            half["master"] = buffers.master.cpu().half()
            write_atomically(self._keep / name, lambda path: torch.save(half, path))

    def _write_speed(self, progress: Progress, loss: float, factor: float) -> None:
        marked, self._marked = self._marked, progress
        speed = {} if marked is None else {
            "tokens_per_second": round((progress.tokens - marked.tokens) / (progress.seconds - marked.seconds))
        }
        self.write(step=progress.step, loss=round(loss, 4), rate=round(factor, 3), **speed)


def train(
    run: Path, settings: Settings, plan: Plan, keep: Path | None, on: str, checkpoint_seconds: float = 60.0
) -> dict[str, float]:
    """→ validation bits per byte by group. Starts the run or goes on with it, and ends with its plan."""
    model = Model(settings, torch.device(on))
    reading = Reading(run / "data", settings, plan.short_windows)
    log = Log(run, keep, checkpoint_seconds, model)
    model.warm(reading.shapes)
    log.write(event="warm", short_windows=plan.short_windows)
    progress = None
    if (held := read_checkpoint(run / "latest.pt")) is not None:
        progress, buffers = held
        model.restore(buffers)
        reading.restore(progress)
        log.write(event="resumed", step=progress.step)
    progress = train_for(model, reading, plan, log.hear, progress)
    log.checkpoint("latest.pt", progress)
    result = log.judge("finished", progress)
    log.checkpoint("final.pt", progress)
    (run / "passes.json").write_text(json.dumps(reading.passes(), indent=1) + "\n")
    return result


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=HERE / "work", metavar="DIR")
    parser.add_argument("--name", default="run", help="of the run's folder in DIR")
    parser.add_argument("--minutes", type=float, help="of training; compilation comes before")
    parser.add_argument("--steps", type=int, help="instead of minutes: a run of exactly so many")
    parser.add_argument("--decay-share", type=float, help=f"of the run, in which the rates fall; by default {DECAY_SHARE}")
    parser.add_argument("--short-windows", action=argparse.BooleanOptionalAction,
                        help="half as long and twice as many until the decay begins")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--checkpoint-seconds", type=float, default=60.0)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="also put the weights alone, in half precision, there")
    add_arguments(parser)
    arguments = parser.parse_args(argv)
    run = run_folder(arguments.work, arguments.name)
    with worked_on(run):
        plan, settings = fixed(run / "plan.json", Plan, arguments), fixed(run / "settings.json", Settings, arguments)
        train(run, settings, plan, arguments.keep, arguments.device, arguments.checkpoint_seconds)


if __name__ == "__main__":
    main()
