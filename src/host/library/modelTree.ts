import * as vscode from 'vscode'
import { Disposable } from '../../base/lifecycle'
import type { ModelListEntry } from '../../library/describeModel'
import type { ModelChoice } from './modelChoice'
import { modelItem } from './modelItem'
import type { ModelLibrary } from './modelLibrary'
import type { Speeds } from './speeds'

/** A line of the view that is a model. A class, so that a command can tell it from whatever else it may be given. */
export class ModelNode {
  constructor(readonly entry: ModelListEntry) {}
}

type Node = 'here' | 'available' | ModelNode

/** The view “Models”: what is here, and what can be downloaded. */
export class ModelTree extends Disposable implements vscode.TreeDataProvider<Node> {
  private readonly changes = this.register(new vscode.EventEmitter<void>())
  readonly onDidChangeTreeData = this.changes.event

  constructor(
    private readonly library: ModelLibrary,
    private readonly choice: ModelChoice,
    private readonly speeds: Speeds,
  ) {
    super()
    this.register(library.onChange(() => this.changes.fire()))
    this.register(speeds.onChange(() => this.changes.fire()))
    this.register(vscode.window.createTreeView('inkling.models', { treeDataProvider: this, showCollapseAll: false }))
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node === undefined) return ['here', 'available']
    if (node instanceof ModelNode) return []
    const entries = await this.library.entries()
    return entries.filter(({ state }) => (state === 'available') === (node === 'available')).map((entry) => new ModelNode(entry))
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (!(node instanceof ModelNode)) {
      const label = node === 'here' ? vscode.l10n.t('On this machine') : vscode.l10n.t('Available')
      const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded)
      item.id = node
      return item
    }
    const { entry } = node
    const { folder } = entry
    const look = modelItem(entry, {
      isDefault: folder !== undefined && folder === this.choice.defaultFolder,
      languages: (folder === undefined ? undefined : this.choice.languagesByFolder().get(folder)) ?? [],
      tokensPerSecond: folder === undefined ? undefined : this.speeds.of(folder),
    })
    const item = new vscode.TreeItem(look.label, vscode.TreeItemCollapsibleState.None)
    item.id = `${entry.state}:${entry.id}`
    item.description = look.description
    item.iconPath = new vscode.ThemeIcon(look.icon)
    item.contextValue = look.contextValue
    item.tooltip = tooltip(entry.summary, look.facts)
    item.accessibilityInformation = { label: `${look.label}, ${look.description}` }
    return item
  }
}

function tooltip(summary: string, facts: readonly (readonly [string, string])[]): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString()
  if (summary !== '') markdown.appendText(vscode.l10n.t(summary)).appendMarkdown('\n\n')
  // Values come from model files and settings: text, never Markdown.
  for (const [name, value] of facts) markdown.appendMarkdown(`**${vscode.l10n.t(name)}**: `).appendText(value).appendMarkdown('  \n')
  return markdown
}
