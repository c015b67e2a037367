import { describe, expect, it } from 'vitest'
import { latex } from '../../../../src/completion/where/latex'
import { flowOf, paragraphRest, placeOf } from './support'

const language = latex()

describe('a caret in LaTeX', () => {
  it.each<[string, string]>([
    ['The quick [caret]', 'prose'],
    ['The \\emph{quick [caret]', 'prose'],
    ['The \\emph{quick} fox [caret]', 'prose'],
    ['\\section{On [caret]', 'heading'],
    ['\\section*{On [caret]}', 'heading'],
    ['\\section{On foxes}\nThe [caret]', 'prose'],
    ['\\begin{itemize}\n\\item the [caret]', 'prose'],
    ['\\item[key[caret]', 'command'],
    ['Text\\footnote{A note [caret]}', 'prose'],
    ['Text\\footnote{A note\nthat goes on [caret]}', 'prose'],
    ['\\begin{quote}\nThe [caret]', 'prose'],
    // Commands and their arguments
    ['The \\emp[caret]', 'command'],
    ['The \\[caret]', 'command'],
    ['The \\LaTeX\\ system [caret]', 'prose'],
    ['A line\\\\ and [caret]', 'prose'],
    ['see \\cite{kn[caret]', 'command'],
    ['see \\cite[p.~5]{kn[caret]', 'command'],
    ['see \\citep[see][ch[caret]', 'command'],
    ['see \\parencite{kn} and [caret]', 'prose'],
    ['in \\autoref{fig[caret]', 'command'],
    ['\\label{sec:[caret]', 'command'],
    ['\\begin{it[caret]', 'command'],
    ['\\begin{figure}[h[caret]', 'command'],
    ['\\includegraphics[width=5cm]{pic[caret]', 'command'],
    ['\\href{http://x[caret]', 'command'],
    ['\\href{http://x}{the [caret]', 'prose'],
    ['\\textcolor{re[caret]', 'command'],
    ['\\textcolor{red}{the [caret]', 'prose'],
    ['\\url{http://[caret]', 'command'],
    ['\\mynote{wor[caret]', 'command'],
    ['\\mynote{words that [caret]', 'prose'],
    ['\\cite{unfinished\n\nA new paragraph [caret]', 'prose'],
    // Mathematics
    ['Let $x + [caret]', 'math'],
    ['Let $x$ be [caret]', 'prose'],
    ['Let $x\n+ y [caret]', 'math'],
    ['It costs 5\\$ and [caret]', 'prose'],
    ['Let \\(x [caret]', 'math'],
    ['Let \\(x\\) be [caret]', 'prose'],
    ['\\[\nx = [caret]', 'math'],
    ['\\[\nx\n\\]\nwhere [caret]', 'prose'],
    ['$$ x [caret]', 'math'],
    ['$$ x $$ where [caret]', 'prose'],
    ['\\begin{align*}\nx &= [caret]', 'math'],
    ['\\begin{align*}\nx\n\\end{align*}\nwhere [caret]', 'prose'],
    ['Let $x without an end\n\nA new paragraph [caret]', 'prose'],
    // Listings, tables, pictures
    ['\\begin{verbatim}\n\\emph{a $ [caret]', 'code'],
    ['\\begin{verbatim}\n$\n\\end{verbatim}\nText [caret]', 'prose'],
    ['\\begin{lstlisting}[language=C]\nint x [caret]', 'code'],
    ['\\begin{minted}{python}\nx = [caret]', 'code'],
    ['Use \\verb|x [caret]', 'code'],
    ['Use \\verb|x$| and [caret]', 'prose'],
    ['\\begin{tabular}{lr}\na & [caret]', 'table'],
    ['\\begin{table}\n\\caption{The [caret]', 'prose'],
    ['\\begin{tikzpicture}\n\\draw [caret]', 'code'],
    // Comments, preamble, end
    ['Text % a comment [caret]', 'comment'],
    ['Text 5\\% of [caret]', 'prose'],
    ['% comment\nText [caret]', 'prose'],
    ['\\documentclass{article}\n\\usepackage{x}\n[caret]', 'preamble'],
    ['\\documentclass{article}\n\\begin{document}\nText [caret]', 'prose'],
    ['\\begin{document}\nText\n\\end{document}\n[caret]', 'comment'],
  ])('%j is in %s', (marked, expected) => {
    expect(placeOf(language, marked)).toBe(expected)
  })

  it.each<[string, string]>([
    ['The [caret]quick\nfox.\n\nNext', 'quick\nfox.'],
    ['The [caret]quick\n\\begin{quote}\nfox', 'quick'],
    ['\\section{The [caret]fox}\nText', 'fox}'],
    ['\\item the [caret]fox\n\\item the dog', 'fox'],
  ])('%j has %j behind it', (marked, rest) => {
    expect(paragraphRest(language, marked)).toBe(rest)
  })

  it.each<[string, string]>([
    ['The quick\nfox.\n\nNext\none.', 'The quick fox.\n\nNext one.'],
    ['\\section{A}\nText\ngoes on.\n\\begin{itemize}\n\\item one\ntwo\n\\end{itemize}\nMore', '\\section{A}\nText goes on.\n\\begin{itemize}\n\\item one two\n\\end{itemize}\nMore'],
    ['The\n% a comment\nfox', 'The fox'],
    ['One\\\\\ntwo', 'One\\\\\ntwo'],
  ])('%j flows as %j', (text, expected) => {
    expect(flowOf(language, text)).toBe(expected)
  })
})
