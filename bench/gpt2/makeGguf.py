"""python makeGguf.py MODEL OUT.gguf {Q8_0,Q4_0} HEAD: a GPT-2 in Hugging Face's layout as llama.cpp's file; HEAD is the
type of the token embedding, which is the head too. Blocks and scales are those of the package `gguf`."""
import json
import sys
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from safetensors.numpy import load_file

folder, out, body, head = Path(sys.argv[1]), sys.argv[2], Type[sys.argv[3]], Type[sys.argv[4]]
config = json.loads((folder / "config.json").read_text())
tensors = {name.removeprefix("transformer."): value for name, value in load_file(folder / "model.safetensors").items()}
vocabulary = json.loads((folder / "vocab.json").read_text())
merges = [line for line in (folder / "merges.txt").read_text().split("\n") if line and not line.startswith("#version")]

writer = gguf.GGUFWriter(out, "gpt2")
writer.add_block_count(config["n_layer"])
writer.add_context_length(config["n_positions"])
writer.add_embedding_length(config["n_embd"])
writer.add_feed_forward_length(4 * config["n_embd"])
writer.add_head_count(config["n_head"])
writer.add_layer_norm_eps(config["layer_norm_epsilon"])
writer.add_file_type({Type.Q8_0: gguf.LlamaFileType.MOSTLY_Q8_0, Type.Q4_0: gguf.LlamaFileType.MOSTLY_Q4_0}[body])
writer.add_tokenizer_model("gpt2")
writer.add_tokenizer_pre("gpt-2")
writer.add_token_list(sorted(vocabulary, key=vocabulary.get))
writer.add_token_types([gguf.TokenType.CONTROL if word == "<|endoftext|>" else gguf.TokenType.NORMAL for word in sorted(vocabulary, key=vocabulary.get)])
writer.add_token_merges(merges)
writer.add_bos_token_id(config["bos_token_id"])
writer.add_eos_token_id(config["eos_token_id"])


def add(name: str, value: np.ndarray, kind: Type = Type.F32) -> None:
    value = np.ascontiguousarray(value, np.float32)
    if kind == Type.F32:
        writer.add_tensor(name, value)
    else:
        writer.add_tensor(name, gguf.quants.quantize(value, kind), raw_dtype=kind)


add("token_embd.weight", tensors["wte.weight"], head)
add("position_embd.weight", tensors["wpe.weight"])
names = {"ln_1": "attn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "ln_2": "ffn_norm", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"}
for layer in range(config["n_layer"]):
    for ours, theirs in names.items():
        weight = tensors[f"h.{layer}.{ours}.weight"]
        if weight.ndim == 1:
            add(f"blk.{layer}.{theirs}.weight", weight)
        else:
            add(f"blk.{layer}.{theirs}.weight", weight.T, body)
        add(f"blk.{layer}.{theirs}.bias", tensors[f"h.{layer}.{ours}.bias"])
add("output_norm.weight", tensors["ln_f.weight"])
add("output_norm.bias", tensors["ln_f.bias"])
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
