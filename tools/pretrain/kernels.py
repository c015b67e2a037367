"""`attention.cpp` and `pointwise.cpp`, built on this machine when it has what they need: AVX-512 and bf16 matrix tiles."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

FOLDER = Path(__file__).parent
SOURCES = ("attention.cpp", "pointwise.cpp", "vectors.h")
NEEDED = {"amx_bf16", "avx512_bf16", "avx512bw", "avx512vl"}


@cache
def library() -> ctypes.CDLL | None:
    """None without these instructions, without a compiler, or when the system forbids the tiles."""
    cpu = Path("/proc/cpuinfo")
    if not cpu.exists():
        return None
    flags = cpu.read_text().split("flags", 1)[-1].split("\n", 1)[0].split()
    compiler = shutil.which("g++")
    if compiler is None or not set(flags) >= NEEDED:
        return None
    key = hashlib.sha256(b"".join((FOLDER / s).read_bytes() for s in SOURCES)).hexdigest()[:16]
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "inkling-pretrain"
    built = folder / f"kernels-{key}.so"
    if not built.exists():
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f"kernels-{key}.{os.getpid()}"
        code = [str(FOLDER / s) for s in SOURCES if s.endswith(".cpp")]
        command = [compiler, "-O3", "-march=native", "-shared", "-fPIC", *code, "-o", str(temporary)]
        if subprocess.run(command, capture_output=True).returncode != 0:
            return None
        os.replace(temporary, built)
    kernels = ctypes.CDLL(str(built))
    kernels.softmax_gradient.restype = ctypes.c_double
    return kernels if kernels.attention_start() == 0 else None


def _the_library() -> ctypes.CDLL:
    found = library()
    assert found is not None, "ask available() first"
    return found


def available() -> bool:
    return library() is not None


def _pointer(x: Tensor) -> ctypes.c_void_p:
    return ctypes.c_void_p(x.data_ptr())


def softmax_gradient(logits: Tensor, target: Tensor, scale: float) -> float:
    """logits bf16 [n, vocabulary], overwritten with scale × the loss's gradient to them; target int64 [n] → summed loss"""
    rows, vocabulary = logits.shape
    target = target.contiguous()
    return _the_library().softmax_gradient(_pointer(logits), _pointer(target), ctypes.c_float(scale), rows, vocabulary)


@torch.library.custom_op("inkling::gelu", mutates_args=())
def gelu(x: Tensor) -> Tensor:
    """bf16 → bf16, contiguous, a multiple of 16 elements"""
    y = torch.empty_like(x)
    _the_library().gelu_forward(_pointer(x), _pointer(y), ctypes.c_long(x.numel()))
    return y


@torch.library.custom_op("inkling::gelu_backward", mutates_args=())
def _gelu_backward(x: Tensor, gradient: Tensor) -> Tensor:
    gradient = gradient.contiguous()
    result = torch.empty_like(x)
    _the_library().gelu_backward(_pointer(x), _pointer(gradient), _pointer(result), ctypes.c_long(x.numel()))
    return result


gelu.register_fake(lambda x: torch.empty_like(x))
_gelu_backward.register_fake(lambda x, gradient: torch.empty_like(x))
gelu.register_autograd(
    lambda ctx, gradient: _gelu_backward(ctx.saved_tensors[0], gradient),
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(inputs[0]),
)


@torch.library.custom_op("inkling::attention", mutates_args=())
def _attention(qkv: Tensor, batch: int, heads: int) -> tuple[Tensor, Tensor]:
    """qkv bf16 [batch·length, 3·heads·64] → (out bf16 [batch·length, heads·64], lse float32 [batch, heads, length])"""
    kernels = _the_library()
    qkv = qkv.contiguous()
    tokens = qkv.shape[0]
    length = tokens // batch
    out = torch.empty(tokens, heads * 64, dtype=qkv.dtype)
    lse = torch.empty(batch, heads, length, dtype=torch.float32)
    kernels.attention_forward(_pointer(qkv), _pointer(out), _pointer(lse), batch, length, heads)
    return out, lse


@_attention.register_fake
def _(qkv: Tensor, batch: int, heads: int) -> tuple[Tensor, Tensor]:
    tokens = qkv.shape[0]
    return qkv.new_empty(tokens, heads * 64), qkv.new_empty(batch, heads, tokens // batch, dtype=torch.float32)


@torch.library.custom_op("inkling::attention_backward", mutates_args=())
def _attention_backward(qkv: Tensor, out: Tensor, gradient: Tensor, lse: Tensor, batch: int, heads: int) -> Tensor:
    kernels = _the_library()
    qkv, gradient = qkv.contiguous(), gradient.contiguous()
    result = torch.empty_like(qkv)
    kernels.attention_backward(
        _pointer(qkv), _pointer(out), _pointer(gradient), _pointer(lse), _pointer(result),
        batch, qkv.shape[0] // batch, heads,
    )
    return result


@_attention_backward.register_fake
def _(qkv: Tensor, out: Tensor, gradient: Tensor, lse: Tensor, batch: int, heads: int) -> Tensor:
    return torch.empty_like(qkv)


def _setup(ctx, inputs, output) -> None:
    qkv, ctx.batch, ctx.heads = inputs
    ctx.save_for_backward(qkv, *output)


def _backward(ctx, gradient: Tensor, _lse: Tensor) -> tuple[Tensor, None, None]:
    qkv, out, lse = ctx.saved_tensors
    return _attention_backward(qkv, out, gradient, lse, ctx.batch, ctx.heads), None, None


_attention.register_autograd(_backward, setup_context=_setup)


def attention(qkv: Tensor, batch: int, heads: int) -> Tensor:
    """Causal, head dimension 64: bf16 [batch·length, 3·width] → bf16 [batch·length, width]; length a multiple of 32"""
    return _attention(qkv, batch, heads)[0]
