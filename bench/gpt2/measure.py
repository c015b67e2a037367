"""What measure.mjs measures, for engines of Python's. An engine has feed(ids) -> likeliest next token, keep(n), and may have
score(ids) and generate(token, count)."""
import json
import re
import statistics
import time
from pathlib import Path

RUN = 32


def tokens(count):
    state, out = 42, []
    for _ in range(count):
        state = (state ^ (state << 13)) & 0xFFFFFFFF
        state ^= state >> 17
        state = (state ^ (state << 5)) & 0xFFFFFFFF
        out.append(state % 50256)
    return out


def time_each(repeats, action, before=lambda: None):
    """Median milliseconds of action(i); `before` is not counted."""
    times = []
    for i in range(repeats):
        before()
        began = time.perf_counter()
        action(i)
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def measure(engine, repeats):
    ids = tokens(1024)
    engine.keep(0)
    engine.feed(ids[:48])
    for i in range(8):
        engine.feed([ids[i]])
    out = {f"decode{length}": decode(engine, ids, length, repeats) for length in (64, 512, 1000)}
    few = (repeats + 1) // 2
    out["prefill512Ms"] = time_each(few, lambda i: engine.feed(ids[:512]), lambda: engine.keep(0))

    def to512(count):
        engine.keep(0)
        engine.feed(ids[:count])

    to512(512)
    out["keyMs"] = time_each(2 * repeats + 1, lambda i: engine.feed([ids[i]]), lambda: engine.keep(512))
    to512(512)

    def back(i):
        engine.keep(510)
        engine.feed(ids[i : i + 3])

    def forward():
        engine.keep(511)
        engine.feed([ids[0]])

    out["keyBackMs"] = time_each(2 * repeats + 1, back, forward)
    if hasattr(engine, "score"):
        out["score512Ms"] = time_each(few, lambda i: engine.score(ids[:512]))
    return out


def decode(engine, ids, length, repeats):
    start = length - RUN // 2
    engine.keep(0)
    engine.feed(ids[:start])
    rates = []
    for repeat in range(repeats):
        engine.keep(start)
        token = ids[repeat]
        began = time.perf_counter()
        for _ in range(RUN):
            token = engine.feed([token])
        rates.append(RUN / (time.perf_counter() - began))
    return statistics.median(rates)


def decode_by_difference(generate, length, repeats):
    """Tokens per second of engines that only generate: RUN + 1 tokens against one. What caches prompts has it cached for both."""
    start, rates = length - RUN // 2, []
    generate(start, 1)
    for _ in range(repeats):
        began = time.perf_counter()
        generate(start, 1)
        one = time.perf_counter() - began
        began = time.perf_counter()
        generate(start, RUN + 1)
        rates.append(RUN / (time.perf_counter() - began - one))
    return statistics.median(rates)


def peak_mb():
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024


def folder_mb(*paths):
    files = [file for path in map(Path, paths) for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


def report(**figures):
    print(json.dumps(figures), flush=True)
