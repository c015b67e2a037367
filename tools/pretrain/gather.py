"""More text for the corpus: git clones in, an archive for prepare.py out. See README.md.

Reads the clones that `sources.json` describes by `clone` (owner/name on GitHub, laid out the same way below CLONES, bare
or not) and writes one text file a source: what stands in its Markdown files below `folders`, or in the chapters of a
Standard Ebooks edition, without markup that a writer does not type.
"""

from __future__ import annotations

import argparse
import io
import json
import posixpath
import re
import subprocess
import tarfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from corpus import DOCUMENT_SEPARATOR, bucket

HERE = Path(__file__).parent

_FRONT_MATTER = re.compile(r"\A\ufeff?---\n.*?\n---\n", re.S)
_FENCE = re.compile(r"^([ \t>]*)(`{3,}|~{3,}|:::).*?^\1\2.*?$", re.S | re.M)
_HTML_COMMENT = re.compile(r"<!--.*?-->", re.S)
_HTML_BLOCK = re.compile(r"<(script|style|svg|table|pre|iframe|details)\b.*?</\1>", re.S | re.I)
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|^(?:import|export) .*$", re.S | re.M)
_IMAGE = re.compile(r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])")
_LINK = re.compile(r"\[([^\[\]]+)\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\])")
_LINK_TARGET = re.compile(r"^ {0,3}\[[^\]]+\]: .*$", re.M)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_ADMONITION = re.compile(r"^ *(?:\[!\w+\]|:::.*|!!! .*)$", re.M)
_TABLE_ROW = re.compile(r"^ *\|.*\|? *$", re.M)
_BADGES = re.compile(r"^(?:\s*\[?!\[.*)$", re.M)
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "\u00a0": " ", "\u202f": " ", "\u200a": None, "\u2009": " "})


def straighten(text: str) -> str:
    """Typographic quotation marks and spaces as a keyboard writes them."""
    return text.translate(_STRAIGHT)


def markdown_text(raw: str) -> str:
    """A Markdown file as its author reads it: no front matter, code, tables, pictures or addresses."""
    text = _FRONT_MATTER.sub("", raw.replace("\r\n", "\n"))
    for pattern in (_HTML_COMMENT, _FENCE, _HTML_BLOCK, _TEMPLATE, _BADGES, _IMAGE, _LINK_TARGET, _ADMONITION, _TABLE_ROW):
        text = pattern.sub("", text)
    text = _TAG.sub("", _LINK.sub(r"\1", _LINK.sub(r"\1", text)))
    return unwrap(straighten(text))


def unwrap(text: str) -> str:
    """Paragraphs that were broken at a column become one line, as the editor's writers type them."""
    out: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        lines: list[str] = []
        for line in paragraph.strip("\n").split("\n"):
            starts = re.match(r"\s*(?:[-*+>#]|\d+[.)])", line) is not None or not line.strip()
            if lines and not starts and not lines[-1].startswith("#"):
                lines[-1] = f"{lines[-1].rstrip()} {line.strip()}"
            else:
                lines.append(line.rstrip())
        out.append("\n".join(lines))
    return "\n\n".join(p for p in out if p.strip())


class Chapter(HTMLParser):
    """An XHTML chapter as headings and paragraphs, each on one line, without notes, tables and pictures."""

    _BLOCKS = frozenset({"p", "h1", "h2", "h3", "h4", "li", "dt", "dd", "blockquote", "header", "section", "tr", "cite"})
    _SILENT = frozenset({"head", "table", "figure", "nav"})

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[str] = []
        self._paragraphs: list[str] = []
        self._heading = False
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._SILENT:
            self._silent += 1
        if tag in self._BLOCKS:
            self._end()
            self._heading = tag in {"h1", "h2", "h3", "h4"}
        elif tag == "br":
            self._parts.append("\n")
        elif tag == "a" and ("epub:type", "noteref") in attrs:
            self._silent += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SILENT:
            self._silent -= 1
        if tag in self._BLOCKS:
            self._end()
            self._heading = False
        elif tag == "a" and self._silent:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._parts.append(data)

    def _end(self) -> None:
        text = " ".join("".join(self._parts).split())
        self._parts = []
        if text:
            self._paragraphs.append(f"# {text}" if self._heading else text)

    def text(self) -> str:
        self._end()
        return "\n\n".join(self._paragraphs)


