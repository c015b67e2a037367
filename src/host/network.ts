import * as vscode from 'vscode'

/** Whether certificates have to be valid. Never a workspace's value: it would let a hostile one listen in. */
export function strictCertificates(): boolean {
  return vscode.workspace.getConfiguration('http').inspect<boolean>('proxyStrictSSL')?.globalValue !== false
}
