"""Makes the numbers that one training step has to give: PyTorch in float64, gradients by its own differentiation.

    python test/reference/gan/make.py        (torch and numpy)

Weights, pictures and noise come from a congruential generator that the test has too, so only results are stored:
`step.json` holds losses and, for the networks at full size, norms and projections of every array; `step.bin` the whole
arrays of the small networks, float32, in the order that the JSON lists.
"""
import json
import math
import pathlib

import numpy as np
import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
here = pathlib.Path(__file__).parent
IMAGE, SLOPE = 784, 0.2
LABEL_G, LABEL_D = 2, 5  # src/gan/network.ts, labelStrength


def numbers(seed, count):
    """Uniform in [-1, 1), exact in float32: the upper 24 bits of x' = 1664525 x + 1013904223 (Numerical Recipes)."""
    out = np.empty(count, np.float32)
    x = seed
    for i in range(count):
        x = (1664525 * x + 1013904223) & 0xFFFFFFFF
        out[i] = (x >> 8) / 2**23 - 1
    return out


def network(sizes, seed):
    """[(kernel [in, out], bias [out])]; kernels Glorot-uniform, biases small."""
    layers = []
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        limit = np.float32(math.sqrt(6 / (a + b)))
        flat = numbers(seed + i, a * b + b)
        kernel = (flat[: a * b] * limit).reshape(a, b)
        bias = flat[a * b :] * np.float32(0.1)
        layers.append([torch.tensor(t.astype(np.float64), requires_grad=True) for t in (kernel, bias)])
    return layers


def forward(layers, x):
    for i, (kernel, bias) in enumerate(layers):
        x = x @ kernel + bias
        if i < len(layers) - 1:
            x = F.leaky_relu(x, SLOPE)
    return x


class Adam:
    """Keras's Adam: ε stands beside the uncorrected root."""

    def __init__(self, layers, s):
        self.parameters = [p for layer in layers for p in layer]
        self.s, self.t = s, 0
        self.m = [torch.zeros_like(p) for p in self.parameters]
        self.v = [torch.zeros_like(p) for p in self.parameters]

    def step(self, loss, lr):
        gradients = torch.autograd.grad(loss, self.parameters, allow_unused=True)
        self.t += 1
        b1, b2 = self.s["beta1"], self.s["beta2"]
        rate = lr * math.sqrt(1 - b2**self.t) / (1 - b1**self.t)
        with torch.no_grad():
            for p, g, m, v in zip(self.parameters, gradients, self.m, self.v):
                g = torch.zeros_like(p) if g is None else g
                m.mul_(b1).add_(g, alpha=1 - b1)
                v.mul_(b2).addcmul_(g, g, value=1 - b2)
                p.sub_(rate * m / (v.sqrt() + self.s["epsilon"]))


def flat(tensors):
    return torch.cat([t.detach().reshape(-1) for t in tensors]).numpy()


