"""What PyTorch answers, in the form that modelSuite.ts compares with; used by gpt2/make.py and decoder/make.py."""
import torch

GREEDY = 64


def logits_of(model, ids):
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0].double()


def greedy(model, prompt, margin, end=None):
    """The continuation, or None where two tokens are nearly equal at a step or the text ends: that would test rounding, or nothing."""
    ids = list(prompt)
    for _ in range(GREEDY):
        (best, second), (token, _) = (list(part) for part in logits_of(model, ids)[-1].topk(2))
        if best - second < margin or token == end:
            return None
        ids.append(int(token))
    return ids[len(prompt):]


def scores(logits, ids):
    """For each token but the first: log-probability, rank, entropy, and the three likeliest with theirs."""
    rows = []
    for position, token in enumerate(ids[1:]):
        logprobs = logits[position].log_softmax(-1)
        top = logprobs.topk(3)
        rows.append(dict(
            id=token, logprob=logprobs[token].item(), rank=int((logprobs > logprobs[token]).sum()),
            entropy=-(logprobs.exp() * logprobs).sum().item(),
            alternatives=[dict(id=i, logprob=v) for i, v in zip(top.indices.tolist(), top.values.tolist())]))
    return rows


def logit_rows(logits, positions, digits):
    return [dict(position=p, values=[float(f'{v:.{digits}g}') for v in logits[p].tolist()]) for p in positions]
