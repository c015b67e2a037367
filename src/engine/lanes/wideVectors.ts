/** Set in the environment of an engine that follows one that has died: it leaves V8's flags as they are. */
export const narrowVectors = { INKLING_VECTORS: 'narrow' }

export const isCareful = process.env.INKLING_VECTORS === narrowVectors.INKLING_VECTORS

/**
 * Makes one instruction of two that do the same with neighbouring vectors of 128 bits, where the processor has 256. V8 calls it
 * an experiment, which it applies to our kernels alone: they are the only modules that are compiled while the flag is set.
 */
export const wideFlag = 'experimental-wasm-revectorize'

/** The first version of V8 that these kernels were tried with. */
const firstVersion = 13

/** Whether V8 can make wide code here. Node for Macs is built without it. */
export const hasWideVectors = process.arch === 'x64' && process.platform !== 'darwin' && Number.parseInt(process.versions.v8) >= firstVersion && !isCareful