def run(s):
    B, k, classes = s["batchSize"], s["discriminatorSteps"], 10 if s["conditional"] else 0
    gs = [s["latentSize"] + classes, *s["generatorWidths"], IMAGE]
    ds = [IMAGE + classes, *s["discriminatorWidths"], 1]
    g, d = network(gs, 1000), network(ds, 2000)
    average = [p.detach().clone() for layer in g for p in layer]
    og, od = Adam(g, s), Adam(d, s)
    real = torch.tensor(numbers(3000, k * B * IMAGE).astype(np.float64)).reshape(k * B, IMAGE)
    z = torch.tensor((numbers(4000, (k + 1) * B * s["latentSize"]) * np.float32(2)).astype(np.float64)).reshape((k + 1) * B, -1)
    real_labels = F.one_hot(torch.arange(k * B) * 7 % 10, 10).double() * LABEL_D
    fake_labels = F.one_hot(torch.arange((k + 1) * B) * 3 % 10, 10).double()
    join = lambda x, y: torch.cat([x, y], 1) if classes else x
    draw = lambda a, b: torch.tanh(forward(g, join(z[a:b], fake_labels[a:b] * LABEL_G)))
    judge = lambda x, y: forward(d, join(x, y))
    bce = lambda o, target: F.binary_cross_entropy_with_logits(o, torch.full_like(o, target))
    result = {}
    for i in range(k):
        rows = slice(i * B, (i + 1) * B)
        fake = draw(i * B, (i + 1) * B).detach()
        o = judge(real[rows], real_labels[rows])
        loss = bce(o, 1 - s["labelSmoothing"])
        result["lossReal"], result["accuracyReal"] = loss.item(), (o > 0).double().mean().item()
        od.step(loss, s["discriminatorLearningRate"])
        o = judge(fake, fake_labels[rows] * LABEL_D)
        loss = bce(o, 0.0)
        result["lossFake"], result["accuracyFake"] = loss.item(), (o < 0).double().mean().item()
        od.step(loss, s["discriminatorLearningRate"])
    if s["r1Gamma"] > 0 and s["step"] % s["r1Every"] == 0:
        x = real[(k - 1) * B :].clone().requires_grad_(True)
        (slope,) = torch.autograd.grad(judge(x, real_labels[(k - 1) * B :]).sum(), x, create_graph=True)
        od.step(s["r1Gamma"] / 2 * slope.square().sum(1).mean(), s["discriminatorLearningRate"])
    loss = bce(judge(draw(k * B, (k + 1) * B), fake_labels[k * B :] * LABEL_D), 1.0)
    result["lossGenerator"] = loss.item()
    og.step(loss, s["generatorLearningRate"])
    keep = min(s["emaDecay"], s["step"] / (s["step"] + 100))
    average = [keep * a + (1 - keep) * p.detach() for a, p in zip(average, og.parameters)]
    arrays = {
        "generator.weights": flat(og.parameters), "generator.firstMoment": flat(og.m), "generator.secondMoment": flat(og.v),
        "discriminator.weights": flat(od.parameters), "discriminator.firstMoment": flat(od.m), "discriminator.secondMoment": flat(od.v),
        "average": flat(average),
    }
    return result, {"generator": og.t, "discriminator": od.t}, arrays


article = dict(seed=1, steps=10, batchSize=128, latentSize=100, generatorWidths=[256, 512, 1024], discriminatorWidths=[512, 256], conditional=False,
               generatorLearningRate=1e-3, discriminatorLearningRate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-7, labelSmoothing=0, discriminatorSteps=1,
               r1Gamma=0, r1Every=8, emaDecay=0)
digits = dict(article, generatorLearningRate=5e-4, discriminatorLearningRate=5e-4, beta1=0.5, r1Gamma=1, emaDecay=0.999, conditional=True)
small = dict(batchSize=6, latentSize=4, generatorWidths=[5], discriminatorWidths=[6, 5])
cases = {
    "article, small": dict(article, **small, step=1),
    "digits, small, all at once": dict(digits, **small, step=16, labelSmoothing=0.1, discriminatorSteps=2, r1Gamma=3),
    "article": dict(article, step=1),
    "digits with penalty": dict(digits, step=8),
}
out, blob = [], b""
for name, s in cases.items():
    losses, updates, arrays = run(s)
    entry = dict(name=name, settings={k: v for k, v in s.items() if k != "step"}, step=s["step"], losses=losses, updates=updates)
    if "small" in name:
        entry["arrays"] = {key: len(values) for key, values in arrays.items()}
        blob += b"".join(values.astype("<f4").tobytes() for values in arrays.values())
    else:
        entry["summaries"] = {
            key: dict(norm=float(np.linalg.norm(values)), projection=float(values @ numbers(5000, len(values)).astype(np.float64)))
            for key, values in arrays.items()
        }
    out.append(entry)
(here / "step.json").write_text(json.dumps(out, indent=1) + "\n")
(here / "step.bin").write_bytes(blob)
print(len(blob), "bytes")
