import { Mutex } from '../base/mutex'
import { Disposable } from '../base/lifecycle'
import type { LanguageModel } from '../language/languageModel'
import { WarmContext } from '../language/warmContext'

interface Session {
  readonly context: WarmContext
  readonly mutex: Mutex
  users: number
}

/**
 * The contexts of one model by session (a document): requests of one session run one after another on one key/value
 * cache, so that each costs only what changed; different sessions do not wait for each other.
 */
export class Sessions extends Disposable {
  private readonly sessions = new Map<string, Session>()

  /** @param keep caches that stay when nobody uses them; the least recently used goes first */
  constructor(
    private readonly model: LanguageModel,
    private readonly keep: number,
  ) {
    super()
  }

  async use<T>(name: string, work: (context: WarmContext) => Promise<T>): Promise<T> {
    const session = this.sessions.get(name) ?? { context: new WarmContext(this.model.open()), mutex: new Mutex(), users: 0 }
    // Last in the map is the most recently used.
    this.sessions.delete(name)
    this.sessions.set(name, session)
    session.users++
    try {
      return await session.mutex.run(() => work(session.context))
    } finally {
      session.users--
      this.makeRoom(this.keep)
    }
  }

  override dispose(): void {
    super.dispose()
    this.makeRoom(0)
  }

  private makeRoom(keep: number): void {
    for (const [name, session] of [...this.sessions]) {
      if (this.sessions.size <= keep) return
      if (session.users > 0) continue
      this.sessions.delete(name)
      session.context.dispose()
    }
  }
}
