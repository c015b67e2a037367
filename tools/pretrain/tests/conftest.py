import io
import json
import sys
import tarfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

import prepare
from samples import story


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pretrain")
    shared_paragraph = story(99, 1)
    texts = {
        "book_a": story(1, 120) + "\n\n" + shared_paragraph,
        "book_b": story(2, 60),
        "docs_a": "\n<|endoftext|>\n".join(story(10 + i, 6) for i in range(130)),
        "docs_held": story(3, 20) + "\n\n" + shared_paragraph,
    }
    catalogue = {
        "book_a": {"group": "books"},
        "book_b": {"group": "books"},
        "docs_a": {"group": "documentation"},
        "docs_held": {"group": "documentation", "test": True},
    }
    with tarfile.open(folder / "corpus.tar.xz", "w:xz") as archive:
        for name, text in texts.items():
            member = tarfile.TarInfo(f"corpus/{name}.txt")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    (folder / "catalogue.json").write_text(json.dumps(catalogue))
    prepare.main([str(folder / "corpus.tar.xz"), "--work", str(folder), "--sources", str(folder / "catalogue.json"),
                  "--vocabulary", "320"])
    return folder
