"""Corpus archive in, tokenizer and token files out. See README.md.

Writes into DIR/data:
  tokenizer.json    byte-level BPE with GPT-2's pre-tokenizer
  train.npy         uint16 [tokens], source after source, every document opened by <|endoftext|>
  sources.json      per source: group, where its tokens lie, and its share of training
  train.jsonl       {source, group, text}: what the tokens were made from; search.py makes others from it
  validation.jsonl  {source, group, text}: segments of the training sources, to watch a run by
  test.jsonl        {source, group, text}: whole sources that training never sees, to judge it by
"""

from __future__ import annotations

import argparse
import json
import random
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from corpus import (
    DOCUMENT_SEPARATOR,
    Document,
    NearDuplicates,
    bucket,
    clean_book,
    clean_documentation,
    split_book,
)

HERE = Path(__file__).parent


def read_archive(path: Path) -> dict[str, str]:
    """→ text of each `*.txt`, by name without folder and ending."""
    with tarfile.open(path) as archive:
        members = sorted((m for m in archive if m.isfile() and m.name.endswith(".txt")), key=lambda m: m.name)
        return {
            Path(m.name).stem: file.read().decode("utf-8", "replace")
            for m in members
            if (file := archive.extractfile(m)) is not None
        }


def documents_of(source: str, group: str, raw: str) -> Iterator[str]:
    clean = clean_book if group == "books" else clean_documentation
    for piece in raw.split(DOCUMENT_SEPARATOR):
        if text := clean(piece):
            yield text


def split(raw: dict[str, str], catalogue: dict[str, dict]) -> dict[str, list[Document]]:
    """→ train, validation and test. The test sources pass the near-duplicate filter first, so that training text
    which repeats them is what goes."""
    unknown = sorted(set(raw) - set(catalogue))
    if unknown:
        raise SystemExit(f"sources.json says nothing about: {', '.join(unknown)}. Add group and licence.")
    duplicates = NearDuplicates()
    out: dict[str, list[Document]] = {"train": [], "validation": [], "test": []}

    def add(kind: str, source: str, group: str, text: str) -> None:
        # A remainder without a sentence teaches only how documents end.
        if len(text) >= 200:
            out[kind].append(Document(source, group, text))

    order = sorted(raw, key=lambda source: (not catalogue[source].get("test", False), catalogue[source]["group"], source))
    for source in order:
        entry = catalogue[source]
        group = entry["group"]
        for number, text in enumerate(documents_of(source, group, raw[source])):
            text = duplicates.filter(text)
            if entry.get("test", False):
                add("test", source, group, text)
            elif group == "books":
                train, validation = split_book(source, text)
                for piece in train:
                    add("train", source, group, piece)
                for piece in validation:
                    add("validation", source, group, piece)
            else:
                add("validation" if bucket(source, number) < 1 else "train", source, group, text)
    return out


def shares(sizes: dict[str, int], catalogue: dict[str, dict], exponent: float) -> dict[str, float]:
    """Each group gets an equal share of training. Within a group a source counts by size**exponent, so that the largest
    do not drown the rest."""
    share: dict[str, float] = {}
    groups = sorted({catalogue[s]["group"] for s in sizes})
    for group in groups:
        raw = {
            s: n**exponent * catalogue[s].get("weight", 1.0) for s, n in sizes.items() if catalogue[s]["group"] == group
        }
        total = sum(raw.values())
        share |= {s: w / total / len(groups) for s, w in raw.items()}
    return share


def train_tokenizer(documents: list[Document], share: dict[str, float], size: int, sample_bytes: int) -> Tokenizer:
    """Learns from a sample that is mixed as training will be."""
    by_source: dict[str, list[str]] = defaultdict(list)
    for document in documents:
        by_source[document.source].append(document.text)
    rng = random.Random(0)

    def sample() -> Iterator[str]:
        for source in sorted(by_source):
            wanted = share[source] * sample_bytes
            pieces = [t[i : i + 20_000] for t in by_source[source] for i in range(0, len(t), 20_000)]
            rng.shuffle(pieces)
            taken = 0
            for piece in pieces:
                if taken >= wanted:
                    break
                taken += len(piece)
                yield piece

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        sample(),
        trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=[DOCUMENT_SEPARATOR],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            max_token_length=16,
            show_progress=False,
        ),
    )
    return tokenizer


