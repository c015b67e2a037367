"""Writes sampling.json: what `transformers` leaves of logits after repetition penalty, temperature, top-k and top-p.

    python -m venv .venv && .venv/bin/pip install torch==2.9.1 transformers==5.23.0
    .venv/bin/python test/reference/generation/make.py
"""

import json
from pathlib import Path

import torch
from transformers import LogitsProcessorList, RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

HERE = Path(__file__).parent

SETTINGS = [
    {"name": "nothing", "repetitionPenalty": 1.0, "temperature": 1.0, "topK": 0, "topP": 1.0},
    {"name": "hot", "repetitionPenalty": 1.0, "temperature": 1.7, "topK": 0, "topP": 1.0},
    {"name": "cold", "repetitionPenalty": 1.0, "temperature": 0.3, "topK": 0, "topP": 1.0},
    {"name": "penalty", "repetitionPenalty": 1.3, "temperature": 1.0, "topK": 0, "topP": 1.0},
    {"name": "reward of repetition", "repetitionPenalty": 0.8, "temperature": 1.0, "topK": 0, "topP": 1.0},
    {"name": "one token", "repetitionPenalty": 1.0, "temperature": 1.0, "topK": 1, "topP": 1.0},
    {"name": "five tokens", "repetitionPenalty": 1.0, "temperature": 1.0, "topK": 5, "topP": 1.0},
    {"name": "more than there are", "repetitionPenalty": 1.0, "temperature": 1.0, "topK": 1000, "topP": 1.0},
    {"name": "nucleus", "repetitionPenalty": 1.0, "temperature": 1.0, "topK": 0, "topP": 0.9},
    {"name": "small nucleus", "repetitionPenalty": 1.0, "temperature": 1.0, "topK": 0, "topP": 0.05},
    {"name": "wide nucleus", "repetitionPenalty": 1.0, "temperature": 1.0, "topK": 0, "topP": 0.999},
    {"name": "nucleus of the first tokens", "repetitionPenalty": 1.0, "temperature": 1.0, "topK": 8, "topP": 0.7},
    {"name": "everything", "repetitionPenalty": 1.2, "temperature": 0.8, "topK": 20, "topP": 0.95},
]

REPEATED = [3, 7, 7, 12, 0]


def logits_of(kind: str) -> torch.Tensor:
    generator = torch.Generator().manual_seed(11)
    if kind == "flat":
        return torch.zeros(17)
    values = torch.randn(60, generator=generator) * 3
    if kind == "ties":  # steps of a half, so that many are equal
        values = (values * 2).round() / 2
    if kind == "forbidden":
        values[::3] = -torch.inf
    if kind == "far":
        values = values * 60
    return values


def main() -> None:
    cases = []
    for kind in ("random", "ties", "forbidden", "far", "flat"):
        logits = logits_of(kind)
        for setting in SETTINGS:
            # Which of equal tokens top-p cuts is left open by a sort that is not stable.
            if setting["topP"] < 1 and kind in ("ties", "flat"):
                continue
            processors = LogitsProcessorList()
            if setting["repetitionPenalty"] != 1:
                processors.append(RepetitionPenaltyLogitsProcessor(setting["repetitionPenalty"]))
            if setting["temperature"] != 1:
                processors.append(TemperatureLogitsWarper(setting["temperature"]))
            if setting["topK"] > 0:
                processors.append(TopKLogitsWarper(setting["topK"]))
            if setting["topP"] < 1:
                processors.append(TopPLogitsWarper(setting["topP"]))
            scores = processors(torch.tensor([REPEATED]), logits[None].clone())[0]
            probabilities = scores.softmax(-1)
            kept = {str(i): p.item() for i, p in enumerate(probabilities) if scores[i] > -torch.inf}
            cases.append({"logits": kind, "setting": setting, "probabilities": kept})
    data = {
        "repeated": REPEATED,
        "logits": {kind: [x if x > -torch.inf else None for x in logits_of(kind).tolist()] for kind in ("random", "ties", "forbidden", "far", "flat")},
    }
    lines = [json.dumps(case, separators=(",", ":")) for case in cases]
    (HERE / "sampling.json").write_text(json.dumps(data)[:-1] + ',\n"cases":[\n' + ",\n".join(lines) + "]}\n")


main()
