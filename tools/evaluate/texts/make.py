"""Makes the texts beside it from the packages that README.md names: `make.py ALICE TOM_SAWYER SQLITE_DOC_FOLDER`.

Books become one paragraph a line with straight double quotation marks; pages of documentation become Markdown.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

HERE = Path(__file__).parent
BOOK_CHARACTERS = 80_000
PAGES = ("wal", "howtocorrupt", "whentouse")


def paragraphs(text: str) -> list[str]:
    """Wrapped lines joined; what is set as verse, in the middle or as a rule stays out."""
    out = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        lines = block.strip("\n").split("\n")
        indented = sum(line.startswith("    ") for line in lines)
        if indented > len(lines) / 2 or not re.search(r"[a-z]", block):
            continue
        joined = re.sub(r"(?<=\w-) (?=\w)", "", " ".join(line.strip() for line in lines))
        out.append(re.sub(r"\s+", " ", joined).strip())
    return out


def alice(path: Path) -> str:
    text = path.read_text(encoding="ascii", errors="replace").split("Down the Rabbit-Hole", 1)[1]
    body = "\n\n".join(paragraphs(text))[:BOOK_CHARACTERS].rsplit("\n\n", 1)[0]
    body = body.replace("`", '"')
    body = re.sub(r"(?<=[,.!?;:\-)*])'(?=[\s,;)]|$)", '"', body, flags=re.M)
    return re.sub(r"\b[A-Z]{2,}\b|(?<=[a-z] )A\b", lambda m: m[0].lower(), body)


def tom_sawyer(path: Path) -> str:
    text = path.read_text(encoding="latin-1").replace("\r\n", "\n")
    # From the middle, so that the document is well under way.
    text = re.split(r"\n *CHAPTER XI\n", text)[1]
    text = re.sub(r"\n *CHAPTER [IVXL]+\n", "\n\n", text)
    body = "\n\n".join(paragraphs(text))[:BOOK_CHARACTERS].rsplit("\n\n", 1)[0]
    return re.sub(r"^[A-Z]{2,}", lambda m: m[0].capitalize(), body, flags=re.M)


class Page(HTMLParser):
    """A page of SQLite's documentation as Markdown: headings, paragraphs, lists, code."""

    MARKS = {"tt": "`", "code": "`", "i": "*", "em": "*", "b": "**", "strong": "**"}
    SKIPPED = {"script", "style", "head", "table", "s"}
    BLOCKS = {"p", "li", "h1", "h2", "h3", "blockquote", "ol", "ul", "dd", "dt", "div"}

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self.current = ""
        self.prefix = ""
        self.skipping = 0
        self.begun = False
        self.verbatim = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.SKIPPED:
            self.skipping += 1
        if tag == "h1" and not self.skipping:
            self.begun = True
        if tag == "pre":
            self.flush()
            self.verbatim = True
        if tag in self.BLOCKS:
            self.flush()
            self.prefix = {"li": "- ", "h1": "## ", "h2": "### ", "h3": "#### "}.get(tag, "")
        self.mark(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.SKIPPED:
            self.skipping -= 1
        self.mark(tag)
        if tag == "pre":
            if self.begun and self.current.strip():
                self.blocks.append("```\n" + self.current.strip("\n") + "\n```")
            self.current = ""
            self.verbatim = False
        if tag in self.BLOCKS:
            self.flush()

    def mark(self, tag: str) -> None:
        """The same sign where code or emphasis begins and where it ends."""
        if not self.skipping:
            self.current += self.MARKS.get(tag, "")

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.current += data

    def flush(self) -> None:
        if self.verbatim:
            return
        text = re.sub(r"\s+", " ", self.current).strip()
        text = re.sub(r"^([\d.]+ )(?=\S)", "", text) if self.prefix.startswith("#") else text
        if self.begun and re.search(r"\w", text):
            self.blocks.append(self.prefix + text)
        self.current = ""
        self.prefix = ""


def page(path: Path) -> str:
    parser = Page()
    parser.feed(path.read_text(encoding="utf-8"))
    parser.flush()
    text = "\n\n".join(b for b in parser.blocks if "This page last modified" not in b)
    return re.sub(r"(?<=\n)(- .*)\n\n(?=- )", r"\1\n", text)


def main() -> None:
    book, other, folder = (Path(a) for a in sys.argv[1:4])
    (HERE / "alice.txt").write_text(alice(book) + "\n", encoding="utf-8")
    (HERE / "tom-sawyer.txt").write_text(tom_sawyer(other) + "\n", encoding="utf-8")
    for name in PAGES:
        (HERE / f"sqlite-{name}.md").write_text(page(folder / f"{name}.html") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
