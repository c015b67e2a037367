import type { TrainingSettings } from './settings'

/**
 * The learning rate of the `update`th Adam update, counted from 1, with the bias correction of both moments in it
 * (Kingma and Ba, "Adam", 2015, end of section 2; Keras does the same, so ε stands beside the uncorrected root).
 */
export function correctedRate(learningRate: number, update: number, { beta1, beta2 }: Pick<TrainingSettings, 'beta1' | 'beta2'>): number {
  return (learningRate * Math.sqrt(1 - beta2 ** update)) / (1 - beta1 ** update)
}
