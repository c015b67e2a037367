// @ts-check
import js from '@eslint/js'
import tseslint from 'typescript-eslint'

/**
 * The arrows of docs/architecture.md. A folder may import from the folders it lists and from itself; `pure` folders get
 * bytes, clocks and random numbers handed in, so they import neither `vscode` nor Node's modules nor a runtime.
 */
const arrows = {
  base: { from: [], pure: true },
  language: { from: ['base'], pure: true },
  onnx: { from: ['base'], pure: true },
  gpt2: { from: ['base', 'language', 'onnx'], pure: true },
  completion: { from: ['base', 'language'], pure: true },
  gan: { from: ['base'], pure: true },
  'gan-tfjs': { from: ['base', 'gan'], runtime: '@tensorflow/' },
  library: { from: ['base', 'language', 'gpt2'] },
  engine: { from: ['base', 'language', 'onnx', 'gpt2', 'library', 'gan', 'gan-tfjs'] },
  cli: { from: ['base', 'language', 'gpt2', 'completion', 'gan', 'gan-tfjs', 'library', 'engine'] },
  host: { from: ['base', 'language', 'completion', 'gan', 'library', 'engine'], vscode: true },
}

const folders = Object.keys(arrows)

/** @param {string} folder @param {{from: string[], pure?: boolean, runtime?: string, vscode?: boolean}} rule */
function layer(folder, rule) {
  const forbidden = folders.filter((other) => other !== folder && !rule.from.includes(other))
  const patterns = [
    { regex: `^(\\.\\./)+(${forbidden.concat('extension', 'program').join('|')})(/|$)`, message: `${folder}/ must not import from there: see the arrows in docs/architecture.md.` },
    { regex: '(^|/)webview-ui/', message: 'Only esbuild.js puts the page into the extension.' },
  ]
  if (!rule.vscode) patterns.push({ regex: '^vscode$', message: 'Only host/ knows the editor.' })
  if (rule.pure) patterns.push({ regex: '^[^.]', message: `${folder}/ is pure: it imports no module of Node and no runtime.` })
  if (rule.runtime) patterns.push({ regex: `^(?!\\.|${rule.runtime})`, message: `${folder}/ runs in the page and in Node: it imports nothing but ${rule.runtime}*.` })
  return {
    files: [`src/${folder}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns }] },
  }
}

/** Packages a pure folder may use all the same: parsers that touch nothing but their input. */
const pureLibraries = {
  files: ['src/completion/**/*.ts'],
  rules: {
    'no-restricted-imports': ['error', {
      patterns: [
        { regex: '^(\\.\\./)+(gpt2|gan|library|engine|cli|host|extension|program)(/|$)', message: 'completion/ must not import from there: see the arrows in docs/architecture.md.' },
        { regex: '^(?!\\.|@lezer/)', message: 'completion/ is pure: it imports no module of Node and no runtime.' },
      ],
    }],
  },
}

export default tseslint.config(
  { ignores: ['dist/', 'kernels/assembly/', 'out/', '.vscode-test/', '**/node_modules/', '**/work/', '.venv/'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['*.mjs', '*.js', '*.ts'] } } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/require-await': 'off',
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Name what you export.' }],
      eqeqeq: 'error',
    },
  },
  { files: ['*.config.*', '*.js', '**/*.mjs'], ...tseslint.configs.disableTypeChecked },
  { files: ['*.config.*'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['**/*.mjs', '*.js'], languageOptions: { globals: { process: 'readonly', console: 'readonly', Buffer: 'readonly', URL: 'readonly', fetch: 'readonly', AbortSignal: 'readonly', setTimeout: 'readonly', clearTimeout: 'readonly', setInterval: 'readonly', clearInterval: 'readonly', performance: 'readonly', TextDecoder: 'readonly', TextEncoder: 'readonly', module: 'writable', require: 'readonly', __dirname: 'readonly', structuredClone: 'readonly' } } },
  { files: ['*.js'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  { files: ['test/host/**/*.ts'], rules: { '@typescript-eslint/no-floating-promises': 'off' } },
  ...folders.map((folder) => layer(folder, arrows[/** @type {keyof typeof arrows} */ (folder)])),
  pureLibraries,
)
