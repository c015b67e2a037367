"""Text to try the tool on."""

import random


def story(seed: int, paragraphs: int) -> str:
    rng = random.Random(seed)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 8))) for _ in range(200)]
    return "\n\n".join(" ".join(rng.choices(words, k=30)).capitalize() + "." for _ in range(paragraphs))
