"""Writes what Hugging Face `tokenizers` makes of many texts: cases.json and the small tokenizer small.json beside it.

    python -m venv .venv && .venv/bin/pip install tokenizers==0.23.3
    .venv/bin/python test/reference/tokenizer/make.py

`embedded` is the tokenizer of media/model. `small` is trained here on the cases themselves and has added tokens of every
kind; the others are `small` with some parts of its file replaced, as cases.json says.
"""

import json
import random
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = Path(__file__).parent
EMBEDDED = HERE.parents[2] / "media" / "model" / "tokenizer.json"

BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
GPT2_PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"

SPACES = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\x20\x85\xa0\u1680\u180e" + "".join(map(chr, range(0x2000, 0x200C))) + "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"

TEXTS = {
    "empty": "",
    "one space": " ",
    "plain": "Artificial intelligence is revolutionizing the way we live, work, and interact.",
    "contractions": "I'm sure they've said it's ours; we'd, you'll, don't, o'clock, 'tis, 'S, I'M, 'llama, 'real, '' 's '",
    "typographic apostrophe": "It’s what we’ve got — “don’t”…",
    "leading and trailing spaces": "   three before and two after  ",
    "runs of spaces": "a  b   c    d\t\te\t f \t g",
    "line ends": "one\ntwo\n\nthree\r\nfour\r\n\r\n  five\n   \n six\n",
    "every space between letters": "".join("x" + space for space in SPACES) + "x",
    "every space twice": "".join("x" + space * 2 for space in SPACES) + "x",
    "every space before a space": "".join("x" + space + " y" for space in SPACES),
    "controls": "".join(map(chr, range(0x20))) + "\x7f" + "".join(map(chr, range(0x80, 0xA0))),
    "zero": "a\x00b\x00\x00 c",
    "latin": "".join(map(chr, range(0xA1, 0x180))),
    "numbers": "1 12 123 1234567 3.14 1,000,000 2² ½ ¼ Ⅷ ⅻ ① ⑳ 一二三 ٣٤٥ १२३ 𝟘𝟙𝟚 ㊿ ৴ ௰",
    "mixed words": "abc123def 1st 2nd x² H₂O e=mc² GPT-2 v1.2.3 foo_bar CamelCase",
    "punctuation": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ -- --- ... ?! «» ‹› „“ ‚‘ ¿¡ § ¶ † ‡ • ‰",
    "combining": "e\u0301 n\u0303o a\u0308\u0304 q\u0323\u0307 Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334 \u0301alone",
    "indic": "नमस्ते दुनिया क्षत्रिय தமிழ் മലയാളം ಕನ್ನಡ বাংলা ગુજરાતી",
    "emoji": "😀 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇫🇷 ❤️ ☃️ 1️⃣ 🧑🏿‍🚀x😀",
    "cjk": "今天天气很好，我们去公园吧。日本語のテキスト、カタカナ、ひらがな。한국어 문장입니다. ｆｕｌｌ　ｗｉｄｔｈ",
    "right to left": "שלום עולם! مرحبا بالعالم، ١٢٣ \u200fRTL\u200e LTR \u202eoverride\u202c",
    "cyrillic and greek": "Привет, мир! Ёжик. Γειά σου Κόσμε ΰ",
    "thai and others": "สวัสดีชาวโลก ລາວ ဗမာ ភាសាខ្មែរ አማርኛ ᏣᎳᎩ ᚠᚢᚦ",
    "mathematics": "∀x∈ℝ: ⌈x⌉ = −⌊−x⌋, α ∧ ¬β ≠ ∑ᵢ 𝒜𝓫𝔠 ∞ ½",
    "private and unassigned": "\ue000 \U000f0000 \ufffe \uffff \u0378 \U0010ffff \ufffd",
    "byte order mark": "\ufeffbegin \ufeff end",
    "zero width": "a\u200bb\u200cc\u200dd\u2060e\u00adf",
    "newest letters": "\ua7ce \U00010940 \U000187f8 \u1c89",
    "markdown": "# Title\n\n- [ ] item *one*\n- [x] `code` **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nconst x = 1;\n```\n",
    "code": "def f(x):\n    return x**2  # square\n\tif (a&&b||!c) { a[i]++; }\n",
    "url": "https://example.org/a/b?c=d&e=f#g user@example.org C:\\path\\to",
    "latex": "\\begin{equation} E = mc^2 \\label{eq:1} \\end{equation} \\cite{x} ~\\ref{eq:1}",
    "long word": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 4,
    "repeated letters": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa hahahahahahahaha zzzzzzzzzzz",
    "property names": "__proto__ constructor toString hasOwnProperty",
    "byte alphabet": "Ġ Ċ ĉ Ģ ł Ń ġthe Ġthe ĠĠ",
    "end of text": "one<|endoftext|>two <|endoftext|> three<|endoftext|><|endoftext|>",
    "almost end of text": "<|endoftext| <|endoftext <|ENDOFTEXT|> <||endoftext|>",
    "left strip": "some words   <mask>  after \n\t<mask><mask>x<mask>",
    "right strip": "before <right>   after<right>\n\n<right>",
    "both strip": "a <both> b  <both>  <both>c<both>",
    "strips that meet": "a <right> <mask> b <both> <mask>\u00a0<right>\u3000z",
    "single word": "word aword worda word. (word) _word word_ word1 éword word\u0301 word\u200d 😀word😀 word word",
    "longest first": "<ab> <abc> <abcd <abcd> <a",
    "starts with a space": "x and y and  and<right>  and z",
    "normalized token": "cafe\u0301 café CAFÉ cafe",
    "accents": "e\u0301 é \u1e9b\u0323 ﬁ ﷺ Å \u212b",
    "added letter": "é ée eé <ü> ü",
}