def book_text(source: str, chapters: list[str]) -> str:
    """Most chapters get straight quotation marks, one in six keeps the typographic ones: writers use both."""
    out: list[str] = []
    for number, raw in enumerate(chapters):
        chapter = Chapter()
        chapter.feed(raw)
        text = chapter.text().replace("\u2060", "").replace("\u200a", "").replace("\u00a0", " ").replace("\u202f", " ")
        out.append(text if bucket(source, number, "quotes", buckets=6) == 0 else straighten(text))
    return "\n\n".join(out)


def committed_files(clone: Path) -> dict[str, str]:
    """→ text of each Markdown, XHTML or package file of the clone's last commit, by path. What a partial clone lacks is
    left out."""

    def git(*arguments: str, stdin: bytes = b"") -> bytes:
        return subprocess.run(["git", "-C", str(clone), *arguments], input=stdin, check=True, capture_output=True).stdout

    listing = git("ls-tree", "-r", "-z", "HEAD").decode("utf-8", "replace").split("\0")
    entries = [line.split("\t", 1) for line in listing if line.endswith((".md", ".mdx", ".xhtml", ".opf"))]
    blobs = {path: about.split()[2] for about, path in entries}
    answers = git("cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in blobs.values()).encode())
    out: dict[str, str] = {}
    at = 0
    for path in blobs:
        end = answers.index(b"\n", at)
        header, at = answers[at:end].split(), end + 1
        if header[-1] == b"missing":
            continue
        size = int(header[2])
        out[path] = answers[at : at + size].decode("utf-8", "replace")
        at += size + 1
    return out


_NOT_PROSE = re.compile(r"(^|/)(CHANGELOG|LICENSE|LICENCE|CODE_OF_CONDUCT|SUMMARY|translations?|node_modules|\.github|i18n)\b", re.I)


def documents(files: dict[str, str], folders: list[str]) -> Iterator[str]:
    for path in sorted(files):
        below = any(folder in ("", ".") or path.startswith(f"{folder.rstrip('/')}/") for folder in folders)
        if below and path.endswith((".md", ".mdx")) and not _NOT_PROSE.search(path):
            yield markdown_text(files[path])


def chapters(files: dict[str, str]) -> list[str]:
    """The chapters of a Standard Ebooks edition in reading order, without title page and colophon."""
    contents = next(text for path, text in files.items() if path.endswith("content.opf"))
    files_by_id = dict(re.findall(r'<item href="(text/[^"]+)" id="([^"]+)"', contents))
    by_id = {identity: href for href, identity in files_by_id.items()}
    order = [by_id[i] for i in re.findall(r'<itemref idref="([^"]+)"', contents) if i in by_id]
    other = {"titlepage", "imprint", "colophon", "uncopyright", "endnotes", "halftitlepage", "halftitle", "loi", "dedication"}
    return [files[f"src/epub/{href}"] for href in order if posixpath.basename(href).removesuffix(".xhtml") not in other]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", type=Path, help="folder with git clones, OWNER/NAME below it")
    parser.add_argument("out", type=Path, help="the archive to write, such as more.tar.xz")
    parser.add_argument("--sources", type=Path, default=HERE / "sources.json")
    arguments = parser.parse_args()
    catalogue: dict[str, dict] = json.loads(arguments.sources.read_text())
    with tarfile.open(arguments.out, "w:xz", preset=6) as archive:
        for source, entry in catalogue.items():
            if "clone" not in entry:
                continue
            clone = arguments.clones / entry["clone"]
            if not clone.exists():
                raise SystemExit(f"{clone} is missing. git clone --depth 1 https://github.com/{entry['clone']} {clone}")
            files = committed_files(clone)
            if entry["group"] == "books":
                text = book_text(source, chapters(files))
            else:
                text = f"\n{DOCUMENT_SEPARATOR}\n".join(documents(files, entry.get("folders", ["."])))
            data = text.encode()
            member = tarfile.TarInfo(f"{source}.txt")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
            print(f"{len(data) / 1e6:7.2f} MB  {source}", flush=True)


if __name__ == "__main__":
    main()
