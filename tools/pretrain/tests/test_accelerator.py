"""What trains on a GPU, on the CPU: a run that ends when its time is over, and recipes that are compared."""

import json
import math
import multiprocessing
import operator
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

import accelerator
import evaluate
import export
import prepare
import search
from checkpoint import Progress
from sampler import Sampler
from schedule import Decay
from settings import Settings

SMALL = Settings(vocabulary=320, context=32, width=64, heads=1, layers=2, batch=8, micro=8, warmup=3)


PLAN = accelerator.Plan(steps=12, decay_share=0.5, short_windows=True)


@pytest.fixture(scope="module", autouse=True)
def nothing_compiled():
    torch.compiler.set_stance("force_eager")
    yield
    torch.compiler.set_stance("default")


def run_in(work: Path, name: str) -> Path:
    folder = work / name
    folder.mkdir()
    (folder / "data").symlink_to(work / "data")
    return folder


def train(folder: Path) -> None:
    torch.set_num_threads(1)  # sums come out the same in every process
    accelerator.train(folder, SMALL, PLAN, keep=None, on="cpu", checkpoint_seconds=0)


def train_and_die(folder: Path, checkpoint: int, renamed: bool) -> None:
    """Killed when a checkpoint is written whole, before or after it takes the old one's place."""
    torch.compiler.set_stance("force_eager")
    replace, written = os.replace, 0

    def replace_and_die(temporary: Path, target: Path) -> None:
        nonlocal written
        written += 1
        if written < checkpoint or renamed:
            replace(temporary, target)
        if written == checkpoint:
            os.kill(os.getpid(), signal.SIGKILL)

    os.replace = replace_and_die
    train(folder)


@pytest.fixture(scope="module")
def run(work: Path) -> Path:
    folder = run_in(work, "on a device")
    plan = accelerator.Plan(minutes=0.1, decay_share=0.5, short_windows=True)
    accelerator.train(folder, SMALL, plan, keep=None, on="cpu")
    return folder


def test_a_run_ends_in_its_decay_in_a_model_that_learned(run: Path, work: Path) -> None:
    state = torch.load(run / "final.pt", weights_only=True)
    assert state["step"] == state["decay"]["start"] + state["decay"]["steps"]
    assert state["tokens"] == state["step"] * 8 * 32
    export.export(run / "final.pt", work / "data" / "tokenizer.json", run / "model", packed=False)
    model = evaluate.Model(run / "model")
    text = prepare.read_lines(work / "data" / "validation.jsonl")[0].text
    assert model.bits(text) < 0.9 * math.log2(320) * len(model.tokenizer.encode(text).ids)


@pytest.fixture(scope="module")
def undisturbed(work: Path) -> dict:
    folder = run_in(work, "undisturbed")
    train(folder)
    return torch.load(folder / "final.pt", weights_only=True)


@pytest.mark.parametrize(
    ("checkpoint", "renamed", "goes_on_at"), [(1, False, []), (3, True, [3]), (6, False, [5]), (9, True, [9]), (13, False, [12])]
)
def test_a_run_killed_at_a_checkpoint_goes_on_as_if_it_had_not_been(
    work: Path, undisturbed: dict, checkpoint: int, renamed: bool, goes_on_at: list[int]
) -> None:
    folder = run_in(work, f"killed at {checkpoint}")
    killed = multiprocessing.get_context("spawn").Process(target=train_and_die, args=(folder, checkpoint, renamed))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    train(folder)
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in log if entry.get("event") == "resumed"] == goes_on_at
    final = torch.load(folder / "final.pt", weights_only=True)
    for key in undisturbed.keys() - {"seconds"}:
        same = torch.equal if isinstance(final[key], torch.Tensor) else operator.eq
        assert same(final[key], undisturbed[key]), key


