/**
 * Where everything stands that the decoder's threads and their caller share. This file is AssemblyScript and TypeScript at
 * once: both sides read the same numbers. All are bytes behind the plan's address.
 */

// What threads wait for, each in a cache line of its own.
/** Changes when a step begins: a number that goes up, and in the lowest eight bits the threads that take part. Threads from `few` on wait for `manyGeneration`. */
export const generation = 0
/** Threads that have come to the present barrier. */
export const arrived = 64
/** Goes up when a barrier opens. */
export const phase = 128
/** Work of the present stage that is taken. */
export const claimed = 192
/** Threads that wait to help; each has the number that it found plus one. */
export const attached = 256
/** Threads of the present step. */
export const active = 320
/** Threads that wait at a barrier without spinning. */
export const sleeping = 384
/** Set when threads are to leave. */
export const leaving = 448
/** Set when a key or value is no number or too large for 16 bits. */
export const overflowed = 512

// The model, u32 unless it says else.
export const layers = 576
export const heads = 580
export const headDim = 584
export const width = 588
export const inner = 592
/** Filled up to a multiple of 16. */
export const vocabulary = 596
/** How this step multiplies the layers' matrices: `exact`, `coarse` or `four`. */
export const kind = 600
/** Values that share a scale, along the rows of a matrix: of the width, of the inner layer, of embedding and head. */
export const widthBlock = 604
export const innerBlock = 608
export const vocabularyBlock = 612
/** f32 */
export const epsilon = 616
/** 1: tanh approximation of GELU, 2: GELU, 3: ReLU. */
export const activation = 620

// Addresses of weights.
export const embeddingCodes = 624
export const embeddingScales = 628
/** A matrix, as in a layer's record. */
export const headMatrix = 632
/** f32 [positions, width] */
export const places = 648
export const lastNormWeight = 652
export const lastNormBias = 656
/** A record of `layerBytes` for each layer. */
export const layerTable = 660

// Addresses of room for one step.
/** f32 [n, width]: the hidden state */
export const hidden = 664
/** f32 [n, 3 · width] */
export const joined = 668
/** f32 [n, width] */
export const attended = 672
/** f32 [n, inner] */
export const expanded = 676
/** f32 [m, width]: the hidden states that logits are wanted of */
export const picked = 680
/** Codes of activations, for steps of several tokens. */
export const codes = 684
export const codeScales = 688
export const codeSums = 692
/** Room of the first thread; the next one's follows `threadBytes` later. */
export const threadRoom = 696
export const threadBytes = 700
/** Within a thread's room: codes, scales and sums of one token, a row of f32, four queries and their scores, a head's keys and values. */
export const ownScales = 704
export const ownSums = 708
export const ownRow = 712
export const ownScores = 716
export const ownSpread = 808

// One step.
/** Its tokens: n; none where the hidden states in `picked` want logits. */
export const count = 720
/** Rows of the cache before it. */
export const past = 724
/** Logits wanted: m. */
export const wanted = 728
/** i32 [n] */
export const ids = 732
/** i32 [n] */
export const positions = 736
/** i32 [m] */
export const rows = 740
/** f32 [n, past + n], added to scores; 0 where everything is visible */
export const mask = 744
/** f16 [layers, heads, capacity, headDim], without infinities and numbers below 2⁻¹⁴ */
export const keys = 748
export const values = 752
export const capacity = 756
/** f32 [m, vocabulary] */
export const logits = 760
/** f32, nats: logits that are further below the highest may be estimates. Infinite: none may be. */
export const within = 764
/** Set where the step ends with the hidden states in `picked`. */
export const headBehind = 812
/** i32 [m]: the tokens whose scores are wanted; 0 where there are none. `scores`: f32 [m, 4]. */
export const targets = 816
export const scores = 820
/** Rows of the vocabulary before it was filled up. */
export const tokens = 824
/** Most threads that take part. */
export const mostActive = 828
/** Set where a step may give a token other numbers than the token alone would have. */
export const isPrompt = 804

// The preview of the head, and room for what comes of it.
/** Of each code of the head the upper four bits, plus 8, as codes of 4 bits lie; 0 where there is none. */
export const preview = 768
/** f32 [2, width]: mean and variance of the lower four bits over a column. */
export const lowerHalves = 772
/** Activations for it: i8 [m, width], and f32 [m, blocks] each. */
export const previewCodes = 776
export const previewScales = 780
export const previewOffsets = 784
export const previewVariances = 788
/** f32 [m, vocabulary / 16]: of each group of rows the highest estimate, and what none of its logits exceeds. */
export const estimates = 792
export const bounds = 796
/** f32 [m]: groups whose bound reaches it are read whole. */
export const thresholds = 800
/** Changes with `generation` when more threads than `few` take part. In a cache line of its own, with those that sleep meanwhile. */
export const manyGeneration = 832
export const sleepingMany = 836
/** Threads of a step of few tokens: memory sets its pace, which few use up. */
export const few = 840
export const planBytes = 896

// Kinds of products.
/** 8-bit weights and activations of 16 bits, i16, with one scale a token. */
export const exact = 8
/** 8-bit weights and activations of 7 bits, u8, of which each block has a scale: half the work. */
export const coarse = 7
/** 4-bit weights and activations of 8 bits, i8, of which each block has a scale. */
export const four = 4

// A layer's record: addresses.
/** Codes, scales, zero points (of 4 bits) and bias of a matrix stand one behind the other. */
export const joinedMatrix = 0
export const projectionMatrix = 16
export const expandingMatrix = 32
export const contractingMatrix = 48
export const firstNormWeight = 64
export const firstNormBias = 68
export const secondNormWeight = 72
export const secondNormBias = 76
export const layerBytes = 80
export const matrixScales = 4
export const matrixZeros = 8
export const matrixBias = 12
