type Attribute = string | number | boolean | undefined
type Child = Node | string | undefined

interface Props {
  readonly class?: string
  readonly on?: Readonly<Record<string, (event: Event) => void>>
  /** Attributes; `true` is the empty attribute, `false` and undefined none. */
  readonly [attribute: string]: Attribute | Readonly<Record<string, (event: Event) => void>>
}

/** An element with its attributes, listeners and children. Text is always text, never markup. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props?: Props, ...children: readonly Child[]): HTMLElementTagNameMap[K]
export function h(tag: string, props?: Props, ...children: readonly Child[]): HTMLElement
export function h(tag: string, props: Props = {}, ...children: readonly Child[]): HTMLElement {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (typeof value !== 'object') setAttribute(element, name, value)
  }
  for (const [event, listener] of Object.entries(props.on ?? {})) element.addEventListener(event, listener)
  append(element, children)
  return element
}

export function setAttribute(element: Element, name: string, value: Attribute): void {
  if (value === false || value === undefined) element.removeAttribute(name)
  else element.setAttribute(name, value === true ? '' : String(value))
}

export function replaceChildren(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren(...children.filter((child) => child !== undefined))
}

function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) if (child !== undefined) parent.append(child)
}

export function setText(element: Element, text: string): void {
  // Unchanged text is not written again: a screen reader would hear a change.
  if (element.textContent !== text) element.textContent = text
}

/** A codicon; said by the text beside it, so silent to a screen reader. */
export function icon(name: string): HTMLElement {
  return h('span', { class: `codicon codicon-${name}`, 'aria-hidden': 'true' })
}

export interface ButtonOptions {
  readonly icon?: string
  readonly secondary?: boolean
  readonly title?: string
  readonly id?: string
}

/** A button of the editor's look. */
export function button(label: string, onClick: () => void, options: ButtonOptions = {}): HTMLElement & { disabled: boolean } {
  return h('vscode-button', { secondary: options.secondary ?? false, title: options.title, id: options.id, on: { click: onClick } }, options.icon === undefined ? undefined : icon(options.icon), label)
}

/** A small button that shows an icon only. */
export function iconButton(name: string, label: string, onClick: () => void): HTMLButtonElement {
  return h('button', { type: 'button', class: 'icon-button', 'aria-label': label, title: label, on: { click: onClick } }, icon(name))
}
