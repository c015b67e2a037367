import type { Classifier} from './classifier';
import { featureCount } from './classifier'
import { FrechetDistance, statisticsOf } from './frechet'
import { digitCount } from './network'
import type { Score, Scorer } from './quality'

const confidentFrom = 0.8
/** A digit counts as covered when at least this share of the samples shows it. */
const coveredFrom = 0.02

/** Judges samples with the shipped classifier. */
export class DigitScorer implements Scorer {
  private readonly distance: FrechetDistance

  constructor(private readonly classifier: Classifier) {
    this.distance = new FrechetDistance(classifier.real)
  }

  score(step: number, pixels: Uint8Array, asked: Uint8Array | undefined): Score {
    const { features, probabilities } = this.classifier.judge(pixels)
    const count = features.length / featureCount
    const shown = new Array<number>(digitCount).fill(0)
    let confident = 0
    let right = 0
    for (let i = 0; i < count; i++) {
      const row = probabilities.subarray(i * digitCount, (i + 1) * digitCount)
      const likeliest = row.indexOf(Math.max(...row))
      if (likeliest < 0) continue
      shown[likeliest] = (shown[likeliest] ?? 0) + 1
      if ((row[likeliest] ?? 0) >= confidentFrom) confident++
      if (asked?.[i] === likeliest) right++
    }
    return {
      step,
      count,
      confident: confident / count,
      coverage: shown.filter((times) => times >= coveredFrom * count).length,
      asked: asked && right / count,
      distance: this.distance.to(statisticsOf(features, featureCount)),
    }
  }
}
