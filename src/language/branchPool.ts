import type { IDisposable } from '../base/lifecycle'
import type { Branches } from './languageModel'
import { commonPrefix, type WarmContext } from './warmContext'

/** Free until they are used: a branch without tokens has no rows. */
const branchCount = 16

interface Branch {
  readonly index: number
  /** Tokens behind the shared prefix. */
  readonly tokens: number[]
}

/**
 * Evaluates token paths behind one prompt in batches. A path that goes on where an earlier one ended costs one token; one
 * that turns off elsewhere is run from the prompt on in a branch of its own.
 */
export class BranchPool implements IDisposable {
  private branches: Branches
  private states: Branch[]

  constructor(private readonly context: WarmContext) {
    this.branches = context.fork(branchCount)
    this.states = emptyBranches()
  }

  /**
   * @param paths at most 16, none of them empty
   * @param visit called once for each path with the logits after it: [vocabulary], valid during the call
   * @throws CancelledError between tokens
   */
  async evaluate(paths: readonly (readonly number[])[], visit: (path: number, logits: Float32Array) => void, signal?: AbortSignal): Promise<void> {
    const assigned = this.assign(paths) ?? this.assignAnew(paths)
    for (;;) {
      const active = assigned.map((_, path) => path).filter((path) => (assigned[path]?.tokens.length ?? 0) < (paths[path]?.length ?? 0))
      if (active.length === 0) return
      const next = active.map((path) => paths[path]?.[assigned[path]?.tokens.length ?? 0] ?? 0)
      const logits = await this.branches.extend(active.map((path) => assigned[path]?.index ?? 0), Int32Array.from(next), signal)
      active.forEach((path, i) => {
        assigned[path]?.tokens.push(next[i] ?? 0)
        const reached = logits[i]
        if (reached !== undefined && assigned[path]?.tokens.length === paths[path]?.length) visit(path, reached)
      })
    }
  }

  dispose(): void {
    this.branches.dispose()
  }

  /** For each path the branch that already holds most of it, none twice; undefined when they do not suffice. */
  private assign(paths: readonly (readonly number[])[]): Branch[] | undefined {
    const free = new Set(this.states)
    const assigned: Branch[] = []
    for (const path of paths) {
      let best: Branch | undefined
      for (const branch of free) {
        const held = branch.tokens.length
        if (held < path.length && held >= (best?.tokens.length ?? 0) && commonPrefix(branch.tokens, path) === held) best = branch
      }
      if (best === undefined) return undefined
      free.delete(best)
      assigned.push(best)
    }
    return assigned
  }

  private assignAnew(paths: readonly (readonly number[])[]): Branch[] {
    this.branches.dispose()
    this.branches = this.context.fork(branchCount)
    this.states = emptyBranches()
    return this.states.slice(0, paths.length)
  }
}

function emptyBranches(): Branch[] {
  return Array.from({ length: branchCount }, (_, index) => ({ index, tokens: [] }))
}
