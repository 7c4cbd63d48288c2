/**
 * The slot: room for an embedded script in an EFI loader, whose sections are not compressed. The script is followed by
 * comment lines up to a fixed size; the first of them tells the size, so that the slot is found again and the script
 * can be exchanged any number of times. iPXE reads the comments as such: they change nothing.
 */
import { IpxetoolError } from '../diagnostics/error.js'
import { parsePe } from './pe.js'
import { bytesToText, textToBytes } from '../syntax/bytes.js'

/** Bytes; the shipped script takes about 5,000 when its comments are stripped. */
export const defaultSlot = 16_384
export const smallestSlot = 512
/** The capacity is written with eight digits. */
export const largestSlot = 1_048_576

const beginMarker = '# ipxetool-slot-begin '
const endMarker = '# ipxetool-slot-end\n'
const digits = 8
const overhead = beginMarker.length + digits + 1 + endMarker.length
/** No script may hold this: a marker would not be unique. */
export const slotWord = 'ipxetool-slot-'

export interface Slot {
  /** In the image, of the first byte of the script. */
  readonly offset: number
  /** Bytes of script and reserve together. */
  readonly size: number
  /** Bytes that a script may have. */
  readonly capacity: number
  readonly script: Uint8Array
}

/** Whether a script fits into a slot of so many bytes, its markers included. */
export function fitsSlot(script: Uint8Array, size: number): boolean {
  return script.length + overhead <= size
}

/**
 * @param script ends in a line end, holds neither a NUL nor a marker
 * @returns exactly `size` bytes
 * @throws IpxetoolError `script-too-long`
 */
export function fillSlot(script: Uint8Array, size: number): Uint8Array {
  if (!fitsSlot(script, size)) {
    throw new IpxetoolError(
      'script-too-long',
      `the script has ${script.length} bytes without its comments; the slot holds ${size - overhead}`,
      { hint: 'Shorten it, load a part of it with chain, or compile with a larger slot.' },
    )
  }
  const filler = size - overhead - script.length
  const lines = `#${'-'.repeat(62)}\n`.repeat(Math.floor(filler / 64))
  const rest = filler % 64
  const last = rest === 0 ? '' : `${'#'.repeat(rest - 1)}\n`
  const reserve = `${beginMarker}${String(size).padStart(digits, '0')}\n${lines}${last}${endMarker}`
  const bytes = new Uint8Array(size)
  bytes.set(script)
  bytes.set(textToBytes(reserve), script.length)
  return bytes
}

/** Where the slot of an image is; `undefined`: it has none. @throws IpxetoolError `bad-slot` */
export function findSlot(image: Uint8Array): Slot | undefined {
  const begins = placesOf(image, beginMarker)
  const ends = placesOf(image, endMarker)
  if (begins.length === 0 && ends.length === 0) return undefined
  if (begins.length !== 1 || ends.length !== 1) {
    throw bad(`it has ${begins.length} begin and ${ends.length} end markers instead of one each`)
  }
  const [begin, end] = [begins[0]!, ends[0]! + endMarker.length]
  const number = bytesToText(
    image.subarray(begin + beginMarker.length, begin + beginMarker.length + digits + 1),
  )
  const size = /^\d{8}\n$/.test(number) ? Number(number) : 0
  const offset = end - size
  if (size < smallestSlot || offset < 0 || offset > begin) throw bad('the size in its marker cannot be right')
  // The assembler put a NUL after it (image/embedded.c), so an overlong neighbour cannot be meant.
  if (image[end] !== 0) throw bad('it is not followed by the end of the embedded file')
  const script = image.slice(offset, begin)
  if (!/^#!(?:ipxe|gpxe)\s/.test(bytesToText(script.subarray(0, 8))))
    throw bad('it does not begin with #!ipxe')
  if (script.includes(0)) throw bad('there is a NUL byte in it')
  const inside = parsePe(image)?.sections.some(
    (section) => offset >= section.offset && end <= section.offset + section.size,
  )
  if (inside === false) throw bad('it lies across sections of the file')
  return { offset, size, capacity: size - overhead, script }
}

function placesOf(bytes: Uint8Array, text: string): number[] {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const places: number[] = []
  for (let at = haystack.indexOf(text, 0, 'latin1'); at >= 0; at = haystack.indexOf(text, at + 1, 'latin1')) {
    places.push(at)
  }
  return places
}

function bad(why: string): IpxetoolError {
  return new IpxetoolError('bad-slot', `the slot for the embedded script is damaged: ${why}`, {
    hint: 'Compile the loader again with --rebuild.',
  })
}
