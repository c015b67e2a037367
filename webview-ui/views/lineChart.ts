import uPlot from 'uplot'
import { h } from '../dom'
import type { Theme } from '../pictures/palette'
import { compact, grouped } from './numbers'

export interface Line {
  readonly label: string
  /** A chart colour of the editor's theme, by its CSS variable. */
  readonly color: string
  readonly fallback: string
  /** Thin and faint: the noise behind a smoothed line. */
  readonly faint?: boolean
  readonly dots?: boolean
  readonly dash?: readonly number[]
}

export interface ChartOptions {
  readonly label: string
  readonly lines: readonly Line[]
  readonly height: number
  /** Fixed range of the values; undefined fits them. */
  readonly range?: readonly [number, number]
  readonly logarithmic?: boolean
  readonly format?: (value: number) => string
}

/** Lines over training steps, in the editor's colours. */
export class LineChart {
  readonly element: HTMLElement
  private readonly legend: HTMLElement
  private readonly plotBox: HTMLElement
  private plot: uPlot | undefined
  private data: readonly (readonly (number | null)[])[]

  constructor(
    private readonly options: ChartOptions,
    private readonly theme: Theme,
  ) {
    this.data = [[], ...options.lines.map(() => [])]
    this.plotBox = h('div', { class: 'plot', role: 'img', 'aria-label': options.label })
    this.legend = h('ul', { class: 'legend', 'aria-hidden': 'true' })
    this.element = h('div', { class: 'chart' }, this.plotBox, this.legend)
    new ResizeObserver(() => this.resize()).observe(this.plotBox)
    theme.onChange(() => this.rebuild())
  }

  /** @param data steps, then the values of each line, all of one length */
  set(data: readonly (readonly (number | null)[])[], summary: string): void {
    this.data = data
    this.plotBox.setAttribute('aria-label', `${this.options.label}. ${summary}`)
    if (this.plot) this.plot.setData(mutable(data))
    else this.rebuild()
  }

  private resize(): void {
    const width = this.plotBox.clientWidth
    if (width === 0) return
    if (this.plot) this.plot.setSize({ width, height: this.options.height })
    else this.rebuild()
  }

  private rebuild(): void {
    this.plot?.destroy()
    this.plot = undefined
    const width = this.plotBox.clientWidth
    if (width === 0) return
    const { options, theme } = this
    const text = theme.color('--vscode-descriptionForeground', theme.isDark ? '#aaaaaa' : '#555555')
    // Faint in every theme: the themes' own guides are white in high contrast.
    const grid = 'rgba(128, 128, 128, 0.3)'
    const font = `11px ${theme.color('--vscode-font-family', 'sans-serif')}`
    const colors = options.lines.map(({ color, fallback }) => theme.color(color, fallback))
    const axis: uPlot.Axis = { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: 4 } }
    const format = options.format ?? compact
    this.plot = new uPlot(
      {
        width,
        height: options.height,
        legend: { show: false },
        cursor: { points: { size: 6 }, drag: { x: false, y: false } },
        scales: {
          x: { time: false },
          y: { ...(options.range && { range: [options.range[0], options.range[1]] as [number, number] }), ...(options.logarithmic && { distr: 3 as const }) },
        },
        axes: [
          { ...axis, size: 26, values: (_, ticks) => ticks.map(compact) },
          { ...axis, size: 46, values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : format(tick))) },
        ],
        series: [
          {},
          ...options.lines.map((line, i): uPlot.Series => ({
            label: line.label,
            stroke: colors[i] ?? '#888888',
            width: line.faint ? 1 : 2,
            alpha: line.faint ? 0.25 : 1,
            points: { show: line.dots ?? false, size: 5 },
            spanGaps: true,
            ...(line.dash && { dash: [...line.dash] }),
          })),
        ],
        hooks: { setCursor: [(plot) => this.drawLegend(plot, colors, format)] },
      },
      mutable(this.data),
      this.plotBox,
    )
    this.drawLegend(this.plot, colors, format)
  }

  /** The colours' names, with the values under the pointer. */
  private drawLegend(plot: uPlot, colors: readonly string[], format: (value: number) => string): void {
    const at = plot.cursor.idx
    const step = at === null || at === undefined ? undefined : plot.data[0][at]
    const items = this.options.lines.flatMap((line, i) => {
      if (line.faint) return []
      const value = at === null || at === undefined ? undefined : plot.data[i + 1]?.[at]
      const swatch = h('span', { class: 'swatch' })
      swatch.style.backgroundColor = colors[i] ?? ''
      return [h('li', {}, swatch, line.label, typeof value === 'number' ? h('b', {}, format(value)) : undefined)]
    })
    if (step !== undefined) items.push(h('li', { class: 'legend-step' }, `step ${grouped(step)}`))
    this.legend.replaceChildren(...items)
  }
}

/** uPlot's types ask for arrays that it may change; it does not. */
function mutable(data: readonly (readonly (number | null)[])[]): uPlot.AlignedData {
  const [steps = [], ...values] = data
  return [steps.map((step) => step ?? 0), ...values.map((line) => line.map((value) => (value !== null && Number.isFinite(value) ? value : null)))]
}
