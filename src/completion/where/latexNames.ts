import type { NotProse } from './place'

/** Environments whose content is not prose. A star at the end of the name makes no difference. */
export const environments: ReadonlyMap<string, NotProse> = new Map<string, NotProse>([
  ...list('math', 'equation align gather multline eqnarray displaymath math array flalign alignat split cases matrix pmatrix bmatrix vmatrix aligned gathered dmath'),
  ...list('table', 'tabular tabularx tabulary tabbing longtable supertabular xltabular tblr longtblr'),
  ...list('code', 'tikzpicture picture pgfpicture axis forest algorithmic algorithm2e tikzcd asy'),
  ...list('comment', 'comment'),
])

/** Environments in which no command counts until their end. */
export const verbatim: ReadonlySet<string> = new Set('verbatim Verbatim lstlisting minted alltt filecontents comment BVerbatim luacode pycode asy'.split(' '))

/** Commands whose argument is a heading. */
export const headings: ReadonlySet<string> = new Set('part chapter section subsection subsubsection paragraph subparagraph title subtitle frametitle'.split(' '))

/** Commands whose argument is prose. */
export const textual: ReadonlySet<string> = new Set('emph textbf textit textsl textsc textrm textsf textmd textup underline footnote footnotetext caption marginpar thanks abstract item enquote text mbox uline sout todo note parbox framebox fbox quote'.split(' '))

/** Commands with arguments that are prose only from this one on (counted from 0). */
export const laterTextual: ReadonlyMap<string, number> = new Map([['href', 1], ['textcolor', 1], ['colorbox', 1], ['foreignlanguage', 1], ['hyperref', 0], ['parbox', 1], ['makebox', 0], ['twocolumn', 0]])

/** Commands whose arguments are names, files, keys, lengths or definitions. */
export const technical: ReadonlySet<string> = new Set((
  'label input include includeonly subfile includegraphics bibliography bibliographystyle addbibresource printbibliography usepackage RequirePackage documentclass '
  + 'newcommand renewcommand providecommand DeclareMathOperator newenvironment renewenvironment newtheorem def let setlength addtolength setcounter addtocounter stepcounter '
  + 'url path nolinkurl vspace hspace graphicspath color definecolor fontsize selectlanguage index gls Gls glspl Glspl acrshort acrlong acrfull newglossaryentry newacronym '
  + 'pagestyle thispagestyle geometry hypersetup lstset tikzset pgfplotsset usetikzlibrary lstinputlisting lstinline mintinline setminted SI si num qty unit ce ensuremath '
  + 'begin end raisebox rule phantom hphantom vphantom setmainfont setsansfont setmonofont theoremstyle numberwithin captionsetup DeclareSIUnit'
).split(' '))

/** Families of commands that name a key: citations and references. */
export const keyed = /^(?:[a-zA-Z]*cite[a-zA-Z]*|[a-zA-Z]*ref|crefrange|nocite)$/

function list(why: NotProse, names: string): readonly (readonly [string, NotProse])[] {
  return names.split(' ').map((name) => [name, why])
}
