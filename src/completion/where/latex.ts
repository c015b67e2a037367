import { LineLanguage, type LineGrammar } from './lineLanguage'
import { latexReason, latexStart, nextLatex, scanLatex, type LatexState } from './latexScan'
import { looksWrapped } from './wrap'

/** A line that begins something of its own, whatever stands before it. */
const beginsBlock = /^\s*(?:\\(?:item|begin|end|part|chapter|(?:sub)*section|(?:sub)?paragraph|title|author|date|label|caption|centering|includegraphics|input|include|maketitle|tableofcontents|newpage|clearpage|bibliography|\[)(?![a-zA-Z])|\$\$|%)/

/** A line that ends something: nothing goes on behind it. */
const endsBlock = /(?:\\\\|\\(?:begin|end)\{[^}]*\}(?:\[[^\]]*\])?|\\(?:sub)*section\*?\{[^}]*\}|\\(?:part|chapter|title|label|maketitle)\*?(?:\{[^}]*\})?|\$\$|\\\]|%.*)\s*$/

const grammar: LineGrammar<LatexState> = {
  markup: 'latex',
  start: latexStart,
  next: nextLatex,
  reason: (state, { before }) => latexReason(scanLatex(state, before), before),
  isHeading: (state, { before }) => scanLatex(state, before).groups.at(-1)?.content === 'heading',
  joins: (previous, line) => !beginsBlock.test(line) && !endsBlock.test(previous) && (line.trim() !== '' || looksWrapped(previous)),
  isHidden: (line) => /^\s*%/.test(line),
}

/** LaTeX: text and the arguments that are text; no formulas, commands, keys, listings, tables, comments or preamble. */
export function latex(): LineLanguage<LatexState> {
  return new LineLanguage(grammar)
}
