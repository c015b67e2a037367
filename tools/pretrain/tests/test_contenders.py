"""What tools/evaluate counts and compares in Python: the n-gram model's runs, and the neighbours of a state."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "evaluate"))

import neighbours
import ngram
from model import Shape, initialise, parameter_count, views

VOCABULARY = 20
BASE = VOCABULARY + 1


@pytest.fixture(scope="module")
def runs() -> ngram.Runs:
    ids = np.minimum(np.random.default_rng(1).geometric(0.2, 5000), VOCABULARY - 1)
    return ngram.all_runs(ids, BASE, separator=0)


def test_what_is_cut_stays_in_the_counts_of_what_came_before_it(runs: ngram.Runs) -> None:
    keys, counts = runs[3]
    left, kept = ngram.cut(runs, least=4, more=0, base=BASE)[3]
    whole = dict(zip(*ngram.counted(keys // BASE, counts), strict=True))
    for context, total in zip(*ngram.counted(left // BASE, kept), strict=True):
        assert total == whole[context]
    assert min(kept[left % BASE != VOCABULARY]) >= 4


def test_the_budget_is_filled_with_the_commonest_and_never_overdrawn(runs: ngram.Runs) -> None:
    sizes = [len(ngram.packed(ngram.cut(runs, least, 0, BASE), VOCABULARY)) for least in (3, 2)]
    limit = sum(sizes) // 2
    size = len(ngram.filled(runs, limit, VOCABULARY))
    assert sizes[0] < 0.99 * limit < size <= limit


@pytest.mark.parametrize("nearness", ["cosine", "product", "distance"])
@pytest.mark.parametrize(("places", "same_token"), [(30, None), (5, None), (30, 2)])
def test_neighbours_are_earlier_places_whose_next_token_is_known(nearness: str, places: int, same_token: int | None) -> None:
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(3, (30,), generator=generator)
    states = torch.randn(30, 4, generator=generator)
    near = neighbours.nearness(nearness, states, slice(0, 30), slice(0, 30))
    temperature = neighbours.TEMPERATURES[-1]
    found = neighbours.found(ids, states, neighbours.Kind("end", nearness, places, same_token), first=1)[temperature]
    for row, at in zip(found, range(1, 30), strict=True):
        known = [i for i in range(max(0, at - 1 - places), at - 1) if same_token is None or ids[i] == ids[at - 1]]
        known = known if same_token is None else known[-same_token:]
        if not known:
            assert row.tolist() == [0, 0, 0, 0]
            continue
        weights = torch.softmax(torch.stack([near[at - 1, i] for i in known]) / temperature, 0)
        hit = sum(float(weight) for weight, i in zip(weights, known, strict=True) if ids[i + 1] == ids[at])
        assert row[0].item() == pytest.approx(hit, abs=1e-5)
        assert row[1].item() == pytest.approx(max(near[at - 1, i].item() for i in known), abs=1e-5)


def test_a_state_is_that_of_the_model_that_predicts() -> None:
    shape = Shape(vocabulary=40, context=8, width=64, layers=2, heads=1)
    parameters = views(torch.zeros(parameter_count(shape)), shape)
    initialise(parameters, shape, seed=1)
    model = neighbours.Model.__new__(neighbours.Model)
    model.shape, model.parameters = shape, parameters
    ids = torch.arange(20)
    states = neighbours.states(model, ids)["end"]
    for at, start in ((3, 0), (7, 0), (8, 4), (13, 8), (19, 12)):
        expected = model.logits(ids[None, start : at + 1])[-1]
        assert torch.allclose(states[at] @ parameters["wte.weight"].T, expected, atol=1e-5)
