import * as path from 'node:path'
import * as vscode from 'vscode'
import type { Portion } from './completion/acceptance'
import { Later } from './base/later'
import { EngineClient } from './engine/client'
import { AutoDevice } from './engine/devices/autoDevice'
import { ChildProber } from './engine/devices/childProber'
import { DeviceMemory } from './engine/devices/deviceMemory'
import { setupOf } from './engine/devices/setup'
import { TrialRoom } from './engine/devices/trialRoom'
import { forkEngine, type ForkOptions } from './engine/fork'
import { EnginePlaces } from './engine/places'
import { startLate } from './engine/lateProcess'
import { engineRestartPolicy } from './engine/restartPolicy'
import { systemClock } from './engine/systemClock'
import { acceptSuggestion } from './host/commands/accept'
import { showAlternatives } from './host/commands/alternatives'
import { chooseSnooze, toggleSuggestions } from './host/commands/preferences'
import { libraryCommands, serverCommands } from './host/commands/names'
import { commandsOf, registerCommands } from './host/commands/register'
import { WriteCommands } from './host/commands/write'
import { DeviceWatch, measureDevicesAgain } from './host/deviceWatch'
import { WritingEngine } from './host/engineHost'
import { InlineProvider } from './host/inlineProvider'
import { ModelChoice } from './host/library/modelChoice'
import { ModelLibrary } from './host/library/modelLibrary'
import { ModelTree } from './host/library/modelTree'
import { Speeds } from './host/library/speeds'
import { NodeProgram } from './host/nodeProgram'
import { Reporter } from './host/reporter'
import { ServerChoice } from './host/server/serverChoice'
import { Settings } from './host/settings'
import { Snooze } from './host/snooze'
import { StatusBar } from './host/statusBar'
import { showStatusMenu } from './host/statusMenu'
import type { StatusInput } from './host/statusView'
import { StudioDoor } from './host/studio/studioDoor'
import { Suggestions } from './host/suggestionSettings'
import { WarmUp } from './host/warmUp'
import { ModelStore } from './library/store'

/** Builds the objects and hands them to each other. Nothing else happens here. What is heavy is loaded when it is first used. */
export function start(context: vscode.ExtensionContext): void {
  const own = <T extends vscode.Disposable>(child: T): T => (context.subscriptions.push(child), child)

  const reporter = own(new Reporter(process.env.INKLING_TRACE))
  const settings = own(new Settings((error) => reporter.tellOnce(error)))
  const snooze = own(new Snooze(systemClock))

  const storage = context.globalStorageUri.fsPath
  const child = (script: string): (() => ForkOptions) => () => ({ script: path.join(context.extensionPath, 'dist', script), program: node.program })
  const client = own(new EngineClient(forkEngine(child('engine.js')), engineRestartPolicy, systemClock))
  const node = own(new NodeProgram(settings, (error) => reporter.tellOnce(error), () => client.restart()))
  const version = String((context.extension.packageJSON as { version: unknown }).version)
  const devices = own(
    new AutoDevice({
      prober: new ChildProber(child('probe.js'), systemClock, 60_000, (text) => reporter.info(text)),
      memory: new DeviceMemory(path.join(storage, 'devices')),
      room: new TrialRoom(path.join(storage, 'devices', 'measuring.lock')),
      log: (text) => reporter.info(text),
      clock: systemClock,
      setupOf: (spec) => setupOf(spec, version),
      load: (model) => client.call('load', { model }),
      idleMs: 20_000,
    }),
  )
  const embeddedModel = path.join(context.extensionPath, 'media/model')
  const store = new ModelStore(path.join(storage, 'library'))
  const models = new ModelChoice(settings, store, embeddedModel)
  const speeds = own(new Speeds(context.globalState))
  const server = new ServerChoice(settings, context.secrets)
  const served = own(new EngineClient(startLate(async () => (await import('./engine/remote/inProcess')).serveInProcess({ keyFor: (url) => server.keyFor(url), clock: systemClock })), engineRestartPolicy, systemClock))
  // A new key ends the pause that the old one has brought about.
  own(context.secrets.onDidChange(() => served.restart()))
  const places = own(new EnginePlaces(client, served))
  const engine = new WritingEngine(places, settings, models, server, speeds, devices, node, path.join(storage, 'graphs'))
  const library = own(new ModelLibrary(store, embeddedModel, settings, context.secrets, (error) => reporter.tellOnce(error)))
  own(new ModelTree(library, models, speeds))
  const write = own(new WriteCommands(engine, settings))

  const suggestions = new Suggestions(settings, () => engine.contextLength)
  const completer = own(new Later(async () => new (await import('./completion/completer')).Completer(engine, systemClock)))
  const provider = own(new InlineProvider(completer, suggestions, settings, snooze, reporter))
  own(new WarmUp(engine, suggestions, reporter, server, settings, () => provider.expectReading(), (editor) => provider.readAhead(editor)))

  const studio = own(new StudioDoor(context, reporter))

  const status = (): StatusInput => {
    const document = vscode.window.activeTextEditor?.document
    const modelError = server.host === undefined ? models.errorFor(document?.languageId) : undefined
    return { engine: places.state, modelError, snoozedMs: snooze.remainingMs, suggestions: document && suggestions.mode(document), server: server.host }
  }
  const statusBar = own(new StatusBar(status))
  own(places.onState(() => statusBar.update()))
  own(places.onLog(({ level, text }) => (level === 'info' ? reporter.info(text) : reporter.warn(text))))
  own(new DeviceWatch(client, devices, speeds, reporter, context.globalState))
  own(snooze.onChange(() => statusBar.update()))
  own(vscode.window.onDidChangeActiveTextEditor(() => statusBar.update()))
  own(
    settings.onChange(() => {
      completer.now?.forget()
      statusBar.update()
    }),
  )

  const accept = (portion: Portion) => () => acceptSuggestion(portion, (document, position) => provider.remembered(document, position))
  own(
    registerCommands(
      {
        acceptSuggestion: accept('all'),
        acceptNextWord: accept('word'),
        acceptLine: accept('line'),
        continueWriting: () => write.continueWriting(),
        generateFromPrompt: () => write.generateFromPrompt(),
        generateFromSelection: () => write.generateFromSelection(),
        showAlternatives: () => showAlternatives(engine, settings),
        stop: () => write.stop(),
        toggleSuggestions,
        snooze: () => chooseSnooze(snooze),
        wake: () => snooze.end(),
        showStatus: async () => showStatusMenu(status(), await engine.deviceOutcomes(vscode.window.activeTextEditor?.document.languageId).catch(() => undefined)),
        measureDevices: () => measureDevicesAgain(engine),
        ...commandsOf(libraryCommands, own(new Later(async () => new (await import('./host/library/libraryCommands')).LibraryCommands(library, models)))),
        ...commandsOf(serverCommands, own(new Later(async () => new (await import('./host/server/serverCommands')).ServerCommands(server)))),
        restartEngine: () => places.restart(),
        showLog: () => reporter.show(),
        openStudio: () => studio.open(),
        startTraining: () => studio.control('run'),
        pauseTraining: () => studio.control('pause'),
        openSettings: () => vscode.commands.executeCommand('workbench.action.openSettings', '@ext:inkling.inkling'),
      },
      reporter,
    ),
  )
}