def encode(tokenizer: Tokenizer, documents: list[Document]) -> np.ndarray:
    """→ uint16 [tokens]"""
    texts = [d.text for d in documents]
    end = tokenizer.token_to_id(DOCUMENT_SEPARATOR)
    return np.concatenate([np.array([end, *e.ids], dtype=np.uint16) for e in tokenizer.encode_batch_fast(texts)])


def write_lines(path: Path, documents: list[Document]) -> None:
    path.write_text("".join(json.dumps({"source": d.source, "group": d.group, "text": d.text}) + "\n" for d in documents))


def read_lines(path: Path) -> list[Document]:
    with open(path, encoding="utf-8") as lines:
        return [Document(**json.loads(line)) for line in lines]


def write_tokens(
    data: Path, train: list[Document], catalogue: dict[str, dict], exponent: float, vocabulary: int | Tokenizer
) -> None:
    """Writes tokenizer.json, train.npy and sources.json into `data`. `vocabulary`: its size, or a tokenizer that has one."""
    documents: dict[str, list[Document]] = defaultdict(list)
    for document in train:
        documents[document.source].append(document)
    sizes = {s: sum(len(d.text.encode()) for d in ds) for s, ds in documents.items()}
    share = shares(sizes, catalogue, exponent)
    known = isinstance(vocabulary, Tokenizer)
    tokenizer = vocabulary if known else train_tokenizer(train, share, vocabulary, sample_bytes=50_000_000)
    tokenizer.save(str(data / "tokenizer.json"), pretty=False)

    arrays: list[np.ndarray] = []
    index: list[dict] = []
    start = 0
    for source, of in sorted(documents.items()):
        random.Random(source).shuffle(of)
        tokens = encode(tokenizer, of)
        arrays.append(tokens)
        end = start + len(tokens)
        index.append({"source": source, "group": catalogue[source]["group"], "start": start, "end": end,
                      "bytes": sizes[source], "share": share[source]})
        start = end
    np.save(data / "train.npy", np.concatenate(arrays))
    (data / "sources.json").write_text(json.dumps(index, indent=1) + "\n")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, nargs="+", help="corpus.tar.xz, and what gather.py wrote")
    parser.add_argument("--work", type=Path, default=HERE / "work", metavar="DIR")
    parser.add_argument("--sources", type=Path, default=HERE / "sources.json", help="catalogue of groups and licences")
    parser.add_argument("--vocabulary", type=int, default=10240)
    parser.add_argument("--tokenizer", type=Path, metavar="FILE", help="tokenizer.json to keep, in place of a new one")
    parser.add_argument("--exponent", type=float, default=0.65, help="how strongly a source's size counts in its group")
    arguments = parser.parse_args(argv)
    catalogue: dict[str, dict] = json.loads(arguments.sources.read_text())
    data = arguments.work / "data"
    data.mkdir(parents=True, exist_ok=True)

    raw = {source: text for archive in arguments.corpus for source, text in read_archive(archive).items()}
    parts = split(raw, catalogue)
    for kind, documents in parts.items():
        write_lines(data / f"{kind}.jsonl", documents)
    known = Tokenizer.from_file(str(arguments.tokenizer)) if arguments.tokenizer else None
    write_tokens(data, parts["train"], catalogue, arguments.exponent, known or arguments.vocabulary)

    index: list[dict] = json.loads((data / "sources.json").read_text())
    for group in sorted({e["group"] for e in index}):
        entries = [e for e in index if e["group"] == group]
        raw_bytes = sum(len(raw[e["source"]].encode()) for e in entries)
        kept = sum(e["bytes"] for e in entries)
        tokens = sum(e["end"] - e["start"] for e in entries)
        print(f"{group}: {len(entries)} sources, {raw_bytes / 1e6:.1f} MB, kept {kept / 1e6:.1f} MB, "
              f"{tokens / 1e6:.2f} M tokens, {kept / tokens:.3f} bytes a token")
    for kind in ("validation", "test"):
        print(f"{kind}: {len(parts[kind])} texts, {sum(len(d.text.encode()) for d in parts[kind]) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