LONE = {  # Python writes these as U+FFFD, one for each: what UTF-8 makes of them
    "lone high surrogate": "a\ud83d b",
    "lone low surrogate": "a\ude00 b",
    "two lone surrogates": "\ude00\ud83d x\ud83d\ud83d",
}

# Texts too long to write down: parts and how often; kept as the number of ids and a hash of them.
LONG = {
    "a megabyte of one letter": [["a", 1_000_000]],
    "a megabyte of spaces": [[" ", 1_000_000], ["x", 1]],
    "a megabyte of a word without spaces": [["Revolutionizing", 70_000]],
    "a megabyte of emoji": [["👩‍👩‍👧‍👦", 40_000]],
    "a megabyte of marks": [["-=", 500_000]],
    "a megabyte of Chinese": [["今天天气很好我们去公园吧", 30_000]],
    "a megabyte of digits": [["0123456789", 100_000]],
    "a megabyte of line ends": [["\r\n", 500_000]],
    "a megabyte of prose": [["It was the best of times, it was the worst of times.\n", 20_000]],
}

ADDED = [
    AddedToken("<|endoftext|>", special=True),
    AddedToken("<mask>", special=True, lstrip=True),
    AddedToken("<right>", special=True, rstrip=True),
    AddedToken("<both>", special=False, lstrip=True, rstrip=True, normalized=False),
    AddedToken("word", special=False, single_word=True, normalized=True),
    AddedToken("<ab>", special=True),
    AddedToken("<a", special=False, normalized=True),
    AddedToken("<abc>", special=True),
    AddedToken("<abcd>", special=True, normalized=True),
    AddedToken(" and", special=False, normalized=False),
    AddedToken("café", special=False, normalized=True),
    AddedToken("<ü>", special=True),
]

PATCHES = {
    "small": {},
    "prefix space": {"pre_tokenizer": {**BYTE_LEVEL, "add_prefix_space": True}},
    "no words": {"pre_tokenizer": {**BYTE_LEVEL, "use_regex": False}},
    "digits": {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, BYTE_LEVEL]}},
    "digit runs": {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": False}, {**BYTE_LEVEL, "add_prefix_space": True}]}},
    "split": {
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": GPT2_PATTERN}, "behavior": "Isolated", "invert": False},
                {**BYTE_LEVEL, "use_regex": False},
            ],
        }
    },
    "composed": {"normalizer": {"type": "NFC"}},
    "compatibility decomposed": {"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "NFKD"}]}},
}

# Parts of the model replaced: bytes that the vocabulary lacks, and words taken whole.
WITHOUT = ["q", "Ġ", "Ã", "z", "!"]
MODEL_PATCHES = {
    "missing bytes": {"unk_token": None, "fuse_unk": False},
    "unknown": {"unk_token": "U", "fuse_unk": False},
    "fused unknown": {"unk_token": "U", "fuse_unk": True},
}


