import * as plan from './plan'

// The instructions for both let a thread of Node 20 sleep for ever (V8 11.3), those of JavaScript do not.
/** Sleeps until it is woken, unless the number at the address is another one already. */
@external('env', 'sleep')
declare function sleep(address: usize, value: u32): void
/** Wakes all who sleep at the address. */
@external('env', 'wake')
declare function wake(address: usize): void

/** Looks at a number that another thread changes before a thread goes to sleep: some microseconds. On a busy machine more are lost to all. */
const looksAtBarrier: u32 = 5_000
/** Between two tokens their choice passes, some tenths of a millisecond. To wake a thread for each takes a fifth of the speed away. */
const looksBetweenSteps: u32 = 500_000

/** A number of the plan. */
@inline
export function field(at: usize, offset: usize): usize {
  return load<u32>(at + offset)
}

/**
 * Takes the next piece of a stage's work: threads that the system holds up leave more of it to the others.
 * @returns where it begins; at or behind the end there is none left
 */
@inline
export function claim(at: usize, pieces: usize): usize {
  return atomic.add<u32>(at, <u32>pieces, plan.claimed)
}

/** Ends a stage: nobody goes on before all have done their part. */
export function barrier(at: usize): void {
  const threads = load<u32>(at, plan.active)
  if (threads == 1) return store<u32>(at, 0, plan.claimed)
  const phase = atomic.load<u32>(at, plan.phase)
  if (atomic.add<u32>(at, 1, plan.arrived) == threads - 1) {
    store<u32>(at, 0, plan.claimed)
    atomic.store<u32>(at, 0, plan.arrived)
    atomic.add<u32>(at, 1, plan.phase)
    if (atomic.load<u32>(at, plan.sleeping) > 0) wake(at + plan.phase)
  } else {
    waitWhile(at, plan.phase, phase, looksAtBarrier, plan.sleeping)
  }
}

/** Waits for another generation than `seen`. @returns it, with the threads that take part in its lowest eight bits */
export function nextGeneration(at: usize, isFew: bool, seen: u32): u32 {
  if (isFew) {
    waitWhile(at, plan.generation, seen, looksBetweenSteps, plan.sleeping)
    return atomic.load<u32>(at, plan.generation)
  }
  waitWhile(at, plan.manyGeneration, seen, looksBetweenSteps, plan.sleepingMany)
  return atomic.load<u32>(at, plan.manyGeneration)
}

/** Lets waiting threads go on, `threads` to take part with the caller; 0 lets all go. */
export function beginGeneration(at: usize, threads: u32): void {
  const number = (atomic.load<u32>(at, plan.generation) >> 8) + 1
  store<u32>(at, threads, plan.active)
  atomic.store<u32>(at, (number << 8) | threads, plan.generation)
  if (atomic.load<u32>(at, plan.sleeping) > 0) wake(at + plan.generation)
  if (threads > 0 && threads <= <u32>field(at, plan.few)) return
  atomic.store<u32>(at, (number << 8) | threads, plan.manyGeneration)
  if (atomic.load<u32>(at, plan.sleepingMany) > 0) wake(at + plan.manyGeneration)
}

@inline
function waitWhile(at: usize, offset: usize, value: u32, looks: u32, sleepers: usize): void {
  for (let look: u32 = 0; atomic.load<u32>(at + offset) == value; look++) {
    if (look < looks) continue
    // Who changes the number looks for sleepers afterwards, and whoever goes to sleep looks at the number once more.
    atomic.add<u32>(at + sleepers, 1)
    sleep(at + offset, value)
    atomic.sub<u32>(at + sleepers, 1)
  }
}
