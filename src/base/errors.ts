/**
 * The catalogue of everything that can go wrong for a user. Each entry is data: a message with its facts as
 * placeholders (so that it can be translated), and a remedy that the interface offers as a button and the command line
 * as a sentence. An error travels between processes as code and facts.
 */
export type Remedy =
  | { readonly kind: 'command'; readonly command: string; readonly title: string; readonly hint: string }
  | { readonly kind: 'setting'; readonly setting: string; readonly title: string; readonly hint: string }
  | { readonly kind: 'advice'; readonly hint: string }

interface Entry {
  readonly message: string
  readonly remedy: Remedy
}

const chooseModel: Remedy = {
  kind: 'command',
  command: 'inkling.selectModel',
  title: 'Choose a model',
  hint: 'Choose another model (setting inkling.model, or --model), or leave it empty for the embedded one.',
}

const showLog: Remedy = { kind: 'command', command: 'inkling.showLog', title: 'Show log', hint: 'The log (Inkling: Show Log) has the details.' }

const chooseServer: Remedy = { kind: 'command', command: 'inkling.server.choose', title: 'Choose a server', hint: 'Choose a server and test the connection (“Inkling: Use a Server…”, settings inkling.server.url and inkling.server.model, or --server and --model), or go back to this machine (“Inkling: Write with This Machine”).' }

function advice(hint: string): Remedy {
  return { kind: 'advice', hint }
}

function setting(name: string, hint: string): Remedy {
  return { kind: 'setting', setting: name, title: 'Open setting', hint }
}

