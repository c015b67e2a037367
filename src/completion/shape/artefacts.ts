import type { ProseLanguage } from '../where/place'

/** Characters that are no text: controls, what stands for undecodable bytes, unassigned and private ones, lone surrogates. */
const noText = /[\p{Cc}\p{Co}\p{Cn}\p{Cs}\ufffd\u2028\u2029\ufeff]/u

/** Markup that a model trained on documents brings along and that no sentence goes on with. */
const everywhere = /<\/?[a-zA-Z!][^>]*>?|&(?:[a-z]+|#\d+);|\bhttps?:|\bwww\.|\]\(|\[\[|```|\{[{%#]|\$\{|\|/

const byMarkup: Readonly<Record<ProseLanguage['markup'], RegExp>> = {
  none: everywhere,
  markdown: new RegExp(`${everywhere.source}|!?\\[[^\\]]*\\][([:]|\\$(?!\\d)\\S|(?:^|\\s)#{1,6}\\s|\\\\`),
  latex: new RegExp(`${everywhere.source}|[\\\\$%&#{}~^]`),
  restructuredtext: new RegExp(`${everywhere.source}|::|:\\w+:|\`|\\|`),
  asciidoc: new RegExp(`${everywhere.source}|\\w+::?\\S*\\[|<<|\\{\\w|\\+\\+`),
}

/** Where the part of `text` ends that can be shown: before the word that holds the first thing that is no prose. */
export function proseEnd(text: string, markup: ProseLanguage['markup']): number {
  const ends = [noText, byMarkup[markup]].map((pattern) => pattern.exec(text)?.index ?? text.length)
  const end = Math.min(...ends)
  return end === text.length ? end : text.slice(0, end).search(/\S*$/)
}
