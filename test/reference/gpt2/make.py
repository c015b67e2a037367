#!/usr/bin/env python3
"""Writes models/: small random GPT-2 models of odd shapes, and what PyTorch says they answer.

    pip install torch==2.9.1 transformers==5.23.0 safetensors numpy
    python make.py

Weights are random and larger than a trained model's, so that every part (attention, positions, both biases) matters to
the numbers. The reference runs in float64 on exactly the stored weights (in float32 where reorder_and_upcast_attn asks
for it: PyTorch's code of that variant takes nothing else).
"""
import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

sys.path.insert(0, str(Path(__file__).parent.parent))
from reference import greedy, logit_rows, logits_of, scores

HERE = Path(__file__).parent / 'models'
PROMPT, POSITIONS = 24, 96

CASES = {
    # One layer, one head, nothing divisible by anything.
    'one-head': dict(config=dict(n_layer=1, n_head=1, n_embd=33, vocab_size=211), dtype=torch.float32, prefix=True),
    # GPT2Model's names, an untied head, an MLP of its own size, the exact GELU; with the mask buffers of old checkpoints.
    'untied-bare': dict(config=dict(n_layer=2, n_head=3, n_embd=24, n_inner=50, vocab_size=97, activation_function='gelu', tie_word_embeddings=False),
                        dtype=torch.bfloat16, prefix=False, buffers=True),
    # The attention's variants.
    'inverse-relu': dict(config=dict(n_layer=3, n_head=5, n_embd=20, vocab_size=130, activation_function='relu', layer_norm_epsilon=1e-3,
                                     scale_attn_by_inverse_layer_idx=True, reorder_and_upcast_attn=True), dtype=torch.float16, prefix=True),
    'unscaled': dict(config=dict(n_layer=2, n_head=2, n_embd=12, vocab_size=101, activation_function='gelu_pytorch_tanh', scale_attn_weights=False),
                     dtype=torch.float32, prefix=False),
    # Widths that blocks of 32 and of 128 divide: what quantization is measured on.
    'blocks-32': dict(config=dict(n_layer=2, n_head=3, n_embd=96, vocab_size=257), dtype=torch.float16, prefix=True),
    'blocks-128': dict(config=dict(n_layer=1, n_head=2, n_embd=128, vocab_size=300), dtype=torch.bfloat16, prefix=True),
}


def random_model(config, dtype, seed):
    generator = torch.Generator().manual_seed(seed)
    model = GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if 'ln_' in name and name.endswith('weight'):
                parameter.copy_(1 + 0.2 * noise)
            elif name.endswith('bias'):
                parameter.copy_(0.1 * noise)
            elif 'wpe' in name:
                parameter.copy_(0.8 * noise)
            elif 'wte' in name or 'lm_head' in name:
                # Small beside the positions, or a tied model of some width repeats its last token for ever.
                parameter.copy_(0.3 * noise)
            else:
                parameter.copy_(noise * (1.2 / parameter.shape[0] ** 0.5))
    # What is stored is what is computed with.
    return model.to(dtype).to(torch.float32 if config.reorder_and_upcast_attn else torch.float64)


def write(name, case, folder):
    config = GPT2Config(n_positions=POSITIONS, bos_token_id=0, eos_token_id=0, **case['config'])
    config._attn_implementation = 'eager'
    for seed in range(1000):
        model = random_model(config, case['dtype'], seed)
        prompt = torch.randint(config.vocab_size, (PROMPT,), generator=torch.Generator().manual_seed(seed)).tolist()
        continuation = greedy(model, prompt, margin=0.005)
        if continuation and len(set(continuation)) >= 8:
            break
    else:
        raise SystemExit(f'{name}: no seed gives a clear greedy path')

    tensors = {key: value.to(case['dtype']).contiguous() for key, value in model.state_dict().items() if key != 'lm_head.weight' or not config.tie_word_embeddings}
    if not case['prefix']:
        tensors = {key.removeprefix('transformer.'): value for key, value in tensors.items()}
    if case.get('buffers'):
        for layer in range(config.n_layer):
            tensors[f'h.{layer}.attn.bias'] = torch.ones(1, 1, POSITIONS, POSITIONS).tril().to(torch.uint8)
            tensors[f'h.{layer}.attn.masked_bias'] = torch.tensor(-1e4)
    folder.mkdir(parents=True)
    save_file(tensors, folder / 'model.safetensors', metadata={'format': 'pt'})
    (folder / 'config.json').write_text(json.dumps({'model_type': 'gpt2', 'architectures': ['GPT2LMHeadModel'], **case['config'], 'n_positions': POSITIONS}, indent=1) + '\n')

    logits = logits_of(model, prompt)
    expected = dict(
        seed=seed, prompt=prompt, greedy=continuation,
        logits=logit_rows(logits, [0, 1, 11, PROMPT - 1], digits=8),
        scores=scores(logits, prompt))
    (folder / 'expected.json').write_text(json.dumps(expected) + '\n')
    print(f'{name}: seed {seed}, {len(set(continuation))} different tokens')


if __name__ == '__main__':
    torch.set_num_threads(1)
    shutil.rmtree(HERE, ignore_errors=True)
    for case_name, definition in CASES.items():
        write(case_name, definition, HERE / case_name)
