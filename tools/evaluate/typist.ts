import type { Completer } from '../../src/completion/completer'
import type { CompletionSettings } from '../../src/completion/settings'
import { textOf } from '../../src/completion/textView'
import { accept, firstWordIsRight } from './acceptance'
import type { Sample } from './samples'

/** What writing a sample took, and what was seen meanwhile. */
export interface Session {
  /** Characters written. */
  readonly characters: number
  /** Keys pressed for them: one a character, one an acceptance. */
  readonly keys: number
  /** Suggestions that appeared; one that goes on through typing or partial acceptance counts once. */
  readonly shown: number
  /** Of them, those whose first word was not the one that the writer wrote. */
  readonly wrong: number
  /** Of them, those of which something was accepted. */
  readonly accepted: number
}

export const noSession: Session = { characters: 0, keys: 0, shown: 0, wrong: 0, accepted: 0 }

export function added(a: Session, b: Session): Session {
  return {
    characters: a.characters + b.characters,
    keys: a.keys + b.keys,
    shown: a.shown + b.shown,
    wrong: a.wrong + b.wrong,
    accepted: a.accepted + b.accepted,
  }
}

/**
 * A writer who knows what they will write, looks at what the editor shows at every caret, and accepts as soon as that
 * saves a key.
 * @param told called with the share of the sample that is written, in [0, 1]
 */
export async function write(sample: Sample, completer: Completer, settings: CompletionSettings, told: (done: number) => void = () => {}): Promise<Session> {
  const { text, from, to } = sample
  const signal = new AbortController().signal
  let { keys, shown, wrong, accepted } = noSession
  /** What is left on the screen of the suggestion that was seen last; undefined when there is none. */
  let left: string | undefined
  let leftAccepted = false
  let at = from
  while (at < to) {
    const completion = await completer.complete(
      {
        document: { id: sample.name, languageId: sample.languageId, text: textOf(text.slice(0, at)), readOnly: false },
        offset: at,
        trigger: { kind: 'automatic', edit: 'typed' },
        settings,
      },
      signal,
    )
    const seen = completion.kind === 'shown' ? completion.items[0]?.text : undefined
    const wanted = text.slice(at, to)
    if (seen !== undefined && !goesOn(left, seen)) {
      shown++
      leftAccepted = false
      if (!firstWordIsRight(seen, text.slice(0, at), text.slice(at))) wrong++
    }
    const { characters, keys: pressed } = seen === undefined ? { characters: 0, keys: 0 } : accept(seen, wanted)
    if (characters > 0 && !leftAccepted) {
      accepted++
      leftAccepted = true
    }
    const advanced = Math.max(1, characters)
    keys += Math.max(1, pressed)
    left = seen?.startsWith(text.slice(at, at + advanced)) ? seen.slice(advanced) : undefined
    at += advanced
    told((at - from) / (to - from))
  }
  return { characters: to - from, keys, shown, wrong, accepted }
}

/** Whether `seen` is what is left of the suggestion before, or goes on from it. */
function goesOn(left: string | undefined, seen: string): boolean {
  return left !== undefined && left !== '' && (left.startsWith(seen) || seen.startsWith(left))
}
