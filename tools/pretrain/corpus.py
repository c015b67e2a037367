"""The text before it is tokens: reading, cleaning, near-duplicates, splits. Everything here is a pure function."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

DOCUMENT_SEPARATOR = "<|endoftext|>"


@dataclass(frozen=True)
class Document:
    source: str
    group: str
    text: str


_ANCHOR = re.compile(r"[ \t]*\{(?:#[\w:.-]+|/\*.*?\*/)\}")
_ALERT = re.compile(r"^(> )?\[!(\w+)\][ >\n]*", re.M)
_TRAILING_SPACE = re.compile(r"[ \t]+$", re.M)
_MANY_NEWLINES = re.compile(r"\n{3,}")
_WORD = re.compile(r"\w+")


def clean_book(text: str) -> str:
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    text = text.replace("\u00ad", "").replace("\u2060", "").replace("\ufeff", "")
    return _MANY_NEWLINES.sub("\n\n", _TRAILING_SPACE.sub("", text)).strip()


def clean_documentation(text: str) -> str:
    """Takes out what a build tool or a table wrote, and leaves the Markdown that a person writes."""
    text = _ALERT.sub(lambda match: match[1] or "", _ANCHOR.sub("", clean_book(text)))
    return "\n\n".join(p for p in text.split("\n\n") if p.strip() and reads_as_prose(p))


def reads_as_prose(paragraph: str) -> bool:
    """False for flattened tables, hashes, link farms and text that is mostly not Latin letters."""
    letters = sum(c.isalpha() for c in paragraph)
    spaces = paragraph.count(" ") + paragraph.count("\n")
    if letters + spaces < 0.75 * len(paragraph) and len(paragraph) > 40:
        return False
    if sum(ord(c) > 0x24F and c.isalpha() for c in paragraph) > 0.1 * len(paragraph):
        return False
    if paragraph.count("|") > 4 or "---|" in paragraph:
        return False
    words = paragraph.split()
    unbreakable = sum(len(w) for w in words if len(w) > 30)
    return unbreakable <= 0.3 * len(paragraph)


class NearDuplicates:
    """Remembers every run of eight words that it has let through, and recognises paragraphs made mostly of such runs.

    A paragraph is a near-duplicate when at least `threshold` of its runs were seen before. Shorter paragraphs
    (headings, dialogue) have no run to compare; the same one passes at most `short_repeats` times.
    """

    def __init__(self, threshold: float = 0.6, run: int = 8, short_repeats: int = 40) -> None:
        self._threshold = threshold
        self._run = run
        self._short_repeats = short_repeats
        self._seen: set[int] = set()
        self._short: Counter[int] = Counter()

    def admit(self, paragraph: str) -> bool:
        words = _WORD.findall(paragraph.lower())
        if len(words) < self._run:
            key = hash(tuple(words))
            self._short[key] += 1
            return self._short[key] <= self._short_repeats
        runs = {hash(tuple(words[i : i + self._run])) for i in range(len(words) - self._run + 1)}
        if len(runs & self._seen) >= self._threshold * len(runs):
            return False
        self._seen |= runs
        return True

    def filter(self, text: str) -> str:
        return "\n\n".join(p for p in text.split("\n\n") if self.admit(p))


def bucket(*parts: object, buckets: int = 100) -> int:
    """A number in [0, buckets) that depends on nothing but the parts."""
    digest = hashlib.sha256("\x00".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") % buckets


def segments(text: str, size: int = 4000) -> Iterator[str]:
    """Consecutive pieces of at least `size` characters that end at a paragraph's end."""
    held: list[str] = []
    length = 0
    for paragraph in text.split("\n\n"):
        held.append(paragraph)
        length += len(paragraph) + 2
        if length >= size:
            yield "\n\n".join(held)
            held, length = [], 0
    if held:
        yield "\n\n".join(held)


def split_book(source: str, text: str, held_out_percent: int = 1) -> tuple[list[str], list[str]]:
    """→ (runs of text to train on, segments to validate on); no character is in both."""
    train: list[str] = []
    validation: list[str] = []
    held: list[str] = []
    for i, segment in enumerate(segments(text)):
        if bucket(source, i) < held_out_percent:
            validation.append(segment)
            if held:
                train.append("\n\n".join(held))
            held = []
        else:
            held.append(segment)
    if held:
        train.append("\n\n".join(held))
    return train, validation
