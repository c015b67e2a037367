"""python ctranslate.py MODEL OUT THREADS REPEATS: CTranslate2 with 8-bit weights, made on first use. It keeps no cache
between calls, so a keystroke costs its prompt anew."""
import json
import sys
import time
from pathlib import Path

folder, out, threads, repeats = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
import ctranslate2

if not out.exists():
    from ctranslate2.converters import TransformersConverter

    TransformersConverter(folder).convert(str(out), quantization="int8")
    sys.exit()

from measure import decode_by_difference, folder_mb, peak_mb, report, time_each, tokens

began = time.perf_counter()
generator = ctranslate2.Generator(str(out), device="cpu", compute_type="int8", intra_threads=threads, inter_threads=1)
load_ms = 1000 * (time.perf_counter() - began)


vocabulary = json.loads((out / "vocabulary.json").read_text())
prompt = [vocabulary[id] for id in tokens(1024)]


def generate(length, count):
    generator.generate_batch([prompt[:length]], max_length=count, min_length=count, sampling_topk=1, include_prompt_in_result=False)


generate(16, 1)
first_ms = 1000 * (time.perf_counter() - began)
print("first token", flush=True)
if repeats:
    few = (repeats + 1) // 2
    figures = {f"decode{length}": decode_by_difference(generate, length, few) for length in (64, 512, 1000)}
    prefill = time_each(few, lambda i: generate(512, 1))
    key = time_each(few, lambda i: generate(513, 1))
    score = time_each(few, lambda i: generator.score_batch([prompt[:512]]))
    report(loadMs=load_ms, firstTokenMs=first_ms, **figures, prefill512Ms=prefill, keyMs=key, keyBackMs=key, score512Ms=score, peakMb=peak_mb(), diskMb=folder_mb(out))
