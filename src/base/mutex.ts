/** Runs asynchronous sections one after another, in the order in which they asked. */
export class Mutex {
  private tail: Promise<unknown> = Promise.resolve()

  run<T>(section: () => Promise<T>): Promise<T> {
    const turn = this.tail.then(section, section)
    // The next section runs whether or not this one failed.
    this.tail = turn.catch(() => undefined)
    return turn
  }
}
