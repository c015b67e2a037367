import type { Clock } from '../../base/clock'
import type { Context, LanguageModel } from '../../language/languageModel'
import { samplePrompt } from './samplePrompt'

/** How fast a model reads and writes. */
export interface Speed {
  /** Of a prompt read at once. */
  readonly prefillTokensPerSecond: number
  /** One after another, behind that prompt. */
  readonly decodeTokensPerSecond: number
}

export interface SpeedMeasure {
  readonly promptTokens: number
  /** Written at most. */
  readonly newTokens: number
  /** Spent on reading, and again on writing, before what was done so far counts. A slow device is known long before it is done. */
  readonly budgetMs: number
}

export const speedMeasure: SpeedMeasure = { promptTokens: 96, newTokens: 64, budgetMs: 1500 }

/** Reads a real prompt and writes on, greedily. What comes first on a device (shaders, memory) is done before and not counted. */
export async function measureSpeed(model: LanguageModel, clock: Clock, measure = speedMeasure): Promise<Speed> {
  const prompt = samplePrompt(model, measure.promptTokens)
  const context = model.open()
  try {
    const short = prompt.subarray(0, Math.ceil(prompt.length / 4))
    const began = clock.now()
    await readAndWrite(context, short, 1)
    // What takes that long for a few tokens is not asked for more.
    const read = clock.now() - began > measure.budgetMs ? short : prompt
    const rounds = await repeat(clock, measure.budgetMs, 3, async () => {
      context.truncate(0)
      await context.extend(read)
    })
    let logits = await lastLogits(context, read)
    const room = Math.min(measure.newTokens, model.contextLength - read.length)
    const written = await repeat(clock, measure.budgetMs, Math.max(1, room), async () => {
      logits = await context.extend(Int32Array.of(likeliest(logits)))
    })
    return { prefillTokensPerSecond: (rounds.times * read.length * 1000) / rounds.ms, decodeTokensPerSecond: (written.times * 1000) / written.ms }
  } finally {
    context.dispose()
  }
}

async function readAndWrite(context: Context, prompt: Int32Array, count: number): Promise<void> {
  let logits = await context.extend(prompt)
  for (let i = 0; i < count; i++) logits = await context.extend(Int32Array.of(likeliest(logits)))
}

/** The logits after the prompt, whose last token runs again. */
async function lastLogits(context: Context, prompt: Int32Array): Promise<Float32Array> {
  context.truncate(prompt.length - 1)
  return context.extend(prompt.subarray(prompt.length - 1))
}

/** Does `work` until `mostTimes` or until the time is up, at least once. */
async function repeat(clock: Clock, budgetMs: number, mostTimes: number, work: () => Promise<void>): Promise<{ readonly times: number; readonly ms: number }> {
  const began = clock.now()
  for (let times = 1; ; times++) {
    await work()
    // A clock that stood still would make the speed infinite.
    const ms = Math.max(clock.now() - began, 1e-3)
    if (times >= mostTimes || ms >= budgetMs) return { times, ms }
  }
}

function likeliest(logits: Float32Array): number {
  let best = 0
  for (const [id, value] of logits.entries()) if (value > (logits[best] ?? -Infinity)) best = id
  return best
}
