"""A checkpoint in, Hugging Face's layout out: config.json, model.safetensors, tokenizer.json.

The weights are in half precision, or with --pack in 8 bits as the extension carries them: matrices of type I8 under their
usual names, and beside each NAME.scales, one factor for every BLOCK numbers along the side that is multiplied over. The engine
quantizes the same way, so it runs on these very numbers, and nothing is lost again.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

from model import Shape, views
from optimizer import is_matrix

HERE = Path(__file__).parent
BLOCK = 128  # src/gpt2/blockWeights.ts


def pack(name: str, matrix: torch.Tensor) -> dict[str, torch.Tensor]:
    """[rows, columns] float32 → I8 codes of the same shape, and float16 scales. Layers' matrices [in, out] have blocks along
    their columns, embeddings along their rows. The largest number of a block becomes ±127."""
    along = 0 if is_matrix(name) else 1
    if matrix.shape[along] % BLOCK:
        raise SystemExit(f"{name} has {matrix.shape[along]} numbers to multiply over, not a multiple of {BLOCK}: it cannot be packed")
    blocks = matrix.unflatten(along, (-1, BLOCK))
    scales = (blocks.abs().amax(along + 1, keepdim=True) / 127).half()
    codes = torch.where(scales > 0, blocks / scales.float(), 0).round().clamp(-127, 127).to(torch.int8)
    return {name: codes.flatten(along, along + 1).contiguous(), f"{name}.scales": scales.squeeze(along + 1).contiguous()}


def config(shape: Shape) -> dict:
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "activation_function": "gelu_new",
        "vocab_size": shape.vocabulary,
        "n_positions": shape.context,
        "n_ctx": shape.context,
        "n_embd": shape.width,
        "n_layer": shape.layers,
        "n_head": shape.heads,
        "n_inner": None,
        "layer_norm_epsilon": 1e-5,
        "attn_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "resid_pdrop": 0.0,
        "scale_attn_weights": True,
        "tie_word_embeddings": True,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "dtype": "float16",
        "torch_dtype": "float16",
    }


def export(checkpoint: Path, tokenizer: Path, out: Path, packed: bool) -> None:
    state = torch.load(checkpoint, weights_only=True)
    settings = state["settings"]
    shape = Shape(*(settings[key] for key in ("vocabulary", "context", "width", "layers", "heads")))
    largest = state["master"].abs().max().item()
    if largest > 65504 or not torch.isfinite(state["master"]).all():
        raise SystemExit(f"{checkpoint} does not fit half precision: its largest weight is {largest}")
    weights: dict[str, torch.Tensor] = {}
    for name, values in views(state["master"].float(), shape).items():
        stored = pack(name, values) if packed and values.dim() == 2 else {name: values.half().contiguous()}
        weights |= {f"transformer.{n}": v for n, v in stored.items()}
    out.mkdir(parents=True, exist_ok=True)
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    (out / "config.json").write_text(json.dumps(config(shape), indent=2) + "\n")
    shutil.copyfile(tokenizer, out / "tokenizer.json")
    about = {
        "tokenizer_class": "GPT2Tokenizer",
        "model_max_length": shape.context,
        "bos_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
        "add_prefix_space": False,
    }
    (out / "tokenizer_config.json").write_text(json.dumps(about, indent=2) + "\n")
    size = sum(f.stat().st_size for f in out.iterdir())
    print(f"step {state['step']}, {state['tokens'] / 1e6:.1f} M tokens → {out}, {size / 1e6:.2f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--work", type=Path, default=HERE / "work", metavar="DIR")
    parser.add_argument("--name", default="run")
    parser.add_argument("--pack", action="store_true", help="8 bits a number, as the extension carries it")
    parser.add_argument("--checkpoint", default="final.pt", help="or latest.pt, stable.pt")
    arguments = parser.parse_args()
    checkpoint = arguments.work / arguments.name / arguments.checkpoint
    export(checkpoint, arguments.work / "data" / "tokenizer.json", arguments.out, arguments.pack)


if __name__ == "__main__":
    main()
