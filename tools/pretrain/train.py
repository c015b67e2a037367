"""Trains. `run` starts or goes on, `decay` asks a run to come to its end, `status` says where it stands. See README.md."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

import torch
import torch.multiprocessing as mp

from files import write_atomically
from model import initialise, parameter_count, views
from settings import Limits, Settings, add_arguments, settings_of
from worker import worker

HERE = Path(__file__).parent


def run(run_folder: Path, settings: Settings, limits: Limits) -> None:
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
    latest = run_folder / "latest.pt"
    if latest.exists():
        state = torch.load(latest, weights_only=True)
        for name in ("master", "first", "second"):
            shared[name].copy_(state.pop(name))
        shared["resume"] = {k: v for k, v in state.items() if k != "settings"}
        print(f"resuming at step {state['step']}", flush=True)
    else:
        initialise(views(shared["master"], shape), shape, settings.seed)
    shared["working"].copy_(shared["master"])

    context = mp.get_context("spawn")
    # A worker may be stopped or starved for hours on a busy machine; that is no reason to give up.
    barrier = context.Barrier(settings.workers, timeout=7 * 24 * 3600)
    children = [
        context.Process(target=worker, args=(rank, run_folder, settings, limits, shared, barrier))
        for rank in range(1, settings.workers)
    ]
    for child in children:
        child.start()
    (run_folder / "pid").write_text(f"{os.getpid()}\n")

    def lost_worker(_signal, _frame) -> None:
        if any(c.exitcode not in (None, 0) for c in children):
            print("a worker died; run again to resume from the last checkpoint", file=sys.stderr, flush=True)
            os._exit(1)

    signal.signal(signal.SIGCHLD, lost_worker)
    worker(0, run_folder, settings, limits, shared, barrier)
    for child in children:
        child.join()
    (run_folder / "pid").unlink(missing_ok=True)


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
        folder.mkdir(parents=True, exist_ok=True)
        given = {k: v for k in asdict(Settings()) if (v := getattr(arguments, k)) is not None}
        settings = settings_of(folder, given)
        if not (folder / "data").exists():
            (folder / "data").symlink_to(Path("..") / "data")
        # Released by the system when this process ends, however it ends.
        lock = open(folder / "lock", "w")  # noqa: SIM115
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"{folder} is being trained by process {(folder / 'pid').read_text().strip()}") from None
        # Compiled kernels stay with the work, so that a resumed run starts at once.
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str((arguments.work / "compiled").resolve()))
        (folder / "stop").unlink(missing_ok=True)
        limits = Limits(arguments.until_step, arguments.until_minutes, arguments.checkpoint_seconds, arguments.evaluate_every)
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
