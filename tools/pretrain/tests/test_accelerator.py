"""What trains on a GPU, on the CPU: a run that ends when its time is over, and recipes that are compared."""

import json
import math
import os
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
from sampler import Sampler
from settings import Settings

SMALL = Settings(vocabulary=320, context=32, width=64, heads=1, layers=2, batch=8, micro=8, warmup=3)


@pytest.fixture(scope="module", autouse=True)
def nothing_compiled():
    torch.compiler.set_stance("force_eager")
    yield
    torch.compiler.set_stance("default")


@pytest.fixture(scope="module")
def run(work: Path) -> Path:
    folder = work / "on a device"
    folder.mkdir()
    (folder / "data").symlink_to(work / "data")
    accelerator.train(folder, SMALL, minutes=0.1, decay_share=0.5, short=True, keep=None, on="cpu")
    return folder


def test_a_run_ends_in_its_decay_in_a_model_that_learned(run: Path, work: Path) -> None:
    state = torch.load(run / "final.pt", weights_only=True)
    assert state["step"] == state["decay"]["start"] + state["decay"]["steps"]
    assert state["tokens"] == state["step"] * 8 * 32
    export.export(run / "final.pt", work / "data" / "tokenizer.json", run / "model", packed=False)
    model = evaluate.Model(run / "model")
    text = prepare.read_lines(work / "data" / "validation.jsonl")[0].text
    assert model.bits(text) < 0.9 * math.log2(320) * len(model.tokenizer.encode(text).ids)


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
