"""GPT-2 for training on CPU cores with bf16 matrix units, its parameters kept in one flat buffer.

The mathematics is exactly GPT-2's (learned positions, LayerNorm with bias before each half-block, tanh-GELU, tied
head), so that the exported files load wherever GPT-2 loads. What differs is how it is laid out for speed: matrix
products run in bf16 on bf16 copies of the weights, the residual stream stays in float32, and the head with its
cross-entropy is computed a slice of tokens at a time, so that the logits never leave the cache.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

import kernels


@dataclass(frozen=True)
class Shape:
    vocabulary: int = 10240
    context: int = 512
    width: int = 256
    layers: int = 6
    heads: int = 4

    def asdict(self) -> dict[str, int]:
        return asdict(self)


def parameter_shapes(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Names as in Hugging Face's GPT-2, without `transformer.`; matrices are [in, out], as there."""
    d = shape.width
    shapes: dict[str, tuple[int, ...]] = {"wte.weight": (shape.vocabulary, d), "wpe.weight": (shape.context, d)}
    for layer in range(shape.layers):
        shapes |= {
            f"h.{layer}.ln_1.weight": (d,),
            f"h.{layer}.ln_1.bias": (d,),
            f"h.{layer}.attn.c_attn.weight": (d, 3 * d),
            f"h.{layer}.attn.c_attn.bias": (3 * d,),
            f"h.{layer}.attn.c_proj.weight": (d, d),
            f"h.{layer}.attn.c_proj.bias": (d,),
            f"h.{layer}.ln_2.weight": (d,),
            f"h.{layer}.ln_2.bias": (d,),
            f"h.{layer}.mlp.c_fc.weight": (d, 4 * d),
            f"h.{layer}.mlp.c_fc.bias": (4 * d,),
            f"h.{layer}.mlp.c_proj.weight": (4 * d, d),
            f"h.{layer}.mlp.c_proj.bias": (d,),
        }
    return shapes | {"ln_f.weight": (d,), "ln_f.bias": (d,)}


def parameter_count(shape: Shape) -> int:
    return sum(math.prod(s) for s in parameter_shapes(shape).values())


def views(flat: Tensor, shape: Shape) -> dict[str, Tensor]:
    """Named windows onto a flat buffer of `parameter_count` elements."""
    out: dict[str, Tensor] = {}
    start = 0
    for name, size in parameter_shapes(shape).items():
        count = math.prod(size)
        out[name] = flat[start : start + count].view(size)
        start += count
    return out


def initialise(parameters: dict[str, Tensor], shape: Shape, seed: int) -> None:
    """GPT-2's initialisation: normal with deviation 0.02, less for what writes into the residual stream."""
    generator = torch.Generator().manual_seed(seed)
    for name, p in parameters.items():
        if p.dim() == 2:
            deviation = 0.02 / math.sqrt(2 * shape.layers) if "c_proj" in name else 0.02
            p.normal_(0, deviation, generator=generator)
        elif name.endswith(".weight"):
            p.fill_(1)
        else:
            p.zero_()


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """float32 [tokens, width] → bf16 (or the weights' type) [tokens, width]"""
    return F.layer_norm(x, (x.shape[-1],), weight.to(x.dtype), bias.to(x.dtype), 1e-5).to(weight.dtype)


def attention(qkv: Tensor, batch: int, heads: int) -> Tensor:
    """Causal: [batch·length, 3·width] → [batch·length, width]"""
    tokens, width = qkv.shape[0], qkv.shape[1] // 3
    q, k, v = qkv.view(batch, tokens // batch, 3, heads, width // heads).permute(2, 0, 3, 1, 4).unbind(0)
    y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return y.transpose(1, 2).reshape(tokens, width)


def kernels_fit(shape: Shape, dtype: torch.dtype) -> bool:
    """Whether this machine's own kernels can compute this model."""
    fits = dtype == torch.bfloat16 and shape.width == 64 * shape.heads
    return fits and shape.context % 32 == 0 and shape.vocabulary % 16 == 0 and kernels.available()


def block(x: Tensor, p: list[Tensor], batch: int, heads: int, own: bool) -> Tensor:
    """One layer: float32 [batch·length, width] → the same. `p` holds the twelve parameters in their order; `own`: use
    our kernels."""
    ln1w, ln1b, qkvw, qkvb, projw, projb, ln2w, ln2b, fcw, fcb, downw, downb = p
    qkv = torch.addmm(qkvb, layer_norm(x, ln1w, ln1b), qkvw)
    y = kernels.attention(qkv, batch, heads) if own else attention(qkv, batch, heads)
    x = x + torch.addmm(projb, y, projw)
    h = torch.addmm(fcb, layer_norm(x, ln2w, ln2b), fcw)
    h = kernels.gelu(h) if own else F.gelu(h, approximate="tanh")
    return x + torch.addmm(downb, h, downw)


def hidden(ids: Tensor, p: dict[str, Tensor], shape: Shape, own: bool = False) -> Tensor:
    """int64 [batch, length] → [batch·length, width] after the last LayerNorm, in the weights' type."""
    batch, length = ids.shape
    x = (p["wte.weight"][ids] + p["wpe.weight"][:length]).float().view(batch * length, shape.width)
    names = list(parameter_shapes(shape))
    for layer in range(shape.layers):
        first = 2 + 12 * layer
        x = block(x, [p[n] for n in names[first : first + 12]], batch, shape.heads, own)
    return layer_norm(x, p["ln_f.weight"], p["ln_f.bias"])