def train_small() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=700, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    texts = [text for name, text in TEXTS.items() if name != "controls"]
    tokenizer.train_from_iterator(texts * 3 + ["__proto__ " * 20, "aaaa " * 20], trainer)
    tokenizer.add_tokens(ADDED)
    return tokenizer


def without_tokens(model: dict) -> dict:
    """The model without the tokens that hold one of WITHOUT, and with holes in its ids where they were."""
    gone = lambda token: any(character in token for character in WITHOUT)
    vocab = {token: i for token, i in model["vocab"].items() if not gone(token)}
    merges = [pair for pair in model["merges"] if not any(gone(part) for part in pair)]
    return {**model, "vocab": vocab, "merges": merges}


def fuzz() -> dict[str, str]:
    chooser = random.Random(20)
    alphabet = list("abcdeST019 '    \n\t.,-!") + ["é", "e\u0301", "²", "Ⅷ", "今", "م", "😀", "\u200d", "\u00a0", "\u2003", "\x85", "\ufeff", "'s", "'re", "'ll", "<mask>", "<|endoftext|>", "word", " and", "<ab>"]
    return {f"chance {i}": "".join(chooser.choices(alphabet, k=40)) for i in range(60)}


def fnv(ids: list[int]) -> int:
    """FNV-1a of the ids, 32 bits, an id at a time."""
    value = 0x811C9DC5
    for i in ids:
        value = ((value ^ i) * 0x01000193) & 0xFFFFFFFF
    return value


def main() -> None:
    small = train_small()
    base = json.loads(small.to_str())
    (HERE / "small.json").write_text(json.dumps(base, ensure_ascii=False, separators=(",", ":")) + "\n")
    tokenizers = {"embedded": Tokenizer.from_file(str(EMBEDDED))}
    for name, patch in PATCHES.items():
        tokenizers[name] = Tokenizer.from_str(json.dumps({**base, **patch}))
    reduced = without_tokens(base["model"])
    for name, patch in MODEL_PATCHES.items():
        tokenizers[name] = Tokenizer.from_str(json.dumps({**base, "model": {**reduced, **patch}, "added_tokens": []}))
    tokenizers["whole words"] = Tokenizer.from_str(json.dumps({**base, "model": {**base["model"], "merges": base["model"]["merges"][:40], "ignore_merges": True}}))

    texts = {**TEXTS, **fuzz(), **LONE}
    cases = []
    for name, text in texts.items():
        clean = "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 else c for c in text)
        ids = {key: tokenizer.encode(clean).ids for key, tokenizer in tokenizers.items()}
        # What a tokenizer does just as `small` need not be written twice.
        told = {key: value for key, value in ids.items() if key in ("embedded", "small") or value != ids["small"]}
        cases.append({"name": name, "text": text, "ids": told})

    long_cases = []
    for name, parts in LONG.items():
        text = "".join(piece * count for piece, count in parts)
        ids = {key: tokenizers[key].encode(text).ids for key in ("embedded", "small")}
        long_cases.append({"name": name, "parts": parts, "ids": {key: {"count": len(value), "fnv": fnv(value)} for key, value in ids.items()}})

    chooser = random.Random(5)
    decodings = []
    for key in ("embedded", "small"):
        size = tokenizers[key].get_vocab_size(with_added_tokens=False)
        for _ in range(25):
            # The first tokens are single bytes, so that broken characters come up.
            ids = [chooser.randrange(size if chooser.random() < 0.3 else 257) for _ in range(12)]
            decodings.append({"tokenizer": key, "ids": ids, "text": tokenizers[key].decode(ids, skip_special_tokens=False)})

    lines = [
        '{"patches":' + json.dumps(PATCHES),
        '"modelPatches":' + json.dumps(MODEL_PATCHES),
        '"without":' + json.dumps(WITHOUT),
        '"cases":[\n' + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "]",
        '"long":[\n' + ",\n".join(json.dumps(case) for case in long_cases) + "]",
        '"decodings":[\n' + ",\n".join(json.dumps(case) for case in decodings) + "]}",
    ]
    (HERE / "cases.json").write_text(",\n".join(lines) + "\n")


main()