def test_a_run_keeps_its_length_and_is_over_when_it_is(work: Path) -> None:
    folder = run_in(work, "from the command line")
    command = ["--work", str(work), "--name", folder.name, "--device", "cpu"]
    settings = [f"--{key.replace('_', '-')}={value}" for key, value in asdict(SMALL).items() if key != "compile"]
    with pytest.raises(SystemExit, match="--minutes or --steps"):
        accelerator.main([*command, *settings])
    accelerator.main([*command, *settings, "--steps", "4"])
    first = torch.load(folder / "final.pt", weights_only=True)
    with pytest.raises(SystemExit, match="steps"):
        accelerator.main([*command, "--steps", "9"])
    accelerator.main(command)
    again = torch.load(folder / "final.pt", weights_only=True)
    assert first["step"] == again["step"] == 4
    assert torch.equal(first["master"], again["master"])


def test_the_time_that_a_run_took_before_counts(work: Path) -> None:
    folder = run_in(work, "by the clock")
    model = accelerator.Model(SMALL, torch.device("cpu"))
    held = Progress(step=5, tokens=5 * 8 * 32, seconds=1e6, decay=Decay(3, 2))
    reading = accelerator.Reading(folder / "data", SMALL, short=False)
    end = accelerator.train_for(model, reading, accelerator.Plan(minutes=1), lambda *_: None, held)
    assert (end.step, end.decay) == (5, Decay(3, 2))


def test_windows_are_short_until_the_decay_begins(work: Path) -> None:
    reading = accelerator.Reading(work / "data", SMALL, short=True)
    cpu = torch.device("cpu")
    assert [tuple(reading.next(cpu, decaying).shape) for decaying in (False, True)] == [(16, 17), (8, 33)]


@pytest.mark.parametrize("length", [2, 9, 10, 30])
def test_a_recipe_is_judged_by_every_token_once(length: int) -> None:
    scored = [target for window, mask in search.windows_of(list(range(length)), context=8) for target in window[1:][mask]]
    assert scored == list(range(1, length))


def test_a_recipe_is_judged_as_the_exported_model_is(run: Path, work: Path) -> None:
    model = accelerator.Model(SMALL, torch.device("cpu"))
    state = torch.load(run / "final.pt", weights_only=True)
    model.take(state["master"])
    tokenizer = Tokenizer.from_file(str(work / "data" / "tokenizer.json"))
    documents = prepare.read_lines(work / "data" / "validation.jsonl")
    bits = search.bits_per_byte(model, tokenizer, documents)
    export.export(run / "final.pt", work / "data" / "tokenizer.json", run / "whole", packed=False)
    exported = evaluate.Model(run / "whole")
    for group, found in bits.items():
        texts = [d.text for d in documents if d.group == group]
        total = sum(exported.bits_of(torch.tensor([0, *exported.tokenizer.encode(text).ids])) for text in texts)
        assert found == pytest.approx(total / sum(len(text.encode()) for text in texts), rel=0.01)


def test_the_mix_follows_the_share_of_books(work: Path) -> None:
    sampler = Sampler(work / "data", context=32, seed=1, books=0.25)
    index = json.loads((work / "data" / "sources.json").read_text())
    sampler.next(400)
    taken = np.array(sampler.state()["taken"])
    books = sum(int(n) for n, entry in zip(taken, index, strict=True) if entry["group"] == "books")
    assert books / taken.sum() == pytest.approx(0.25, abs=0.02)


def test_recipes_are_compared_each_with_its_own_vocabulary_and_shape(work: Path) -> None:
    recipes = [{"name": "base", "settings": asdict(SMALL)}, {"name": "other", "short": True, "settings": {"vocabulary": 400}}]
    (work / "recipes.json").write_text(json.dumps(recipes))
    command = [sys.executable, str(Path(search.__file__)), "--work", str(work), "--sources", str(work / "catalogue.json"),
               "--recipes", str(work / "recipes.json"), "--seconds", "2", "--device", "cpu"]
    subprocess.run(command, check=True, env=os.environ | {"TORCH_COMPILE_DISABLE": "1"}, stdout=subprocess.DEVNULL)
    found = {result["name"]: result for result in json.loads((work / "search.json").read_text())}
    assert found.keys() == {"base", "other"}
    assert found["other"]["parameters"] - found["base"]["parameters"] == 80 * 64
    for result in found.values():
        assert result["steps"] > 0
        assert all(0 < bits < 8 for bits in result["bits_per_byte"].values())
