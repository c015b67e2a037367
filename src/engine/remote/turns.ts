import { Mutex } from '../../base/mutex'

/** Lets requests of one name (a document) go one after another, so that never two of them are on their way. */
export class Turns {
  private readonly waiting = new Map<string, { readonly mutex: Mutex; users: number }>()

  async take<T>(name: string, section: () => Promise<T>): Promise<T> {
    const turn = this.waiting.get(name) ?? { mutex: new Mutex(), users: 0 }
    this.waiting.set(name, turn)
    turn.users++
    try {
      return await turn.mutex.run(section)
    } finally {
      turn.users--
      if (turn.users === 0) this.waiting.delete(name)
    }
  }
}
