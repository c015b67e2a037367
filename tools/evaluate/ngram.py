"""A plain n-gram model of the same size on disk as a model, from the tokens that `tools/pretrain/prepare.py` wrote.

    python tools/evaluate/ngram.py [--data tools/pretrain/work/data] [--size-of media/model/model.safetensors]

Writes tools/evaluate/work/ngram/: `tokenizer.json` and `counts.gz`. Up to four tokens; of single tokens and of runs that
are the end of a longer one, the number of different tokens before them is counted (Kneser & Ney 1995); rare runs are left
out until the file is small enough. Books count twice, because training weighs both groups alike.

counts.gz, all numbers LEB128: the vocabulary V; then for runs of 1, 2, 3 and 4 tokens how many there are, and of each, in
order, the difference of its key to the one before and its count. A run's key is its tokens as digits of base V + 1; the
digit V at its end stands for all that was left out behind the tokens before it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ORDERS = 4


def leb128(values: np.ndarray) -> bytes:
    """Non-negative int64 [n] → bytes"""
    out = np.zeros((len(values), 9), dtype=np.uint8)
    lengths = np.ones(len(values), dtype=np.int64)
    rest = values.copy()
    for byte in range(9):
        out[:, byte] = rest & 0x7F
        rest >>= 7
        more = rest > 0
        out[more, byte] |= 0x80
        lengths[more] = byte + 2
        if not more.any():
            break
    return out[np.arange(9)[None, :] < lengths[:, None]].tobytes()


def counted(keys: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """int64 [n] → the different keys in order, and how often each stands there"""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    if weights is None:
        return ordered[starts], np.diff(np.r_[starts, len(ordered)])
    return ordered[starts], np.add.reduceat(weights[order], starts)


def all_runs(tokens: np.ndarray, weights: np.ndarray, base: int, separator: int) -> list[tuple[np.ndarray, np.ndarray]]:
    runs: list[tuple[np.ndarray, np.ndarray]] = []
    for order in range(1, ORDERS + 1):
        keys = np.zeros(len(tokens) - ORDERS + 1, dtype=np.int64)
        within = np.ones(len(keys), dtype=bool)
        for place in range(order):
            part = tokens[place : place + len(keys)]
            keys = keys * base + part
            if place > 0:
                within &= part != separator
        runs.append(counted(keys[within], weights[: len(keys)][within].astype(np.int64)))
    # Shorter runs: how many different tokens stand before them.
    for order in range(1, ORDERS):
        longer, _ = runs[order]
        runs[order - 1] = counted(longer % base**order, None)
    return runs


def pruned(keys: np.ndarray, counts: np.ndarray, least: int, base: int) -> tuple[np.ndarray, np.ndarray]:
    """Rare runs become one run of what was left out, where something is left behind the same tokens."""
    keep = counts >= least
    contexts = keys // base
    kept_contexts = np.unique(contexts[keep])
    dropped = ~keep & np.isin(contexts, kept_contexts)
    rest_keys, rest_counts = counted(contexts[dropped] * base + base - 1, counts[dropped]) if dropped.any() else (keys[:0], counts[:0])
    joined = np.r_[keys[keep], rest_keys]
    order = np.argsort(joined, kind="stable")
    return joined[order], np.r_[counts[keep], rest_counts][order]


def packed(runs: list[tuple[np.ndarray, np.ndarray]], vocabulary: int) -> bytes:
    parts = [leb128(np.array([vocabulary]))]
    for keys, counts in runs:
        parts += [leb128(np.array([len(keys)])), leb128(np.diff(keys, prepend=0)), leb128(counts)]
    return gzip.compress(b"".join(parts), 9, mtime=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE.parent / "pretrain/work/data")
    parser.add_argument("--size-of", type=Path, default=HERE.parent.parent / "media/model/model.safetensors")
    arguments = parser.parse_args()
    target = HERE / "work/ngram"
    target.mkdir(parents=True, exist_ok=True)
    limit = arguments.size_of.stat().st_size

    tokens = np.load(arguments.data / "train.npy").astype(np.int64)
    weights = np.ones(len(tokens), dtype=np.int8)
    for source in json.loads((arguments.data / "sources.json").read_text()):
        if source["group"] == "books":
            weights[source["start"] : source["end"]] = 2
    tokenizer = json.loads((arguments.data / "tokenizer.json").read_text())
    vocabulary = len(tokenizer["model"]["vocab"])
    base = vocabulary + 1
    separator = tokenizer["model"]["vocab"]["<|endoftext|>"]
    runs = all_runs(tokens, weights, base, separator)
    print("different runs:", [len(keys) for keys, _ in runs])
    for least in range(2, 60):
        # Weighted counts of four tokens, and numbers of different tokens before two or three.
        leasts = [1, max(2, least // 2), max(2, least // 2), least]
        # A run takes more than two bytes, however well it packs: no use trying.
        if 2 * sum(int((counts >= few).sum()) for (_, counts), few in zip(runs, leasts, strict=True)) > limit:
            continue
        kept = [runs[0], *(pruned(*run, few, base) for run, few in zip(runs[1:], leasts[1:], strict=True))]
        data = packed(kept, vocabulary)
        print(f"at least {least}: {[len(keys) for keys, _ in kept]} runs, {len(data) / 1e6:.2f} MB", flush=True)
        if len(data) <= limit:
            break
    (target / "counts.gz").write_bytes(data)
    shutil.copy(arguments.data / "tokenizer.json", target / "tokenizer.json")


if __name__ == "__main__":
    main()
