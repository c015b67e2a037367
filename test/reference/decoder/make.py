#!/usr/bin/env python3
"""Writes models/: small random decoders of other architectures as Optimum exports them, and what transformers answers.

    pip install -r requirements.txt
    python make.py

Each folder is what a user would have: config.json, tokenizer files and an ONNX export. `expected.json` beside them holds
the numbers of transformers in float64 on exactly the exported weights, and the ids of its fast tokenizer.
"""
import json
import shutil
import sys
import tempfile
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from optimum.exporters.onnx import main_export
from optimum.exporters.onnx.model_configs import GPT2OnnxConfig
from optimum.onnx import merge_decoders
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (AutoConfig, AutoModelForCausalLM, GPT2Config, GPTNeoXConfig, LlamaConfig, PreTrainedTokenizerFast, Qwen2Config)

sys.path.insert(0, str(Path(__file__).parent.parent))
from reference import greedy, logit_rows, logits_of, scores

HERE = Path(__file__).parent
OUT = HERE / 'models'
POSITIONS = 160

TEXT = (
    'The river runs past the old mill and under the bridge. In spring the water is high, and the miller listens to the wheel at night.',
    "It's the children's boat that drifts there; we'll fetch it tomorrow, they said, but didn't.",
    'Nobody knows when the bridge was built: 1742, 1815 or later. The stones are older than the town.',
    'Über die Brücke führt ein schmaler Weg, von dem aus man das Wehr sieht.',
    'Écoute le bruit de l’eau — il ne s’arrête jamais.',
    'A naïve reader may think that the river is the story. It is not; the bridge is.',
)
PROMPT = 'The miller listens to the water under the bridge'

# What a tokenizer may meet: each is encoded by transformers' own, and must be equal here.
CASES = (
    PROMPT, '', ' ', '  two  spaces ', 'line\nbreak\n\nparagraph', '\n', 'tab\tand\r\nreturn', "don't we'll I'M it's", 'x' * 70, '1234567 89', 'a1b22c333',
    'naïve café – “quoted” … (brackets) [x] {y}', 'Привет мир', '漢字とかな', '🙂👍🏽 family 👨‍👩‍👧', 'e\u0301 combining', '\u00a0no-break', 'zero\u200bwidth', '٣٤٥',
    'trailing space ', ' leading', 'snake_case and camelCase', 'https://example.org/a?b=c', '<s> is text </s> or not', '<|endoftext|>', 'a<|endoftext|> b', '▁ underscore ▁▁', '<0x41>',
    '\u2581', 'ﬁ ligature', 'İstanbul ŞIK', 'word ' * 30,
)

QWEN_PATTERN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def sentence_piece():
    """As Llama 2's: BPE over text with ▁ for spaces, a space put first, bytes for what is unknown, <s> before a text."""
    tokenizer = Tokenizer(models.BPE(unk_token='<unk>', byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend('▁'), normalizers.Replace(' ', '▁')])
    tokenizer.decoder = decoders.Sequence([decoders.Replace('▁', ' '), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(' ', 1, 0)])
    # Words are kept apart while training only: Llama's tokenizer has no pre-tokenizer.
    tokenizer.pre_tokenizer = pre_tokenizers.Split('▁', 'merged_with_next')
    special = ['<unk>', '<s>', '</s>', *(f'<0x{byte:02X}>' for byte in range(256))]
    tokenizer.train_from_iterator(TEXT, trainers.BpeTrainer(vocab_size=384, special_tokens=special, show_progress=False))
    raw = json.loads(tokenizer.to_str())
    raw['pre_tokenizer'] = None
    raw['added_tokens'] = raw['added_tokens'][:3]
    tokenizer = Tokenizer.from_str(json.dumps(raw))
    tokenizer.post_processor = processors.TemplateProcessing(single='<s> $A', pair='<s> $A <s> $B', special_tokens=[('<s>', 1)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token='<s>', eos_token='</s>', unk_token='<unk>')


def byte_level(pre_tokenizer, normalizer=None, size=384):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(TEXT, trainers.BpeTrainer(vocab_size=size, special_tokens=['<|endoftext|>'], initial_alphabet=alphabet, show_progress=False))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token='<|endoftext|>', eos_token='<|endoftext|>')


def qwen2_tokenizer():
    steps = [pre_tokenizers.Split(Regex(QWEN_PATTERN), 'isolated'), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    tokenizer = byte_level(pre_tokenizers.Sequence(steps), normalizers.NFC())
    tokenizer.add_special_tokens({'additional_special_tokens': [AddedToken('<|im_start|>', special=True), AddedToken('<|im_end|>', special=True)]})
    return tokenizer


def plain_tokenizer():
    return byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False))


common = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=POSITIONS)

MODELS = {
    # Fewer heads for keys than for queries, an untied head, a tokenizer like SentencePiece's, a token before every text.
    'llama': (lambda: LlamaConfig(**common, num_key_value_heads=2, vocab_size=384, bos_token_id=1, eos_token_id=2), sentence_piece, 'with-past'),
    # One head for keys, biases, a tied head, a vocabulary filled up beyond the tokenizer's.
    'qwen2': (lambda: Qwen2Config(**common, num_key_value_heads=1, vocab_size=400, tie_word_embeddings=True, bos_token_id=0, eos_token_id=0), qwen2_tokenizer, 'with-past'),
    # Rotates a quarter of each head, attention and MLP side by side; also quantized, as hubs offer it.
    'gpt-neox': (lambda: GPTNeoXConfig(**common, rotary_pct=0.25, vocab_size=384, bos_token_id=0, eos_token_id=0, tie_word_embeddings=False), plain_tokenizer, 'quantized'),
    # The older layout: one graph of two branches, chosen by `use_cache_branch`.
    'gpt2-merged': (lambda: GPT2Config(n_embd=32, n_layer=2, n_head=4, n_positions=POSITIONS, vocab_size=384, bos_token_id=0, eos_token_id=0), plain_tokenizer, 'merged'),
    # Exported without a cache: every step reads the whole text.
    'gpt2-no-cache': (lambda: GPT2Config(n_embd=32, n_layer=1, n_head=4, n_positions=POSITIONS, vocab_size=384, bos_token_id=0, eos_token_id=0), plain_tokenizer, 'no-cache'),
}


