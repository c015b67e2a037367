/** A string: nothing in it begins a comment. */
export interface StringSyntax {
  readonly open: string
  readonly close: string
  readonly multiline: boolean
  /** The character that takes the meaning from the next, if any. */
  readonly escape: string
}

/** How a programming language writes comments and strings. */
export interface CommentSyntax {
  readonly line: readonly string[]
  readonly block: readonly (readonly [open: string, close: string])[]
  readonly strings: readonly StringSyntax[]
  /** Strings that are documentation where they stand as a statement of their own. */
  readonly docStrings: readonly string[]
  /** `/…/` is a regular expression where no value stands before it. */
  readonly regexLiterals: boolean
}

function quoted(mark: string, multiline = false, escape = '\\'): StringSyntax {
  return { open: mark, close: mark, multiline, escape }
}

const quotes = [quoted('"'), quoted("'")]
const doubleOnly = [quoted('"', true)]

function syntax(line: readonly string[], block: CommentSyntax['block'], strings: readonly StringSyntax[], extra: Partial<CommentSyntax> = {}): CommentSyntax {
  return { line, block, strings, docStrings: [], regexLiterals: false, ...extra }
}

const slashStar: CommentSyntax['block'] = [['/*', '*/']]
const cLike = syntax(['//'], slashStar, quotes)
// A single quote may begin a lifetime or a type variable and end nowhere.
const cLikeNoCharacters = syntax(['//'], slashStar, doubleOnly)
const scriptLike = syntax(['//'], slashStar, [quoted('`', true), ...quotes], { regexLiterals: true })
const tripleQuoted = [quoted('"""', true), ...quotes]
const hash = syntax(['#'], [], quotes)
const xmlLike = syntax([], [['<!--', '-->']], [])

/** By VS Code's language identifiers. */
export const commentSyntaxes: ReadonlyMap<string, CommentSyntax> = new Map<string, CommentSyntax>([
  ...each('c cpp cuda-cpp csharp java objective-c objective-cpp groovy glsl hlsl wgsl shaderlab proto proto3 solidity zig v verilog systemverilog jsonc json5 bicep dart', cLike),
  ...each('rust fsharp odin', cLikeNoCharacters),
  ...each('javascript javascriptreact typescript typescriptreact go', scriptLike),
  ...each('kotlin swift scala', syntax(['//'], slashStar, tripleQuoted)),
  ...each('less scss', cLike),
  ['css', syntax([], slashStar, quotes)],
  ['php', syntax(['//', '#'], slashStar, quotes)],
  ['python', syntax(['#'], [], [quoted('"""', true), quoted("'''", true), ...quotes], { docStrings: ['"""', "'''"] })],
  ['julia', syntax(['#'], [['#=', '=#']], [quoted('"""', true), quoted('"')], { docStrings: ['"""'] })],
  ['elixir', syntax(['#'], [], tripleQuoted)],
  ['toml', syntax(['#'], [], tripleQuoted)],
  ...each('shellscript perl yaml dockercompose dockerfile makefile r cmake crystal tcl properties ignore gdscript nim', hash),
  ['ruby', syntax(['#'], [['=begin', '=end']], quotes)],
  ['powershell', syntax(['#'], [['<#', '#>']], quotes)],
  ['coffeescript', syntax(['#'], [['###', '###']], quotes)],
  ['terraform', syntax(['#', '//'], slashStar, [quoted('"')])],
  ['nix', syntax(['#'], slashStar, [quoted("''", true), quoted('"', true)])],
  ['graphql', syntax(['#'], [], tripleQuoted, { docStrings: ['"""'] })],
  ['ini', syntax(['#', ';'], [], [])],
  ['lua', syntax(['--'], [['--[[', ']]']], quotes)],
  ['sql', syntax(['--'], slashStar, [quoted("'", true, "'"), quoted('"')])],
  ['haskell', syntax(['--'], [['{-', '-}']], doubleOnly)],
  ['elm', syntax(['--'], [['{-', '-}']], tripleQuoted)],
  ...each('ada vhdl', syntax(['--'], [], [quoted('"')])),
  ...each('clojure lisp scheme racket commonlisp', syntax([';'], [['#|', '|#']], doubleOnly)),
  ['matlab', syntax(['%'], [['%{', '%}']], [quoted('"')])],
  ...each('erlang prolog', syntax(['%'], [], quotes)),
  ['ocaml', syntax([], [['(*', '*)']], doubleOnly)],
  ['pascal', syntax(['//'], [['{', '}'], ['(*', '*)']], [quoted("'")])],
  ['vb', syntax(["'"], [], [quoted('"', false, '"')])],
  ...each('html xml xsl vue svelte', xmlLike),
])

function each(ids: string, value: CommentSyntax): readonly (readonly [string, CommentSyntax])[] {
  return ids.split(' ').map((id) => [id, value])
}
