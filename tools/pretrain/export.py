"""A checkpoint in, Hugging Face's layout out: config.json, model.safetensors in half precision, tokenizer.json."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

from model import Shape, views

HERE = Path(__file__).parent


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


def export(checkpoint: Path, tokenizer: Path, out: Path) -> None:
    state = torch.load(checkpoint, weights_only=True)
    settings = state["settings"]
    shape = Shape(*(settings[key] for key in ("vocabulary", "context", "width", "layers", "heads")))
    largest = state["master"].abs().max().item()
    if largest > 65504 or not torch.isfinite(state["master"]).all():
        raise SystemExit(f"{checkpoint} does not fit half precision: its largest weight is {largest}")
    weights = {f"transformer.{n}": v.half().contiguous() for n, v in views(state["master"], shape).items()}
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
    parser.add_argument("--checkpoint", default="final.pt", help="or latest.pt, stable.pt")
    arguments = parser.parse_args()
    export(arguments.work / arguments.name / arguments.checkpoint, arguments.work / "data" / "tokenizer.json", arguments.out)


if __name__ == "__main__":
    main()
