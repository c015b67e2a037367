"""Makes the numbers that the digit classifier and the Fréchet distance have to give: PyTorch and NumPy in float64.

    python test/reference/gan/make_scores.py        (torch and numpy, after npm ci)
"""
import importlib.util
import json
import pathlib

import numpy as np
import torch

here = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("train_classifier", here.parents[2] / "tools/studio/train_classifier.py")
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)


def statistics(features):
    return features.mean(0), np.cov(features, rowvar=False)


def frechet(a, b):
    """The root of the product by its eigenvalues, which are real and not negative for covariances."""
    (m1, c1), (m2, c2) = a, b
    roots = np.sqrt(np.clip(np.linalg.eigvals(c1 @ c2).real, 0, None)).sum()
    return float(((m1 - m2) ** 2).sum() + np.trace(c1) + np.trace(c2) - 2 * roots)


model = tool.read().double()
x, y = tool.mnist("t10k")
with torch.no_grad():
    pixels = x.double() / 255
    features = torch.cat([model.features(part) for part in pixels.split(1000)]).numpy()
    logits = torch.cat([model(part) for part in pixels.split(1000)])
    train = torch.cat([model.features(part.double() / 255) for part in tool.mnist("train")[0].split(1000)]).numpy()
    noise = torch.tensor(np.random.default_rng(1).integers(0, 256, (1000, 1, 28, 28)).astype(np.uint8))
    inverted = model.features(1 - pixels[:1000]).numpy()
real = statistics(train)
probabilities = logits.softmax(1)
result = {
    "accuracy": (logits.argmax(1) == y).double().mean().item(),
    "probabilities": probabilities[:20].tolist(),
    "featureNorms": np.linalg.norm(features[:20], axis=1).tolist(),
    "confident": (probabilities[:1000].amax(1) >= 0.8).double().mean().item(),
    "right": (logits[:1000].argmax(1) == y[:1000]).double().mean().item(),
    "distances": {
        "all test digits": frechet(real, statistics(features)),
        "1000 test digits": frechet(real, statistics(features[:1000])),
        "1000 inverted": frechet(real, statistics(inverted)),
    },
}
(here / "scores.json").write_text(json.dumps(result, indent=1) + "\n")
print(result["accuracy"], result["confident"], result["distances"])
