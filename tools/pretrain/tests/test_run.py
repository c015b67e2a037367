"""The whole tool on a small text: split, tokenizer, training, being killed, going on, decay, export, evaluation."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

import evaluate
import export
import prepare
from samples import story
from sampler import Sampler

TOOL = Path(__file__).parents[1]
SMALL = ["--vocabulary", "320", "--context", "32", "--width", "64", "--heads", "1", "--layers", "2", "--batch", "8",
         "--micro", "2", "--warmup", "3", "--no-compile", "--evaluate-every", "4"]


def train(work: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(TOOL / "train.py"), *arguments, "--work", str(work)],
                            stdout=subprocess.DEVNULL)


def state(work: Path, name: str, checkpoint: str = "latest.pt") -> dict:
    return torch.load(work / name / checkpoint, weights_only=True)


def assert_same(a: dict, b: dict) -> None:
    assert a["step"] == b["step"] and a["sampler"] == b["sampler"] and a["decay"] == b["decay"]
    for part in ("master", "first", "second"):
        assert torch.equal(a[part], b[part])


def test_no_paragraph_is_in_two_splits(work: Path) -> None:
    tokenizer = prepare.Tokenizer.from_file(str(work / "data" / "tokenizer.json"))
    tokens = np.load(work / "data" / "train.npy")
    seen = set("\n\n".join(tokenizer.decode(tokens.tolist(), skip_special_tokens=False).split("<|endoftext|>")).split("\n\n"))
    for split in ("validation", "test"):
        entries = [json.loads(line) for line in (work / "data" / f"{split}.jsonl").read_text().splitlines()]
        assert entries
        assert not seen & {p for e in entries for p in e["text"].split("\n\n")}


def test_text_can_be_prepared_for_a_tokenizer_that_exists(work: Path, tmp_path: Path) -> None:
    prepare.main([str(work / "corpus.tar.xz"), "--work", str(tmp_path), "--sources", str(work / "catalogue.json"),
                  "--tokenizer", str(work / "data" / "tokenizer.json"), "--vocabulary", "400"])
    assert np.array_equal(np.load(tmp_path / "data" / "train.npy"), np.load(work / "data" / "train.npy"))


def test_groups_weigh_equally_and_every_window_comes_once_a_pass(work: Path) -> None:
    index = json.loads((work / "data" / "sources.json").read_text())
    for group in ("books", "documentation"):
        assert sum(e["share"] for e in index if e["group"] == group) == pytest.approx(0.5)
    sampler = Sampler(work / "data", context=32, seed=1)
    while max(sampler.passes().values()) < 1:
        seen = sampler.next(8)
    again = Sampler(work / "data", context=32, seed=1)
    again.restore(sampler.state())
    assert np.array_equal(sampler.next(8), again.next(8))
    assert seen.shape == (8, 33)


def test_a_killed_run_goes_on_as_if_nothing_had_happened(work: Path) -> None:
    straight = train(work, "run", "--name", "straight", *SMALL, "--until-step", "12")
    killed = train(work, "run", "--name", "killed", *SMALL, "--until-step", "100000", "--checkpoint-seconds", "0")
    latest = work / "killed" / "latest.pt"
    deadline = time.monotonic() + 120
    while not latest.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    pid = int((work / "killed" / "pid").read_text())
    assert pid == killed.pid
    os.kill(pid, signal.SIGSTOP)
    assert train(work, "run", "--name", "killed").wait() != 0, "two processes must not train one run"
    os.kill(pid, signal.SIGKILL)
    killed.wait()
    assert straight.wait() == 0
    at = state(work, "killed")["step"]
    # The machine may have been quicker than the signal; then both runs go to the same later step.
    end = max(12, at)
    for name in ("killed", "straight"):
        assert train(work, "run", "--name", name, "--until-step", str(end)).wait() == 0
    assert_same(state(work, "straight"), state(work, "killed"))


def test_a_run_ends_when_one_of_its_workers_dies(work: Path) -> None:
    run = train(work, "run", "--name", "bereft", *SMALL, "--checkpoint-seconds", "0")
    deadline = time.monotonic() + 120
    while not (work / "bereft" / "latest.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    children = [int(p) for p in Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()]
    workers = [p for p in children if b"spawn_main" in Path(f"/proc/{p}/cmdline").read_bytes()]
    os.kill(workers[0], signal.SIGKILL)
    assert run.wait(timeout=60) == 1


def test_a_run_decays_when_asked_and_ends_in_a_model_that_learned(work: Path) -> None:
    train(work, "decay", "--name", "straight", "--steps", "40").wait()
    assert train(work, "run", "--name", "straight").wait() == 0
    final = state(work, "straight", "final.pt")
    start = final["decay"]["start"]
    assert final["step"] == start + 40
    assert state(work, "straight", "stable.pt")["step"] == start
    export.export(work / "straight" / "final.pt", work / "data" / "tokenizer.json", work / "model", packed=False)
    model = evaluate.Model(work / "model")
    text = story(1, 5)
    # A uniform guess over 320 tokens costs log2(320) bits each.
    assert model.bits(text) < 0.9 * np.log2(320) * len(model.tokenizer.encode(text).ids)


def test_a_run_refuses_settings_that_contradict_its_own(work: Path) -> None:
    refused = subprocess.run([sys.executable, str(TOOL / "train.py"), "run", "--name", "straight", "--width", "128",
                              "--work", str(work)], capture_output=True, text=True)
    assert refused.returncode != 0
    assert "width" in refused.stderr


def test_every_token_but_the_first_is_scored_once_with_half_a_context_before_it(work: Path) -> None:
    model = evaluate.Model(work / "model")
    ids = torch.tensor(model.tokenizer.encode(story(4, 2)).ids[:70])
    expected = 0.0
    for at in range(1, len(ids)):
        windows_before = max(0, -(-(at - 31) // 16))
        logits = model.logits(ids[16 * windows_before : at][None])[-1]
        expected -= torch.log_softmax(logits, 0)[ids[at]].item() / np.log(2)
    assert model.bits_of(ids) == pytest.approx(expected, rel=1e-5)
