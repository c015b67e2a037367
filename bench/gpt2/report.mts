/** What an engine printed. Milliseconds, tokens per second, MB; a program of somebody else's does not tell all. */
export interface Figures {
  readonly decode64: number
  readonly decode512: number
  readonly decode1000: number
  readonly prefill512Ms: number
  readonly keyMs?: number
  readonly keyBackMs?: number
  readonly score512Ms?: number
  readonly candidates1Ms?: number
  readonly candidates3Ms?: number
  readonly loadMs?: number
  readonly firstTokenMs?: number
  /** From the start of its process. */
  readonly startMs?: number
  readonly peakMb?: number
  readonly diskMb: number
}

export interface Row {
  readonly name: string
  readonly bits: 32 | 16 | 8 | 4
  readonly ours: boolean
  readonly figures: Figures
}

const columns: readonly (readonly [string, keyof Figures, number])[] = [
  ['decode 64', 'decode64', 1], ['512', 'decode512', 1], ['1000', 'decode1000', 1], ['prefill', 'prefill512Ms', 0], ['key', 'keyMs', 1], ['key back', 'keyBackMs', 1],
  ['score', 'score512Ms', 0], ['load', 'loadMs', 0], ['first', 'firstTokenMs', 0], ['start', 'startMs', 0], ['peak MB', 'peakMb', 0], ['disk MB', 'diskMb', 0],
]

export function table(rows: readonly Row[]): string {
  const cell = (value: number | undefined, digits: number): string => (value === undefined || Number.isNaN(value) ? '' : value.toFixed(digits))
  const lines = rows.map(({ name, figures }) => [name, ...columns.map(([, key, digits]) => cell(figures[key], digits))])
  return aligned([['', ...columns.map(([title]) => title)], ...lines])
}

export function aligned(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines.map((line) => line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')).join('\n')
}

/** Bytes that a token must read at the least: every matrix, and the keys and values before it in 32 bits. GPT-2 124M. */
export function bytesPerToken(bits: 32 | 8 | 4, context: number): number {
  const layers = 12 * 12 * 768 * 768
  const head = 50257 * 768
  const cache = 2 * 12 * 768 * 4 * context
  // Blocks of 128 with 8 bits and a scale; of 32 with 4 bits, a scale and half a byte of zero point; the head has 8 bits then too.
  const eight = 1 + 4 / 128
  const four = 0.5 + 4.5 / 32
  return cache + (bits === 32 ? 4 * (layers + head) : bits === 8 ? eight * (layers + head) : four * layers + eight * head)
}

/** One line of what is to be reached. */
export interface Goal {
  readonly what: string
  readonly atLeast: number
  /** Undefined when nothing there to compare with was measured. */
  readonly reached: number | undefined
}

type Speed = (figures: Figures) => number | undefined

/** How many times faster the first is than the fastest of the others. */
function ratio(ours: Row | undefined, others: readonly Row[], speed: Speed): number | undefined {
  const own = ours && speed(ours.figures)
  const speeds = others.flatMap(({ figures }) => speed(figures) ?? [])
  return own === undefined || speeds.length === 0 ? undefined : own / Math.max(...speeds)
}

/** Of a time. */
function inverse(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : 1 / ms
}

export function goals(rows: readonly Row[], gigabytesPerSecond: number): readonly Goal[] {
  const ours = (bits: number): Row | undefined => rows.find((row) => row.ours && row.bits === bits)
  const named = (pattern: RegExp): Row[] => rows.filter((row) => !row.ours && pattern.test(row.name))
  const peersOf = (bits: number): Row[] => rows.filter((row) => !row.ours && row.bits === bits)
  const decodes: readonly (readonly [number, Speed])[] = [[64, (f) => f.decode64], [512, (f) => f.decode512], [1000, (f) => f.decode1000]]
  const int8 = ours(8)
  const against = (what: string, bits: number, others: readonly Row[], least: readonly number[]): Goal[] =>
    decodes.map(([length, speed], i) => ({ what: `${what} at ${length}`, atLeast: least[i] ?? 0, reached: ratio(ours(bits), others, speed) }))
  const prefill: Speed = (f) => 1 / f.prefill512Ms
  const candidates = int8?.figures.candidates3Ms && int8.figures.candidates1Ms ? int8.figures.candidates1Ms / int8.figures.candidates3Ms : undefined
  return [
    ...against('int8 decode : best 8-bit peer', 8, peersOf(8), [1.1, 1.1, 1.05]),
    ...against('int4 decode : best 4-bit peer', 4, peersOf(4), [1, 1, 1]),
    ...against('int8 decode : transformers.js q8', 8, named(/^transformers.js q8/), [2, 4.5, 6]),
    { what: 'prefill : llama.cpp Q8_0', atLeast: 3, reached: ratio(int8, named(/^llama.*Q8_0$/), prefill) },
    { what: 'prefill : transformers.js q8', atLeast: 2.2, reached: ratio(int8, named(/^transformers.js q8/), prefill) },
    { what: 'prefill : OpenVINO int8', atLeast: 1, reached: ratio(int8, named(/^OpenVINO.*int8/), prefill) },
    { what: 'keystroke : best 8-bit peer', atLeast: 1.15, reached: ratio(int8, peersOf(8), (f) => inverse(f.keyMs)) },
    { what: 'keystroke with two taken back : best 8-bit peer', atLeast: 1.15, reached: ratio(int8, peersOf(8), (f) => inverse(f.keyBackMs)) },
    { what: 'share of the bandwidth limit, int8 at 64', atLeast: 0.8, reached: int8 && (int8.figures.decode64 * bytesPerToken(8, 64)) / (gigabytesPerSecond * 1e9) },
    { what: 'one candidate : three candidates', atLeast: 1 / 1.4, reached: candidates },
    { what: '350 MB : peak memory, int8', atLeast: 1, reached: int8?.figures.peakMb && 350 / int8.figures.peakMb },
    { what: '250 ms : load of a cached graph to first token', atLeast: 1, reached: int8?.figures.firstTokenMs && 250 / int8.figures.firstTokenMs },
  ]
}
