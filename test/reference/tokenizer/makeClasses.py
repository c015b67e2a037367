"""Writes src/language/codePointClasses.ts: which code points are letters, numbers and spaces to Hugging Face's
byte-level pre-tokenizer. JavaScript engines know different versions of Unicode; with the sets as data, every one of
them cuts a text into the same words as the library that the models were trained with.

    python -m venv .venv && .venv/bin/pip install tokenizers==0.23.3
    .venv/bin/python test/reference/tokenizer/makeClasses.py
"""

from pathlib import Path

from tokenizers import pre_tokenizers

TARGET = Path(__file__).parents[3] / "src" / "language" / "codePointClasses.ts"
LINE = 112


def class_of(split, character: str) -> str:
    """The class shows in what the character joins: a letter before it, a digit or a mark after it, or nothing."""
    if character == " ":  # joins whatever follows
        return "space"
    spans = [span for _, span in split("a" + character + "1")]
    if (0, 2) in spans:
        return "letter"
    if (1, 3) in spans:
        return "number"
    return "other" if (1, 3) in [span for _, span in split("a" + character + "!")] else "space"


def ranges(members: list[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for code in members:
        if found and found[-1][1] == code:
            found[-1] = (found[-1][0], code + 1)
        else:
            found.append((code, code + 1))
    return found


def base36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
        if number == 0:
            return digits


def encode(members: list[int]) -> str:
    """For each range how far it begins behind the end of the one before, and how long it is."""
    words: list[str] = []
    end = 0
    for start, stop in ranges(members):
        words += [base36(start - end), base36(stop - start)]
        end = stop
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word) + 1 > LINE:
            lines.append("")
        lines[-1] += word + " "
    lines[-1] = lines[-1].rstrip()
    return " +\n".join(f"  '{line}'" for line in lines)


def main() -> None:
    split = pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str
    members: dict[str, list[int]] = {"letter": [], "number": [], "space": [], "other": []}
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000:
            members[class_of(split, chr(code))].append(code)
    TARGET.write_text(
        "// Written by test/reference/tokenizer/makeClasses.py from Hugging Face tokenizers; not to be edited.\n"
        "// Ranges of code points in base 36: how far each begins behind the end of the one before, and its length.\n"
        + "".join(f"\nexport const {name}Ranges =\n{encode(members[name])}\n" for name in ("letter", "number", "space"))
    )


main()