const catalogue = {
  'model-folder-missing': { message: 'There is no model folder at {folder}.', remedy: chooseModel },
  'model-file-missing': { message: 'The model folder {folder} lacks {files}.', remedy: advice('A model folder holds config.json, tokenizer.json (or vocab.json with merges.txt), and model.safetensors for GPT-2 or an ONNX export (onnx/model.onnx) for any other decoder.') },
  'model-file-broken': { message: 'The model file {file} cannot be read: {reason}.', remedy: advice('Copy or download the model again; the file is incomplete or was changed.') },
  'model-unsupported': { message: 'This model cannot run here: {reason}.', remedy: chooseModel },
  'model-tensor-missing': { message: 'The weights lack the tensor {tensor}.', remedy: advice('Use the unchanged files of a GPT-2 model (GPT2LMHeadModel).') },
  'model-tensor-shape': { message: 'The tensor {tensor} has shape {shape}, but config.json asks for {expected}.', remedy: advice('config.json and model.safetensors must come from the same model.') },
  'tokenizer-mismatch': { message: 'The tokenizer has {tokens} tokens, but the model knows {vocabulary}.', remedy: advice('Tokenizer and model must come from the same folder of the same model.') },
  'numbers-not-finite': { message: 'The model answered with numbers that are not finite.', remedy: chooseModel },
  'model-busy': { message: 'Another window or program is working on {model}.', remedy: advice('Wait until it is done, then try again.') },
  'model-not-installed': { message: 'The model {model} is not installed.', remedy: { kind: 'command', command: 'inkling.library.download', title: 'Download a model', hint: 'Download it (“Inkling: Download a Model”, or inkling models add).' } },
  'model-id-invalid': { message: '“{model}” is neither a folder nor the name of a model.', remedy: advice('Give a folder, or a name such as openai-community/gpt2 or distilgpt2.') },
  'model-in-use': { message: 'The model {model} is in use and cannot be changed now: {reason}.', remedy: { kind: 'command', command: 'inkling.restartEngine', title: 'Restart engine', hint: 'Restart the engine, or close what uses the model, and try again.' } },
  'model-damaged': { message: 'The installed model {model} is damaged: {problems}.', remedy: { kind: 'command', command: 'inkling.library.download', title: 'Download again', hint: 'Remove it and download it again.' } },
  'model-files-unfit': { message: '{model} cannot be used: {problems}.', remedy: advice('Inkling runs GPT-2 weights (model.safetensors) and text-generation ONNX exports of other decoders, each with config.json and its tokenizer.') },
  'download-unreachable': { message: '{host} cannot be reached: {reason}.', remedy: advice('Check the connection and the proxy (settings http.proxy, http.noProxy), then try again; what has arrived is kept.') },
  'download-cut': { message: 'The connection to {host} broke again and again; {received} of {size} bytes of {file} have arrived.', remedy: advice('Try again later; the download goes on where it stopped.') },
  'download-portal': { message: '{host} answered with a web page instead of {file}. This network probably wants you to sign in first.', remedy: advice('Open a browser, sign in to the network, then try again; what has arrived is kept.') },
  'download-refused': { message: '{host} refused {file} (status {status}).', remedy: advice('Try again later, or set a mirror (setting inkling.library.mirror).') },
  'download-altered': { message: 'Something on the way from {host} changes {file}: {reason}.', remedy: advice('Try another network, or set a mirror (setting inkling.library.mirror).') },
  'download-missing': { message: '{host} has no {file}.', remedy: advice('Check the name of the model; a mirror may lack it (setting inkling.library.mirror).') },
  'download-token': { message: '{host} gives {file} only to those who have signed in and agreed to its terms.', remedy: { kind: 'command', command: 'inkling.library.setToken', title: 'Enter access token', hint: 'Agree to the terms on the model’s page, then give an access token (“Inkling: Set Access Token”, or the environment variable HF_TOKEN).' } },
  'download-busy': { message: '{host} is busy and asks to wait {seconds} seconds.', remedy: advice('Try again then; the download goes on where it stopped.') },
  'download-size': { message: '{file} has {actual} bytes at {host} instead of {expected}.', remedy: advice('The file is not the published one; try again later or from another mirror.') },
  'download-hash': { message: '{file} from {host} is not the published file: its checksum is {actual}, not {expected}.', remedy: advice('The file was damaged or changed on the way, and is not used; try again later or from another mirror.') },
  'download-insecure': { message: '{host} leads to {target}, which is not allowed.', remedy: advice('Models are fetched over https only; use another mirror (setting inkling.library.mirror).') },
  'download-certificate': { message: 'The certificate of {host} is not trusted: {reason}.', remedy: setting('http.systemCertificates', 'A company proxy needs its certificate in the system’s store (setting http.systemCertificates, or NODE_EXTRA_CA_CERTS on the command line).') },
  'listing-invalid': { message: '{host} lists the files of {model} in a way that cannot be used: {reason}.', remedy: advice('Try again later, or choose another model.') },
  'server-unset': { message: 'No server is set to write with.', remedy: chooseServer },
  'server-address': { message: '“{address}” is no address of a server.', remedy: chooseServer },
  'server-insecure': { message: '{host} would be sent your text without encryption.', remedy: setting('inkling.server.allowHttp', 'Use https, or an SSH tunnel to a port of this machine; in a network that you trust, inkling.server.allowHttp (--allow-http) permits it.') },
  'server-unreachable': { message: '{host} cannot be reached: {reason}.', remedy: chooseServer },
  'server-certificate': { message: 'The certificate of {host} is not trusted: {reason}.', remedy: setting('http.systemCertificates', 'A certificate of your own needs its authority in the system’s store (setting http.systemCertificates, or NODE_EXTRA_CA_CERTS on the command line).') },
  'server-slow': { message: '{host} did not answer in {seconds} seconds.', remedy: advice('Wait until the server has less to do, or choose a smaller model there.') },
  'server-key': { message: '{host} refuses the key, or wants one.', remedy: { kind: 'command', command: 'inkling.server.setKey', title: 'Enter key', hint: 'Give the server’s key (“Inkling: Set Server Key…”, or the environment variable INKLING_SERVER_KEY).' } },
  'server-model-missing': { message: '{host} has no model {model}.', remedy: chooseServer },
  'server-model-unset': { message: '{host} has several models: {models}.', remedy: chooseServer },
  'server-no-completions': { message: '{host} does not know the completions protocol of OpenAI: status {status} for {path}.', remedy: chooseServer },
  'server-busy': { message: '{host} has too much to do now.', remedy: advice('Inkling waits as long as the server asks for, then goes on by itself.') },
  'server-refused': { message: '{host} does not take the request (status {status}): {reason}.', remedy: chooseServer },
  'server-failed': { message: '{host} failed (status {status}): {reason}.', remedy: advice('The server’s own log says more; Inkling tries again by itself.') },
  'server-context': { message: '{host} cannot hold the text: it is longer than the model’s context.', remedy: advice('Start the server with a longer context, or generate fewer tokens.') },
  'server-redirect': { message: '{host} sends requests on to {target}, which is not followed.', remedy: chooseServer },
  'server-web-page': { message: '{host} answered with a web page. This is no model server, or the network wants you to sign in first.', remedy: chooseServer },
  'server-garbled': { message: '{host} answered in a way that cannot be understood: {reason}.', remedy: chooseServer },
  'server-cut': { message: '{host} ended its answer in the middle.', remedy: advice('Inkling tries again by itself; the server’s own log says more.') },
  'server-no-logprobs': { message: '{host} does not say how likely its words are, so nothing can be suggested while you type.', remedy: advice('Use llama-server or vLLM (llama-cpp-python: start it with --logits_all true); commands that generate text work all the same.') },
  'server-no-scores': { message: '{host} cannot score a text that is there already.', remedy: advice('Use vLLM or llama-cpp-python, or a model on this machine.') },
  'server-no-tokenizer': { message: 'The protocol that {host} speaks has no way to count tokens.', remedy: advice('Use --max-new-tokens, or a model on this machine.') },
  'disk-space': { message: '{model} needs {needed} in {folder}, and only {free} are free.', remedy: advice('Free some space, or remove models that are not needed (“Inkling: Remove Model”, inkling models remove).') },
  'context-full': { message: 'The text is longer than the {length} tokens that this model can hold.', remedy: chooseModel },
  'prompt-empty': { message: 'There is no text to continue.', remedy: advice('Give a prompt of at least one word.') },
  'max-length-too-short': { message: 'The prompt alone has {promptTokens} tokens, and at most {maxLength} are allowed together.', remedy: advice('Raise --max-length, or use --max-new-tokens, which does not count the prompt.') },
  'selection-empty': { message: 'No text is selected.', remedy: { kind: 'command', command: 'inkling.generateFromPrompt', title: 'Generate from a prompt', hint: 'Select the text to start from, or use “Inkling: Generate from a Prompt”.' } },
  'document-refused': { message: 'The editor refused to change {file}.', remedy: advice('Check that the document is not read-only, then try again.') },
  'engine-start-failed': { message: 'The inference engine did not start: {reason}.', remedy: showLog },
  'engine-stopped': { message: 'The inference engine stopped while it worked ({reason}).', remedy: showLog },
  'engine-gave-up': { message: 'The inference engine stopped {count} times in a row and stays off.', remedy: { kind: 'command', command: 'inkling.restartEngine', title: 'Restart engine', hint: 'Restart it with “Inkling: Restart Engine”, or choose a smaller model.' } },
  'setting-invalid': { message: 'The setting {setting} is {value}, which is not {expected}; {fallback} is used.', remedy: setting('{setting}', 'Correct the value in the settings.') },
  'option-invalid': { message: 'The option {option} is {value}, which is not {expected}.', remedy: advice('See --help.') },
  'file-unreadable': { message: 'The file {file} cannot be read: {reason}.', remedy: advice('Check the path and its permissions.') },
  'file-unwritable': { message: 'The file {file} cannot be written: {reason}.', remedy: advice('Check the path, its permissions and the free space.') },
  'disk-full': { message: 'No space is left to write {file}.', remedy: advice('Free some space and try again; what was there before is unchanged.') },
  'device-unavailable': { message: 'The device {device} cannot be used: {reason}. The CPU is used instead.', remedy: setting('inkling.device', 'Set inkling.device to auto or cpu.') },
  'device-wrong': { message: 'The device {device} gives other numbers than the CPU (off by {percent} %). The CPU is used instead.', remedy: setting('inkling.device', 'Set inkling.device to auto or cpu; a newer graphics driver may help.') },
  'device-failed': { message: 'The device {device} failed while it worked: {reason}. The CPU is used from now on.', remedy: setting('inkling.device', 'Set inkling.device to auto or cpu, or choose a smaller model.') },
  'device-crashed': { message: 'The device {device} brought the engine down. The CPU is used instead.', remedy: { kind: 'command', command: 'inkling.measureDevices', title: 'Try it again', hint: 'Set inkling.device to auto or cpu.' } },
  'runtime-slow': { message: 'There is no native ONNX Runtime for {platform}. WebAssembly is used instead, which is several times slower.', remedy: advice('A small model, such as the one inside, is quick enough all the same.') },
  'model-too-large-here': { message: 'This model is too large for the editor’s own runtime, which gives at most 2 GiB of memory in one piece.', remedy: setting('inkling.nodePath', 'Let the engine run on a Node.js of your own (setting inkling.nodePath), or choose a smaller model or precision.') },
  'node-path-unusable': { message: 'The engine cannot run on {path}: {reason}. The editor’s own runtime is used.', remedy: setting('inkling.nodePath', 'Set inkling.nodePath to the program of Node.js 20.9 or newer, or leave it empty.') },
  'gan-setting-invalid': { message: 'The training setting {setting} is {value}, which is not {expected}.', remedy: advice('Give a value within these bounds, or choose a preset.') },
  'gan-setting-fixed': { message: 'The training setting {setting} cannot change while a run goes on.', remedy: advice('Start a new run with the new value; the present one is kept.') },
  'gan-checkpoint-broken': { message: 'The checkpoint cannot be read: {reason}.', remedy: advice('Go back to the checkpoint before it, or start the run again; the file is incomplete or was changed.') },
  'gan-checkpoint-other': { message: 'The checkpoint does not fit this run: {reason}.', remedy: advice('Open it as a run of its own, or start a new run.') },
  'gan-run-missing': { message: 'There is no training run at {folder}.', remedy: advice('Start one with “inkling gan train --out DIR”, or in the Studio.') },
  'gan-run-exists': { message: 'There is a training run at {folder} already.', remedy: advice('Continue it with --resume, or choose another folder.') },
  'gan-dataset-broken': { message: 'The pictures to learn from cannot be read: {reason}.', remedy: advice('Install the extension again, or choose other pictures.') },
  'gan-dataset-unlabelled': { message: 'These pictures do not say which digit they show, so digits to order cannot be learnt from them.', remedy: advice('Use the preset “stable” with pictures of your own.') },
  'gan-image-broken': { message: '{file} cannot be read: {reason}.', remedy: advice('Use PNG or JPEG files.') },
  'gan-images-none': { message: 'There is no picture to learn from in {folder}.', remedy: advice('Choose a folder with PNG or JPEG files.') },
  'gan-images-many': { message: 'There are more than {limit} pictures, and no more fit.', remedy: advice('Choose fewer.') },
  'gan-digits-invalid': { message: '“{digits}” is not a row of digits.', remedy: advice('Give one or more of the digits 0 to 9, as in 1957.') },
  'gan-digits-unconditional': { message: 'This run cannot draw digits to order: its networks never learnt which digit is which.', remedy: advice('Train one with the preset “digits”.') },
  'gan-diverged': { message: 'The training went wrong at step {step}: its numbers are no longer finite.', remedy: advice('Continue from the last checkpoint with smaller learning rates, or start again with the preset “digits”.') },
  'gan-backend-unavailable': { message: 'The training backend {backend} cannot be used here: {reason}.', remedy: advice('Choose another backend, or let the fastest be measured.') },
  'gan-backend-lost': { message: 'The training backend {backend} stopped at step {step}: {reason}.', remedy: advice('Resume from the last checkpoint, if need be on another backend.') },
  'studio-no-document': { message: 'There is no document to put the picture into.', remedy: advice('Open a document, put the caret where the picture belongs, and come back.') },
  'studio-document-unsaved': { message: 'The document has no file yet, so a picture cannot lie beside it.', remedy: { kind: 'command', command: 'workbench.action.files.save', title: 'Save', hint: 'Save the document first.' } },
  'studio-document-changed': { message: 'The document could not be changed.', remedy: advice('Check that it is not read-only; the picture lies beside it.') },
  'studio-asset-missing': { message: 'The Studio’s file {file} cannot be loaded: {reason}.', remedy: advice('Install the extension again.') },
  'studio-worker-lost': { message: 'The trainer stopped: {reason}.', remedy: advice('Open the run again; it goes on from its last checkpoint.') },
  'studio-export-failed': { message: 'The export could not be made: {reason}.', remedy: showLog },
  'internal': { message: 'Something went wrong inside Inkling: {reason}.', remedy: showLog },
} as const satisfies Record<string, Entry>

