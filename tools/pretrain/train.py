"""Trains. `run` starts or goes on, `decay` asks a run to come to its end, `status` says where it stands. See README.md."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path

import torch
import torch.multiprocessing as mp

from checkpoint import read_checkpoint, run_folder, worked_on
from files import write_atomically
from model import initialise, parameter_count, views
from settings import Limits, Settings, add_arguments, fixed
from worker import worker

HERE = Path(__file__).parent


def run(folder: Path, settings: Settings, limits: Limits) -> None:
    torch.set_num_threads(1)
    if settings.batch % (settings.workers * settings.micro):
        raise SystemExit("--batch must be a multiple of workers × micro")
    shape = settings.shape()
    count = parameter_count(shape)

    def buffer(*size: int, dtype=torch.float32):
        return torch.zeros(*size, dtype=dtype).share_memory_()

    shared = {
        "master": buffer(count), "working": buffer(count, dtype=torch.bfloat16),
        "first": buffer(count), "second": buffer(count), "gradients": buffer(settings.workers, count),
        "losses": buffer(settings.workers, dtype=torch.float64),
        "validation": buffer(settings.workers, 8, dtype=torch.float64), "control": buffer(4, dtype=torch.float64),
        "resume": None,
    }
    if not resumed(shared, folder / "latest.pt"):
        initialise(views(shared["master"], shape), shape, settings.seed)
    shared["working"].copy_(shared["master"])

    context = mp.get_context("spawn")
    # A worker may be stopped or starved for hours on a busy machine; that is no reason to give up.
    barrier = context.Barrier(settings.workers, timeout=7 * 24 * 3600)
    children = [
        context.Process(target=worker, args=(rank, folder, settings, limits, shared, barrier))
        for rank in range(1, settings.workers)
    ]
    for child in children:
        child.start()

    def lost_worker(_signal, _frame) -> None:
        if any(c.exitcode not in (None, 0) for c in children):
            print("a worker died; run again to resume from the last checkpoint", file=sys.stderr, flush=True)
            os._exit(1)

    signal.signal(signal.SIGCHLD, lost_worker)
    worker(0, folder, settings, limits, shared, barrier)
    for child in children:
        child.join()


def resumed(shared: dict, latest: Path) -> bool:
    """Takes over what the checkpoint holds; False where there is none."""
    held = read_checkpoint(latest)
    if held is None:
        return False
    shared["resume"], buffers = held
    for name, values in vars(buffers).items():
        shared[name].copy_(values)
    print(f"resuming at step {shared['resume'].step}", flush=True)
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("run", "decay", "status"):
        command = commands.add_parser(name)
        command.add_argument("--work", type=Path, default=HERE / "work", metavar="DIR")
        command.add_argument("--name", default="run", help="of the run's folder in DIR")
        if name == "run":
            add_arguments(command)
            command.add_argument("--until-step", type=int)
            command.add_argument("--until-minutes", type=float)
            command.add_argument("--checkpoint-seconds", type=float, default=120.0)
            command.add_argument("--evaluate-every", type=int, default=250)
        if name == "decay":
            command.add_argument("--begin", type=float, help="the rates' factor to fall from; default: where they are")
            command.add_argument("--steps", type=int, help="default: so many that the decay is 30 % of the run")
            command.add_argument("--minutes", type=float, help="as many steps as fit, at this session's mean speed")
    arguments = parser.parse_args()
    folder: Path = arguments.work / arguments.name
    if arguments.command == "run":
        run_folder(arguments.work, arguments.name)
        settings = fixed(folder / "settings.json", Settings, arguments)
        limits = Limits(arguments.until_step, arguments.until_minutes, arguments.checkpoint_seconds, arguments.evaluate_every)
        with worked_on(folder):
            (folder / "stop").unlink(missing_ok=True)
            run(folder, settings, limits)
    elif arguments.command == "decay":
        wish = {"steps": arguments.steps, "minutes": arguments.minutes, "begin": arguments.begin}
        write_atomically(folder / "decay.json", lambda p: p.write_text(json.dumps(wish) + "\n"))
        print("asked; the run begins its decay at the next step")
    else:
        lines = (folder / "log.jsonl").read_text().splitlines()
        print("\n".join(lines[-3:]))


if __name__ == "__main__":
    main()
