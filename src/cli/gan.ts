import type { Io } from './io'
import { UsageError } from './options'

export const ganUsage = `inkling gan train --steps N --out DIR [--preset article|stable|digits] [--batch N] [--seed S] [--set NAME=VALUE …]
                  [--backend auto|native|tfjs-node|wasm|cpu]
inkling gan train --resume DIR [--steps N] [--out DIR] [--set NAME=VALUE …] [--backend …]
inkling gan sample --run DIR (--count N | --digits 1957) --out FILE.png|FILE.npy [--seed S] [--json]

Trains the MNIST GAN on the digits that come along, and draws with it. The preset is digits: digits to order. --set changes
any other setting of the Studio, such as r1Gamma=0 or generatorWidths=128,256. --resume goes on where a run stopped, in its
own folder or a new one; --steps is then the total, or so many more when the run has that many already. Ctrl+C writes a
checkpoint. A .npy file holds uint8 [n, 28, 28], 0 for paper and 255 for ink.`

/** The GAN's commands load their runtimes on first use, so that the others do not wait for them. */
export async function ganCommand(args: readonly string[], io: Io, studioFolder: string): Promise<void> {
  const [action = '', ...rest] = args
  switch (action) {
    case 'train':
      return (await import('./ganTrain')).ganTrain(rest, io, studioFolder)
    case 'sample':
      return (await import('./ganSample')).ganSample(rest, io, studioFolder)
    default:
      throw new UsageError(action === '' ? 'one of train and sample is missing' : `there is no action ${action}`)
  }
}
