import * as vscode from 'vscode'

/** Work shorter than this needs no notification. */
const quietMs = 1000

/** Runs `work` so that it can be stopped: a notification with progress and a cancel button appears after a second. */
export async function runCancellable<T>(
  title: string,
  work: (signal: AbortSignal, report: (message: string) => void) => Promise<T>,
  controller = new AbortController(),
): Promise<T> {
  let message: string | undefined
  let show: ((message: string) => void) | undefined
  const result = work(controller.signal, (text) => {
    message = text
    show?.(text)
  })
  const timer = setTimeout(() => {
    void vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title, cancellable: true }, async (progress, token) => {
      token.onCancellationRequested(() => controller.abort())
      show = (text) => progress.report({ message: text })
      if (message !== undefined) show(message)
      // The caller gets the failure; the notification only has to end.
      await result.catch(() => undefined)
    })
  }, quietMs)
  try {
    return await result
  } finally {
    clearTimeout(timer)
  }
}

/** An AbortSignal for the editor's token. */
export function signalOf(token: vscode.CancellationToken): AbortSignal {
  const controller = new AbortController()
  if (token.isCancellationRequested) controller.abort()
  else token.onCancellationRequested(() => controller.abort())
  return controller.signal
}
