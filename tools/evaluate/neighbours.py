"""The nearest neighbours of the model's state among the earlier places of the document, and what followed there (Grave, Joulin
& Usunier 2017, a continuous cache; Khandelwal et al. 2020, kNN-LM). Nothing in the extension does this: `adaptation.py
--neighbours` measures what it would give."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent / "pretrain"))
from evaluate import Model  # noqa: E402
from model import attention, block, layer_norm, parameter_shapes  # noqa: E402

ROWS = 256  # places that are compared at once
TEMPERATURES = (0.02, 0.04, 0.08, 0.16)


@dataclass(frozen=True)
class Kind:
    """What is compared, how, and with how many earlier places."""

    state: str  # "last layer": what its feed-forward gets; "end": after the last LayerNorm
    nearness: str  # "cosine", "product" (over the mean square), "distance" (squared, over that of successive places)
    places: int = 12_000  # about as many tokens as the editor reads of a document, src/completion/background.ts
    same_token: int | None = None  # only so many latest places behind the same token

    def __str__(self) -> str:
        only = f", the {self.same_token} latest behind the same token" if self.same_token is not None else ""
        return f"{self.state}, {self.nearness}, {self.places:,} places{only}"


KINDS = (
    Kind("last layer", "cosine"),
    Kind("last layer", "product"),
    Kind("last layer", "distance"),
    Kind("end", "cosine"),
    Kind("last layer", "cosine", places=4_000),
    Kind("last layer", "cosine", places=1_000),
    Kind("last layer", "cosine", same_token=256),
)


def last_states(model: Model, ids: Tensor) -> dict[str, Tensor]:
    """int64 [length], a window → [length, width] by kind of state"""
    p, shape = model.parameters, model.shape
    x = p["wte.weight"][ids] + p["wpe.weight"][: len(ids)]
    names = list(parameter_shapes(shape))
    *layers, last = ([p[name] for name in names[at : at + 12]] for at in range(2, 2 + 12 * shape.layers, 12))
    for layer in layers:
        x = block(x, layer, 1, shape.heads, own=False)
    ln1w, ln1b, qkvw, qkvb, projw, projb, ln2w, ln2b = last[:8]
    attended = attention(torch.addmm(qkvb, layer_norm(x, ln1w, ln1b), qkvw), 1, shape.heads)
    return {
        "last layer": layer_norm(x + torch.addmm(projb, attended, projw), ln2w, ln2b),
        "end": layer_norm(block(x, last, 1, shape.heads, own=False), p["ln_f.weight"], p["ln_f.bias"]),
    }


@torch.no_grad()
def states(model: Model, ids: Tensor) -> dict[str, Tensor]:
    """int64 [tokens] → [tokens, width] by kind, each behind at least half a context; windows overlap by half."""
    context, done, start = model.shape.context, 0, 0
    pieces: list[dict[str, Tensor]] = []
    while done < len(ids):
        end = min(start + context, len(ids))
        pieces.append({kind: values[done - start :] for kind, values in last_states(model, ids[start:end]).items()})
        done, start = end, start + context // 2
    return {kind: torch.cat([piece[kind] for piece in pieces]) for kind in pieces[0]}


def nearness(kind: str, states: Tensor, asked: slice, held: slice) -> Tensor:
    """→ [asked, held], of comparable size for all kinds"""
    if kind == "cosine":
        states = F.normalize(states, dim=1)
    products = states[asked] @ states[held].T
    if kind == "cosine":
        return products
    squares = states.square().sum(1)
    if kind == "product":
        return products / squares.mean()
    return (2 * products - squares[asked, None] - squares[None, held]) / states.diff(dim=0).square().sum(1).mean()


def found(ids: Tensor, states: Tensor, kind: Kind, first: int) -> dict[float, Tensor]:
    """→ by temperature, of each token from `first` on: [tokens - first, (share of what followed the neighbours that was this
    token, nearness of the nearest, logarithm of how many count, whether there is any)]"""
    out: dict[float, list[Tensor]] = {temperature: [] for temperature in TEMPERATURES}
    for at in range(first, len(ids), ROWS):
        end = min(at + ROWS, len(ids))
        begin = max(0, at - 1 - kind.places)
        # A token is expected in the state of the one before it; known are the states whose next token stands there already.
        near = nearness(kind.nearness, states, slice(at - 1, end - 1), slice(begin, end - 2))
        behind = torch.arange(at - 1, end - 1)[:, None] - torch.arange(begin, end - 2)[None]
        known = (behind > 0) & (behind <= kind.places)
        if kind.same_token is not None:
            known &= ids[at - 1 : end - 1, None] == ids[None, begin : end - 2]
            known &= known.flip(1).cumsum(1).flip(1) <= kind.same_token
        followed = ids[at:end, None] == ids[None, begin + 1 : end - 1]
        for temperature, rows in out.items():
            rows.append(weighed(near, known, followed, temperature))
    return {temperature: torch.cat(rows) for temperature, rows in out.items()}


def mixed(trust: Tensor, others: Tensor, neighbours: Tensor) -> Tensor:
    """trust: [bias, nearest, many]; others: probability of each token without neighbours; neighbours: [tokens, 4] as `found`
    gives them → log-probability of each token"""
    bias, near, wide = trust
    hit, nearest, many, some = neighbours.unbind(1)
    share = torch.sigmoid(bias + near * nearest + wide * many) * some
    return torch.log((1 - share) * others + share * hit + 1e-12)


def weighed(near: Tensor, known: Tensor, followed: Tensor, temperature: float) -> Tensor:
    """[rows, places] each → [rows, 4] as `found` says; all 0 without a place."""
    weights = torch.softmax((near / temperature).masked_fill(~known, -torch.inf), 1).nan_to_num(0)
    nearest = near.masked_fill(~known, -torch.inf).amax(1)
    columns = [(weights * followed).sum(1), nearest, -weights.square().sum(1).log(), torch.ones(len(near))]
    return torch.stack(columns, 1).masked_fill(~known.any(1, keepdim=True), 0)
