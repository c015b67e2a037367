export interface PictureSize {
  readonly width: number
  readonly height: number
}

const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/**
 * How large a PNG or JPEG says that it is, from its first bytes: before it is decoded, since a few kilobytes can declare
 * gigabytes. @returns undefined for what is neither
 */
export function pictureSize(file: Uint8Array): PictureSize | undefined {
  if (pngSignature.every((byte, i) => file[i] === byte)) return pngSize(file)
  if (file[0] === 0xff && file[1] === 0xd8) return jpegSize(file)
  return undefined
}

/** The first chunk is the header: length, "IHDR", width, height (PNG specification, third edition, 11.2.1). */
function pngSize(file: Uint8Array): PictureSize | undefined {
  const view = viewOf(file)
  if (file.length < 24 || view.getUint32(12) !== 0x49484452) return undefined
  return { width: view.getUint32(16), height: view.getUint32(20) }
}

/** Segment after segment to the first start of a frame, SOF0 to SOF15 (ITU-T T.81, table B.1 and B.2.2). */
function jpegSize(file: Uint8Array): PictureSize | undefined {
  const view = viewOf(file)
  for (let at = 2; at + 9 <= file.length; ) {
    if (view.getUint8(at) !== 0xff) return undefined
    const marker = view.getUint8(at + 1)
    if (isFrame(marker)) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
    // Any number of 0xff may stand before a marker; some markers stand alone.
    if (marker === 0xff) at += 1
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2
    else at += 2 + view.getUint16(at + 2)
  }
  return undefined
}

/** Huffman tables (C4), a reserved marker (C8) and arithmetic conditioning (CC) stand among the frames. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

function viewOf(file: Uint8Array): DataView {
  return new DataView(file.buffer, file.byteOffset, file.byteLength)
}
