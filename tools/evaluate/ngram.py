"""A plain n-gram model of the same size on disk as a model, from the tokens that `tools/pretrain/prepare.py` wrote.

    python tools/evaluate/ngram.py [--data tools/pretrain/work/data] [--size-of media/model/model.safetensors]

Writes tools/evaluate/work/ngram/: `tokenizer.json` and `counts.gz`. Up to four tokens; of single tokens and of runs that
are the end of a longer one, the number of different tokens before them is counted (Kneser & Ney 1995). Rare runs are left
out until the file is small enough; then it is filled with runs of four tokens that stand once less, those first whose first
three stand most often.

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
Runs = list[tuple[np.ndarray, np.ndarray]]  # by length: keys in order, and counts


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


def counted(keys: np.ndarray, counts: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """int64 [n] → the different keys in order, and how often each stands there, or its `counts` together"""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    if counts is None:
        return ordered[starts], np.diff(np.r_[starts, len(ordered)])
    return ordered[starts], np.add.reduceat(counts[order], starts)


def all_runs(tokens: np.ndarray, base: int, separator: int) -> Runs:
    runs: Runs = []
    for order in range(1, ORDERS + 1):
        keys = np.zeros(len(tokens) - ORDERS + 1, dtype=np.int64)
        within = np.ones(len(keys), dtype=bool)
        for place in range(order):
            part = tokens[place : place + len(keys)]
            keys = keys * base + part
            if place > 0:
                within &= part != separator
        runs.append(counted(keys[within]))
    # Shorter runs: how many different tokens stand before them.
    for order in range(1, ORDERS):
        longer, _ = runs[order]
        runs[order - 1] = counted(longer % base**order)
    return runs


def pruned(keys: np.ndarray, counts: np.ndarray, keep: np.ndarray, base: int) -> tuple[np.ndarray, np.ndarray]:
    """What is not kept becomes one run of what was left out, where something is left behind the same tokens."""
    contexts = keys // base
    dropped = ~keep & np.isin(contexts, np.unique(contexts[keep]))
    rest_keys, rest_counts = counted(contexts[dropped] * base + base - 1, counts[dropped]) if dropped.any() else (keys[:0], counts[:0])
    joined = np.r_[keys[keep], rest_keys]
    order = np.argsort(joined, kind="stable")
    return joined[order], np.r_[counts[keep], rest_counts][order]


def beginnings(keys: np.ndarray, counts: np.ndarray, base: int) -> np.ndarray:
    """→ for each run, how often its tokens but the last stand there"""
    contexts = keys // base
    starts = np.flatnonzero(np.r_[True, contexts[1:] != contexts[:-1]])
    return np.repeat(np.add.reduceat(counts, starts), np.diff(np.r_[starts, len(keys)]))


def kept(runs: Runs, least: int) -> list[np.ndarray]:
    """→ bool for each run but single tokens: those of four that stand at least so often, and shorter ones, whose counts are
    of different tokens, with at least half of it."""
    few = max(2, least // 2)
    return [*(counts >= few for _, counts in runs[1:-1]), runs[-1][1] >= least]


def cut(runs: Runs, least: int, more: int, base: int) -> Runs:
    """What `least` keeps, and `more` runs of four that stand once less: those with the commonest beginnings."""
    *shorter, longest = kept(runs, least)
    keys, counts = runs[-1]
    rare = np.flatnonzero(counts == least - 1)
    longest[rare[np.argsort(-beginnings(keys, counts, base)[rare], kind="stable")[:more]]] = True
    return [runs[0], *(pruned(*run, keep, base) for run, keep in zip(runs[1:], [*shorter, longest], strict=True))]


def filled(runs: Runs, limit: int, vocabulary: int) -> bytes:
    """As many runs as fit."""

    def tried(least: int, more: int) -> bytes:
        left = cut(runs, least, more, vocabulary + 1)
        data = packed(left, vocabulary)
        print(f"at least {least}, and {more} more: {[len(keys) for keys, _ in left]} runs, {len(data) / 1e6:.2f} MB", flush=True)
        return data

    least = 2
    while len(data := tried(least, 0)) > limit:
        least += 1
    few, many = 0, int((runs[-1][1] == least - 1).sum())
    while len(data) < 0.995 * limit and many - few > 1:
        more = (few + many) // 2
        if len(trial := tried(least, more)) <= limit:
            data, few = trial, more
        else:
            many = more
    return data


def packed(runs: Runs, vocabulary: int) -> bytes:
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
    tokenizer = json.loads((arguments.data / "tokenizer.json").read_text())
    vocabulary = len(tokenizer["model"]["vocab"])
    base = vocabulary + 1
    separator = tokenizer["model"]["vocab"]["<|endoftext|>"]
    runs = all_runs(tokens, base, separator)
    print("different runs:", [len(keys) for keys, _ in runs])
    data = filled(runs, limit, vocabulary)
    (target / "counts.gz").write_bytes(data)
    shutil.copy(arguments.data / "tokenizer.json", target / "tokenizer.json")


if __name__ == "__main__":
    main()
