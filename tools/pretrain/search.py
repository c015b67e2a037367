"""Compares recipes: each trains for the same seconds, alone on one GPU, its code compiled before. See README.md.

Reads DIR/data/train.jsonl and validation.jsonl as prepare.py wrote them, and prints a table of bits per byte of the whole
validation text. All recipes are compiled, and the tokens of every vocabulary made, before the first one trains.
"""

from __future__ import annotations

import argparse
import json
import math
import traceback
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.multiprocessing as mp
import torch.nn.functional as F
from tokenizers import Tokenizer

import prepare
from accelerator import DECAY_SHARE, Model, Plan, Reading, train_for, window_shapes
from corpus import Document
from model import parameter_count
from settings import Settings

HERE = Path(__file__).parent
COMPILING = 5  # recipes at once
BATCH = 16  # windows that are scored at once


@dataclass(frozen=True)
class Recipe:
    name: str
    settings: Settings
    short: bool = False
    decay_share: float = DECAY_SHARE


def read_recipes(path: Path) -> list[Recipe]:
    """A list of objects: name, what differs from the first one's settings, and perhaps `short`, `decay_share`."""
    first, *others = json.loads(path.read_text())
    base = Settings(**first["settings"])
    changed = [Recipe(**{**other, "settings": replace(base, **other.get("settings", {}))}) for other in others]
    return [Recipe(first["name"], base), *changed]


def windows_of(ids: list[int], context: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """→ windows [context + 1] that overlap by half, and which of their targets [context] are scored: each token once."""
    done, start = 1, 0
    while done < len(ids):
        end = min(start + context + 1, len(ids))
        window = np.zeros(context + 1, dtype=np.int64)
        window[: end - start] = ids[start:end]
        scored = np.zeros(context, dtype=bool)
        scored[done - start - 1 : end - start - 1] = True
        yield window, scored
        done, start = end, start + context // 2


@torch.no_grad()
def bits_per_byte(model: Model, tokenizer: Tokenizer, documents: list[Document]) -> dict[str, float]:
    """By group, every token of every text scored, its document's opening before it."""
    texts: dict[str, list[str]] = defaultdict(list)
    for document in documents:
        texts[document.group].append(document.text)
    out: dict[str, float] = {}
    for group, held in texts.items():
        windows = [w for text in held for w in windows_of([0, *tokenizer.encode(text).ids], model.shape.context)]
        total = 0.0
        for at in range(0, len(windows), BATCH):
            ids = torch.from_numpy(np.stack([w for w, _ in windows[at : at + BATCH]])).to(model.device)
            scored = torch.from_numpy(np.concatenate([s for _, s in windows[at : at + BATCH]])).to(model.device)
            losses = F.cross_entropy(model.logits(ids[:, :-1]).float(), ids[:, 1:].reshape(-1), reduction="none")
            total += losses[scored].sum().item()
        out[group] = total / math.log(2) / sum(len(text.encode()) for text in held)
    return out


def compete(recipe: Recipe, work: Path, seconds: float, on: str, compiling, ready, turn, results) -> None:
    """One recipe in a process of its own: compiles, waits until all are ready, trains when it is its turn."""
    settings = recipe.settings
    model = None
    try:
        with compiling:
            model = Model(settings, torch.device(on))
            model.warm(window_shapes(settings, recipe.short))
    except Exception:
        traceback.print_exc()
    ready.wait()
    if model is None:
        return results.put({"name": recipe.name, "failed": True})
    data = work / f"data-{settings.vocabulary}"
    tokenizer = Tokenizer.from_file(str(data / "tokenizer.json"))
    validation = prepare.read_lines(work / "data" / "validation.jsonl")
    with turn:
        plan = Plan(seconds / 60, decay_share=recipe.decay_share, short_windows=recipe.short)
        end = train_for(model, Reading(data, settings, recipe.short), plan, lambda *_: None)
        bits = bits_per_byte(model, tokenizer, validation)
    results.put({"name": recipe.name, "parameters": parameter_count(settings.shape()), "steps": end.step,
                 "tokens": end.tokens, "bits_per_byte": bits, "settings": asdict(settings)})


def make_tokens(work: Path, sources: Path, vocabulary: int) -> None:
    data = work / f"data-{vocabulary}"
    if not (data / "sources.json").exists():
        data.mkdir(exist_ok=True)
        train = prepare.read_lines(work / "data" / "train.jsonl")
        prepare.write_tokens(data, train, json.loads(sources.read_text()), 0.65, vocabulary)


def table(found: list[dict]) -> str:
    groups = sorted({group for result in found for group in result.get("bits_per_byte", {})})
    head = ["recipe", "M parameters", "steps", "M tokens", *groups, "mean"]
    rows = [head, ["---"] * len(head), *(row(result, groups) for result in found)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def row(result: dict, groups: list[str]) -> list[str]:
    if result.get("failed"):
        return [result["name"], "failed"]
    bits = [result["bits_per_byte"][group] for group in groups]
    size, read = result["parameters"] / 1e6, result["tokens"] / 1e6
    return [result["name"], f"{size:.1f}", f"{result['steps']:,}", f"{read:.1f}", *(f"{b:.3f}" for b in [*bits, sum(bits) / len(bits)])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=HERE / "work", metavar="DIR")
    parser.add_argument("--sources", type=Path, default=HERE / "sources.json")
    parser.add_argument("--recipes", type=Path, default=HERE / "recipes.json")
    parser.add_argument("--seconds", type=float, default=20.0, help="of training for each recipe")
    parser.add_argument("--device", default="cuda")
    arguments = parser.parse_args()
    work, chosen = arguments.work, read_recipes(arguments.recipes)
    context = mp.get_context("spawn")
    compiling, turn, results = context.Semaphore(COMPILING), context.Lock(), context.Queue()
    ready = context.Barrier(len(chosen) + 1)
    processes = [
        context.Process(target=compete, args=(recipe, work, arguments.seconds, arguments.device, compiling, ready, turn, results))
        for recipe in chosen
    ]
    makers = [
        context.Process(target=make_tokens, args=(work, arguments.sources, vocabulary))
        for vocabulary in sorted({recipe.settings.vocabulary for recipe in chosen})
    ]
    for process in [*makers, *processes]:
        process.start()
    for maker in makers:
        maker.join()
    ready.wait()
    print("all ready", flush=True)
    found = []
    for _ in chosen:
        found.append(results.get())
        print(json.dumps(found[-1]), flush=True)
        (work / "search.json").write_text(json.dumps(found, indent=1) + "\n")
    order = {recipe.name: at for at, recipe in enumerate(chosen)}
    print(table(sorted(found, key=lambda result: order[result["name"]])))


if __name__ == "__main__":
    main()