def randomize(model, seed):
    """Larger than trained weights, so that every part matters to the numbers."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if 'norm' in name or '.ln_' in name:
                parameter.copy_((1 if name.endswith('weight') else 0) + 0.2 * noise)
            elif name.endswith('bias'):
                parameter.copy_(0.1 * noise)
            elif 'embed' in name or 'wte' in name or 'wpe' in name:
                parameter.copy_(0.5 * noise)
            else:
                parameter.copy_(noise * (1.3 / max(parameter.shape[-1], 1) ** 0.5))


def learn(model, tokenizer):
    """Until the model knows TEXT by heart, so that it is sure of what comes next and an editor shows it."""
    torch.manual_seed(0)
    model.train()
    rows = [torch.tensor([tokenizer(text)['input_ids']]) for text in TEXT]
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0)
    for _ in range(250):
        loss = sum(model(row, labels=row).loss for row in rows) / len(rows)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()


def export(folder, target, kind):
    """Leaves the graph in `target` under the name that exports of this kind have."""
    with tempfile.TemporaryDirectory() as scratch:
        def run(task, **more):
            out = Path(scratch) / f'{task}-{len(list(Path(scratch).iterdir()))}'
            main_export(folder, out, task=task, do_validation=False, no_post_process=True, **more)
            return out / 'model.onnx'

        if kind == 'no-cache':
            shutil.copy(run('text-generation'), target / 'model.onnx')
        elif kind == 'merged':
            # The branch for a beginning takes no rows of keys and values, and gives the first ones.
            first = GPT2OnnxConfig(AutoConfig.from_pretrained(folder), task='text-generation', use_past=True, use_past_in_inputs=False)
            task = 'text-generation-with-past'
            merge_decoders(run(task, custom_onnx_configs={'model': first}), run(task), strict=False, save_path=target / 'decoder_model_merged.onnx')
        else:
            graph = run('text-generation-with-past')
            (target / 'onnx').mkdir()
            shutil.copy(graph, target / 'onnx' / 'model.onnx')
            if kind == 'quantized':
                quantize_dynamic(graph, target / 'onnx' / 'model_quantized.onnx', weight_type=QuantType.QUInt8)


def save(model, tokenizer, target, kind):
    with tempfile.TemporaryDirectory() as folder:
        model.float().save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        for file in ('config.json', 'tokenizer.json', 'tokenizer_config.json'):
            shutil.copy(Path(folder) / file, target / file)
        export(folder, target, kind)


def write_parrot():
    """Not random, and so without expected numbers: for tests that want to see what a writer would."""
    target = OUT / 'parrot'
    target.mkdir(parents=True)
    tokenizer = qwen2_tokenizer()
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(MODELS['qwen2'][0]())
    learn(model, tokenizer)
    save(model, tokenizer, target, 'with-past')
    prompt = torch.tensor([tokenizer(TEXT[0][:36])['input_ids']])
    print('parrot:', tokenizer.decode(model.generate(prompt, max_new_tokens=8, do_sample=False)[0]))


def write(name, make_config, make_tokenizer, kind):
    target = OUT / name
    target.mkdir(parents=True)
    tokenizer = make_tokenizer()
    config = make_config()
    config._attn_implementation = 'eager'
    plain = tokenizer(PROMPT, add_special_tokens=False)['input_ids']
    prompt = tokenizer(PROMPT)['input_ids']
    for seed in range(2000):
        model = AutoModelForCausalLM.from_config(config).eval()
        randomize(model, seed)
        model = model.double()
        continuation = greedy(model, prompt, margin=0.01, end=config.eos_token_id)
        if continuation and len(set(continuation)) >= 12:
            break
    else:
        raise SystemExit(f'{name}: no seed gives a clear greedy path')

    save(model, tokenizer, target, kind)

    model = model.double()
    logits = logits_of(model, prompt)
    before = len(prompt) - len(plain)
    positions = [before, before + 1, before + 5, len(prompt) - 1]
    expected = dict(
        seed=seed, text=PROMPT, prompt=plain, greedy=continuation, begin=prompt[:before],
        logits=[{**row, 'position': row['position'] - before} for row in logit_rows(logits, positions, digits=7)],
        scores=scores(logits[before:], plain),
        tokenizer=[dict(text=text, ids=tokenizer(text, add_special_tokens=False)['input_ids']) for text in CASES])
    (target / 'expected.json').write_text(json.dumps(expected, ensure_ascii=True) + '\n')
    print(f'{name}: seed {seed}, {len(set(continuation))} different tokens, {sum(f.stat().st_size for f in target.rglob("*") if f.is_file())} bytes')


if __name__ == '__main__':
    torch.set_num_threads(1)
    shutil.rmtree(OUT, ignore_errors=True)
    for model_name, definition in MODELS.items():
        write(model_name, *definition)
    write_parrot()
