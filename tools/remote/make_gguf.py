#!/usr/bin/env python3
"""Writes the model inside the extension as a GGUF file, so that llama.cpp can serve it.

    pip install gguf==0.19.0 numpy
    python make_gguf.py ../../media/model model.gguf

Weights are written as float32, which holds the stored numbers exactly (codes of 8 bits times a scale for every block, as
tools/pretrain/export.py writes them): what the server says can be compared with our own engine's numbers. GGUF keeps matrices as [out, in]; GPT-2's files have them as [in, out].
"""
import json
import sys
from pathlib import Path

import numpy as np
from gguf import GGUFWriter, TokenType

LAYER = {
    'ln_1.weight': 'attn_norm.weight', 'ln_1.bias': 'attn_norm.bias',
    'attn.c_attn.weight': 'attn_qkv.weight', 'attn.c_attn.bias': 'attn_qkv.bias',
    'attn.c_proj.weight': 'attn_output.weight', 'attn.c_proj.bias': 'attn_output.bias',
    'ln_2.weight': 'ffn_norm.weight', 'ln_2.bias': 'ffn_norm.bias',
    'mlp.c_fc.weight': 'ffn_up.weight', 'mlp.c_fc.bias': 'ffn_up.bias',
    'mlp.c_proj.weight': 'ffn_down.weight', 'mlp.c_proj.bias': 'ffn_down.bias',
}
OUTSIDE = {'wte.weight': 'token_embd.weight', 'wpe.weight': 'position_embd.weight', 'ln_f.weight': 'output_norm.weight', 'ln_f.bias': 'output_norm.bias'}


def read_tensors(file):
    data = file.read_bytes()
    size = int.from_bytes(data[:8], 'little')
    header = json.loads(data[8:8 + size])

    def stored(name):
        entry = header[name]
        begin, end = entry['data_offsets']
        return np.frombuffer(data[8 + size + begin:8 + size + end], {'F16': np.float16, 'I8': np.int8}[entry['dtype']]).reshape(entry['shape']).astype(np.float32)

    for name in header:
        if name == '__metadata__' or name.endswith('.scales'):
            continue
        tensor = stored(name)
        if f'{name}.scales' in header:
            scales = stored(f'{name}.scales')
            along = 0 if scales.shape[1] == tensor.shape[1] else 1
            tensor *= np.repeat(scales, tensor.shape[along] // scales.shape[along], axis=along)
        yield name.removeprefix('transformer.'), tensor


def main(folder, target):
    config = json.loads((folder / 'config.json').read_text())
    tokenizer = json.loads((folder / 'tokenizer.json').read_text())
    writer = GGUFWriter(target, 'gpt2')
    writer.add_name('inkling')
    writer.add_context_length(config['n_positions'])
    writer.add_embedding_length(config['n_embd'])
    writer.add_feed_forward_length(4 * config['n_embd'])
    writer.add_block_count(config['n_layer'])
    writer.add_head_count(config['n_head'])
    writer.add_layer_norm_eps(config['layer_norm_epsilon'])

    special = {token['id'] for token in tokenizer['added_tokens']}
    pieces = sorted(tokenizer['model']['vocab'].items(), key=lambda item: item[1])
    assert [identifier for _, identifier in pieces] == list(range(config['vocab_size']))
    writer.add_tokenizer_model('gpt2')
    writer.add_tokenizer_pre('gpt-2')
    writer.add_token_list([piece for piece, _ in pieces])
    writer.add_token_types([TokenType.CONTROL if identifier in special else TokenType.NORMAL for _, identifier in pieces])
    writer.add_token_merges([' '.join(merge) for merge in tokenizer['model']['merges']])
    writer.add_bos_token_id(config['bos_token_id'])
    writer.add_eos_token_id(config['eos_token_id'])
    writer.add_add_bos_token(False)

    for name, tensor in read_tensors(folder / 'model.safetensors'):
        if name in OUTSIDE:
            writer.add_tensor(OUTSIDE[name], tensor)
            continue
        _, layer, rest = name.split('.', 2)
        if rest in LAYER:
            is_matrix = rest.endswith('.weight') and tensor.ndim == 2
            writer.add_tensor(f'blk.{layer}.{LAYER[rest]}', np.ascontiguousarray(tensor.T) if is_matrix else tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main(Path(sys.argv[1]), sys.argv[2])
