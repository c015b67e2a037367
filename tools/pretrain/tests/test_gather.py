import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import torch
from export import BLOCK, pack
from evaluate import unpack
from gather import Chapter, book_text, markdown_text, straighten
from optimizer import is_matrix

TOOLS = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("---\ntitle: x\n---\n# Heading\n\nText.", "# Heading\n\nText."),
        ("Before\n\n```js\ncode()\n```\n\nafter", "Before\n\nafter"),
        ("A [link](https://example.org/a_(b)) and ![a picture](x.png) here", "A link and  here"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n\nText", "Text"),
        ("one line\nand the next", "one line and the next"),
        ("- one\n- two\n  goes on", "- one\n- two goes on"),
        ("# Heading\nText", "# Heading\nText"),
        ("<details>hidden</details>A <b>bold</b> word", "A bold word"),
        ("“Quoted,” she said. It’s", '"Quoted," she said. It\'s'),
    ],
)
def test_markdown_becomes_what_a_writer_types(markdown: str, text: str) -> None:
    assert markdown_text(markdown) == text


def test_a_chapter_is_headings_and_paragraphs_without_notes() -> None:
    chapter = Chapter()
    chapter.feed(
        '<html><head><title>no</title></head><body><section><h2>I</h2><p>One <i>word</i>.<a epub:type="noteref" href="#n">1</a></p>'
        "<p>A line<br/>and another.</p></section></body></html>"
    )
    assert chapter.text() == "# I\n\nOne word.\n\nA line and another."


def test_some_chapters_keep_their_quotation_marks() -> None:
    chapters = [f"<p>“{number}”</p>" for number in range(60)]
    kept = book_text("a-book", chapters).count("“")
    assert 3 <= kept <= 20
    assert "“" not in straighten(book_text("a-book", chapters))


def test_gathers_the_clones_that_the_catalogue_names(tmp_path: Path) -> None:
    clone = tmp_path / "clones" / "owner" / "docs"
    (clone / "content").mkdir(parents=True)
    (clone / "content" / "page.md").write_text("# Page\n\nText.\n")
    (clone / "elsewhere.md").write_text("not this")
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]):
        subprocess.run(["git", "-C", str(clone), *command], check=True)
    catalogue = {"docs_owner_docs": {"group": "documentation", "clone": "owner/docs", "folders": ["content"]}, "other": {"group": "books"}}
    (tmp_path / "sources.json").write_text(json.dumps(catalogue))
    out = tmp_path / "more.tar.xz"
    subprocess.run([sys.executable, TOOLS / "gather.py", tmp_path / "clones", out, "--sources", tmp_path / "sources.json"], check=True)
    with tarfile.open(out) as archive:
        assert archive.getnames() == ["docs_owner_docs.txt"]
        file = archive.extractfile("docs_owner_docs.txt")
        assert file is not None and file.read().decode() == "# Page\n\nText."


@pytest.mark.parametrize(("name", "shape"), [("h.0.mlp.c_fc.weight", (2 * BLOCK, 12)), ("wte.weight", (12, 2 * BLOCK))])
def test_a_packed_matrix_comes_back_within_half_a_step_and_packs_to_itself(name: str, shape: tuple[int, int]) -> None:
    values = torch.randn(*shape, generator=torch.Generator().manual_seed(1))
    packed = pack(name, values)
    again = unpack({k: v.float() for k, v in packed.items()}, name)
    axis = 0 if is_matrix(name) else 1
    step = packed[f"{name}.scales"].float().repeat_interleave(BLOCK, axis)
    assert ((again - values).abs() <= 0.51 * step).all()
    assert all(torch.equal(v, packed[k]) for k, v in pack(name, again).items())
