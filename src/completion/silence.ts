import type { NotProse } from './where/place'

/** Why nothing is shown. */
export type Silence =
  /* whether to ask */
  | 'off'
  | 'automatic-off'
  | 'snoozed'
  | 'language-off'
  | 'language-unknown'
  | 'read-only'
  | 'too-large'
  | 'selection'
  | 'deleted'
  | 'pasted'
  | 'moved'
  | 'composing'
  /* where the caret is */
  | NotProse
  | 'inside-word'
  | 'nothing-before'
  /* what the model said */
  | 'unsure'
  | 'cancelled'
  /* what was left of it */
  | 'paragraph-end'
  | 'repeats-after'
  | 'repeats-before'
  | 'does-not-join'
  | 'unbalanced'
  | 'garbage'
  | 'too-short'

const sentences: Readonly<Record<Silence, string>> = {
  'off': 'Suggestions are switched off.',
  'automatic-off': 'Suggestions come only when asked for.',
  'snoozed': 'Suggestions are snoozed.',
  'language-off': 'Suggestions are switched off for this language.',
  'language-unknown': 'This language has no known place for prose.',
  'read-only': 'The document cannot be changed.',
  'too-large': 'The document is larger than 20 MB.',
  'selection': 'Something is selected.',
  'deleted': 'Text was just deleted.',
  'pasted': 'Text was just pasted.',
  'moved': 'The caret moved without writing.',
  'composing': 'A character is being composed.',
  'front-matter': 'The caret is in the front matter.',
  'code': 'The caret is in code.',
  'code-outside-comment': 'The caret is in program code, not in a comment.',
  'comments-off': 'Suggestions in comments are switched off.',
  'table': 'The caret is in a table.',
  'link': 'The caret is in the target of a link.',
  'html': 'The caret is in HTML.',
  'math': 'The caret is in mathematics.',
  'definition': 'The caret is in a definition of a link or a target.',
  'command': 'The caret is in a command or its arguments.',
  'directive': 'The caret is in a directive or its options.',
  'comment': 'The caret is in a comment.',
  'preamble': 'The caret is before the document begins.',
  'attribute': 'The caret is in an attribute.',
  'markup': 'The caret is in markup.',
  'trailer': 'The caret is in a trailer of the commit message.',
  'diff': 'The caret is below the commit message.',
  'inside-word': 'The caret is inside a word.',
  'nothing-before': 'There is no text before the caret.',
  'unsure': 'The model is not sure enough of the next word.',
  'cancelled': 'The request was cancelled.',
  'paragraph-end': 'The model would end the paragraph here.',
  'repeats-after': 'The suggestion would repeat what stands after the caret.',
  'repeats-before': 'The suggestion would repeat what stands before the caret.',
  'does-not-join': 'The suggestion does not join with what stands around the caret.',
  'unbalanced': 'The suggestion opens or closes a quotation, a bracket or an emphasis alone.',
  'garbage': 'The suggestion begins with markup or characters that are no text.',
  'too-short': 'The suggestion is too short to be worth a key.',
}

/** The cause as a sentence for a person. */
export function explain(silence: Silence): string {
  return sentences[silence]
}
