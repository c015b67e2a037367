import pytest

from corpus import NearDuplicates, clean_documentation, reads_as_prose, segments, split_book


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("## Emergencies {#emergencies}", "## Emergencies"),
        ("## Props {/*props*/}", "## Props"),
        ("> [!NOTE]\n> Save your work.", "> Save your work."),
        ("> [!NOTE] > Save your work.", "> Save your work."),
        ("Run `npm ci` first.  \nThen wait.", "Run `npm ci` first.\nThen wait."),
        ("- one\n- two\n\n\n\n**three**", "- one\n- two\n\n**three**"),
        ("A line.\n\n| --- | --- | a | b | c |\n\nAnother.", "A line.\n\nAnother."),
    ],
)
def test_cleaning_takes_out_what_a_tool_wrote_and_keeps_markdown(written, kept):
    assert clean_documentation(written) == kept


@pytest.mark.parametrize(
    ("paragraph", "prose"),
    [
        ("He said nothing, and she liked him for it.", True),
        ("Set `retries` to 3.", True),
        ("0x8f3a9c 0x11fe02 0x93ab77 0x0012ff 0x77ab3c 0x1234ff 0x99ab12", False),
        ("https://example.org/a/very/long/path/that/nobody/types/by/hand/ever", False),
        ("Это предложение написано по-русски, и модель его не учит.", False),
    ],
)
def test_prose_is_told_from_residue(paragraph, prose):
    assert reads_as_prose(paragraph) is prose


def test_a_paragraph_that_repeats_most_of_an_earlier_one_is_dropped():
    filter_ = NearDuplicates()
    first = "Items marked with (R) are required prior to targeting to a milestone or release of any kind whatsoever."
    assert filter_.admit(first)
    assert not filter_.admit(first.replace("whatsoever", "at all"))
    assert filter_.admit("An entirely different sentence which shares none of its runs of eight words with the first.")


def test_short_paragraphs_pass_a_limited_number_of_times():
    filter_ = NearDuplicates(short_repeats=2)
    assert [filter_.admit("## Motivation") for _ in range(3)] == [True, True, False]


def test_a_book_is_cut_without_losing_or_sharing_a_paragraph():
    text = "\n\n".join(f"Paragraph {i}. " + "word " * 150 for i in range(200))
    train, validation = split_book("some-book", text, held_out_percent=20)
    assert validation
    pieces = [p for part in train + validation for p in part.split("\n\n")]
    assert sorted(pieces) == sorted(text.split("\n\n"))
    assert not {p for part in train for p in part.split("\n\n")} & {p for v in validation for p in v.split("\n\n")}


def test_segments_join_to_the_text():
    text = "\n\n".join("x" * n for n in (10, 5000, 30, 3000, 2000, 7))
    assert "\n\n".join(segments(text)) == text
