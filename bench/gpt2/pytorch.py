"""python pytorch.py MODEL {fp32,bf16} THREADS REPEATS: Hugging Face transformers with its own cache, cropped when tokens
are taken back; SDPA attention, inference mode."""
import sys
import time
from pathlib import Path

folder, precision, threads, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
began = time.perf_counter()
import torch
from transformers import AutoModelForCausalLM, DynamicCache

from measure import folder_mb, measure, peak_mb, report, tokens

torch.set_num_threads(threads)
dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="sdpa").eval()
load_ms = 1000 * (time.perf_counter() - began)


class Engine:
    def __init__(self):
        self.cache = DynamicCache()

    @torch.inference_mode()
    def feed(self, ids):
        out = model(torch.tensor([ids]), past_key_values=self.cache, use_cache=True, logits_to_keep=1)
        return int(out.logits[0, -1].argmax())

    def keep(self, n):
        if n == 0:
            self.cache = DynamicCache()
        elif self.cache.get_seq_length() > n:
            self.cache.crop(n)

    @torch.inference_mode()
    def score(self, ids):
        logits = model(torch.tensor([ids])).logits[0, :-1]
        return torch.log_softmax(logits.float(), -1).gather(1, torch.tensor(ids[1:])[:, None])


engine = Engine()
engine.feed(tokens(16))
first_ms = 1000 * (time.perf_counter() - began)
print("first token", flush=True)
if repeats:
    report(loadMs=load_ms, firstTokenMs=first_ms, **measure(engine, repeats), peakMb=peak_mb(), diskMb=folder_mb(Path(folder) / "model.safetensors"))
