/** What the writer of `bench:keystroke` has written, and goes on to write: prose made for it, in one long paragraph each. */

/** Stands in the document: some 250 words. */
export const before = `# The mill

The mill had stood empty for eleven years when my sister bought it. Nobody in the village could say who owned it before her, only that the wheel had been taken out in the winter of the great flood and that the roof had been sound until somebody carried off the lead. She paid less for it than I had paid for my car. The notary, a patient man with a cold, read the whole deed aloud to us, as the law demands, and stopped at the end of each page to ask whether we had understood. We said that we had. There was a right of way across the meadow, and a duty to keep the ditch clear, and a sentence about eels that he read twice because he did not believe it himself.

We went there in the first week of March with a borrowed van, two ladders and a box of candles. Upstairs the floor was good. The beams were oak, and somebody had written numbers on them with a carpenter's pencil, and next to the numbers a name, and next to the name a year. In the corner stood a chair with three legs and a stove with none. My sister sat down on the sill and looked at all of it for a long time, and then she said that it would do.

`

/** Typed first; not counted. */
export const warmUp = 'It was then that people began to visit. They came on foot, in the evening, and most of them had a reason. '

/** Typed and counted. */
export const measured = [
  'One of them brought a basket of eggs, and another wanted to know whether the old road was still open in the winter. ',
  'An old woman from the other side of the river told us that her father had worked at the mill when he was a boy, and that he had never said a word about it until the end of his life. ',
  'My sister made coffee for all of them. She listened to what they had to say, and when they were gone she wrote it down in a book that she kept on the shelf next to the stove. ',
].join('')
