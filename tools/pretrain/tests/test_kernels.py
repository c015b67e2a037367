import pytest
import torch
import torch.nn.functional as F

import kernels
from model import attention

needs_kernels = pytest.mark.skipif(not kernels.available(), reason="this machine has no bf16 matrix tiles or no g++")


def distance(a, b):
    return ((a.float() - b).norm() / b.norm()).item()


@needs_kernels
@pytest.mark.parametrize(("batch", "length", "heads"), [(1, 32, 1), (2, 96, 2), (1, 512, 4)])
def test_attention_and_its_gradient_agree_with_float32(batch, length, heads):
    torch.manual_seed(0)
    qkv = (1.5 * torch.randn(batch * length, 3 * 64 * heads)).bfloat16().requires_grad_()
    gradient = torch.randn(batch * length, 64 * heads).bfloat16()
    exact = qkv.detach().float().requires_grad_()
    ours, theirs = kernels.attention(qkv, batch, heads), attention(exact, batch, heads)
    ours.backward(gradient)
    theirs.backward(gradient.float())
    assert distance(ours.detach(), theirs.detach()) < 5e-3
    assert distance(qkv.grad, exact.grad) < 5e-3


@needs_kernels
def test_gelu_and_its_gradient_agree_with_float32():
    x = torch.linspace(-12, 12, 4096).bfloat16().requires_grad_()
    exact = x.detach().float().requires_grad_()
    ours, theirs = kernels.gelu(x), F.gelu(exact, approximate="tanh")
    ours.sum().backward()
    theirs.sum().backward()
    assert distance(ours.detach(), theirs.detach()) < 5e-3
    assert distance(x.grad, exact.grad) < 5e-3


@needs_kernels
@pytest.mark.parametrize("scale", [1.0, 1 / 8192])
def test_the_softmax_gradient_agrees_with_float32(scale):
    torch.manual_seed(0)
    logits = (4 * torch.randn(7, 320)).bfloat16()
    target = torch.randint(0, 320, (7,))
    exact = logits.float().requires_grad_()
    loss = F.cross_entropy(exact, target, reduction="sum")
    (loss * scale).backward()
    ours = logits.clone()
    assert kernels.softmax_gradient(ours, target, scale) == pytest.approx(loss.item(), rel=1e-5)
    assert distance(ours, exact.grad) < 5e-3