export type ErrorCode = keyof typeof catalogue

type Placeholders<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never

/** The facts that the message of `C` names. */
export type Facts<C extends ErrorCode> = { readonly [K in Placeholders<(typeof catalogue)[C]['message']>]: string | number }

/** An error that a user may see: one of the catalogue, with its facts. */
export class InklingError extends Error {
  private constructor(
    readonly code: ErrorCode,
    readonly facts: Readonly<Record<string, string | number>>,
    options?: ErrorOptions,
  ) {
    super(fill(catalogue[code].message, facts), options)
    this.name = 'InklingError'
  }

  /** @param cause what was caught, for the log */
  static of<C extends ErrorCode>(code: C, facts: Facts<C>, cause?: unknown): InklingError {
    return new InklingError(code, facts, cause === undefined ? undefined : { cause })
  }

  /** Rebuilds an error that came over a process boundary; an unknown code becomes `internal`. */
  static fromWire(wire: ErrorOnWire): InklingError {
    return isErrorCode(wire.code)
      ? new InklingError(wire.code, wire.facts)
      : InklingError.of('internal', { reason: wire.code })
  }

  /** The message with its placeholders, to be translated. */
  get template(): string {
    return catalogue[this.code].message
  }

  get remedy(): Remedy {
    const { remedy }: Entry = catalogue[this.code]
    return remedy.kind === 'setting' ? { ...remedy, setting: fill(remedy.setting, this.facts) } : remedy
  }
}

/** An error as it crosses a process boundary. */
export interface ErrorOnWire {
  readonly code: string
  readonly facts: Readonly<Record<string, string | number>>
}

/** Anything thrown, as a catalogue error; what is not one of ours becomes `internal` and keeps its cause for the log. */
export function toInklingError(error: unknown): InklingError {
  if (error instanceof InklingError) return error
  const reason = reasonOf(error)
  return InklingError.of('internal', { reason }, error)
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(catalogue, code)
}

function fill(template: string, facts: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(facts, name) ? String(facts[name]) : whole))
}

/** What a failure says of itself, for the facts of an error. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
