"""python openvinoPeer.py FOLDER {stateful,genai} THREADS REPEATS: OpenVINO on an IR of optimum-intel (see exportOpenvino.py).
stateful: the runtime itself; its cache is cut through the state's tensors. genai: LLMPipeline with prefix caching, so that a
keystroke reuses what it has. Both: latency hint, 8-bit cache, dynamic quantization of activations as the plugin chooses it."""
import sys
import time

folder, mode, threads, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
import numpy as np
import openvino as ov

from measure import decode_by_difference, folder_mb, measure, peak_mb, report, time_each, tokens

began = time.perf_counter()
options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "KV_CACHE_PRECISION": "u8"}


def elapsed():
    return 1000 * (time.perf_counter() - began)


class Stateful:
    def __init__(self):
        core = ov.Core()
        self.request = core.compile_model(core.read_model(f"{folder}/openvino_model.xml"), "CPU", options).create_infer_request()
        self.length = 0
        self.wants_positions = any("position_ids" in port.names for port in self.request.model_inputs)

    def feed(self, ids):
        n, past = len(ids), self.length
        inputs = {"input_ids": np.array([ids], np.int64), "attention_mask": np.ones((1, past + n), np.int64), "beam_idx": np.zeros(1, np.int32)}
        if self.wants_positions:
            inputs["position_ids"] = np.arange(past, past + n, dtype=np.int64)[None]
        logits = self.request.infer(inputs, share_inputs=True, share_outputs=True)["logits"]
        self.length = past + n
        return int(logits[0, -1].argmax())

    def keep(self, n):
        if n == self.length:
            return
        if n == 0:
            self.request.reset_state()
        else:
            for state in self.request.query_state():
                value = state.state.data
                axis = value.shape.index(self.length)
                state.state = ov.Tensor(np.ascontiguousarray(np.take(value, range(n), axis)))
        self.length = n


if mode == "stateful":
    engine = Stateful()
    load_ms = elapsed()
    engine.feed(tokens(16))
    first_ms = elapsed()
    print("first token", flush=True)
    figures = measure(engine, repeats) if repeats else {}
else:
    import openvino_genai as genai

    scheduler = genai.SchedulerConfig()
    scheduler.cache_size = 1
    scheduler.max_num_batched_tokens = 1024
    scheduler.enable_prefix_caching = True
    pipeline = genai.LLMPipeline(folder, "CPU", scheduler_config=scheduler, **options)
    load_ms = elapsed()

    def run(ids, count):
        pipeline.generate(ov.Tensor(np.array([ids], np.int64)), max_new_tokens=count, min_new_tokens=count, ignore_eos=True, do_sample=False)

    run(tokens(16), 1)
    first_ms = elapsed()
    print("first token", flush=True)
    figures = {}
    if repeats:
        few, many = (repeats + 1) // 2, tokens(60000)
        at = iter(range(2000, 59000, 7))

        def fresh(length):
            start = next(at)
            return many[start : start + length]

        for length in (64, 512, 1000):
            figures[f"decode{length}"] = decode_by_difference(lambda start, count: run(many[:start], count), length, few)
        figures["prefill512Ms"] = time_each(few, lambda i: run(fresh(512), 1))
        base = fresh(512)
        run(base, 1)
        figures["keyMs"] = time_each(repeats, lambda i: run([*base, many[i]], 1))
        figures["keyBackMs"] = time_each(repeats, lambda i: run([*base[:510], *many[i : i + 3]], 1))
if repeats:
    report(loadMs=load_ms, firstTokenMs=first_ms, **figures, peakMb=peak_mb(), diskMb=folder_mb(f"{folder}/openvino_model.bin"))
