/** Bytes to byte strings (one character per byte) and back, and byte strings to readable text. */

const chunkSize = 0x2000

/** One character (U+0000 to U+00FF) per byte. `TextDecoder('latin1')` is windows-1252, hence by hand. */
export function bytesToText(bytes: Uint8Array): string {
  const ascii = asciiText(bytes)
  if (ascii !== undefined) return ascii
  let result = ''
  for (let start = 0; start < bytes.length; start += chunkSize) {
    result += String.fromCharCode(...bytes.subarray(start, start + chunkSize))
  }
  return result
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** As UTF-8, which is several times as fast: what is more than one byte there makes the text shorter. */
function asciiText(bytes: Uint8Array): string | undefined {
  // what is written to while it is decoded is refused
  if (typeof SharedArrayBuffer !== 'undefined' && bytes.buffer instanceof SharedArrayBuffer) return undefined
  // most of what is not ASCII says so early: no exception for that
  for (let at = 0; at < bytes.length && at < probed; at++) if (bytes[at]! > 0x7f) return undefined
  try {
    const text = utf8.decode(bytes)
    return text.length === bytes.length ? text : undefined
  } catch {
    return undefined
  }
}

const probed = 64

/**
 * The inverse of {@link bytesToText}.
 * @throws RangeError when a character is above U+00FF: the text was never a byte string. Use {@link encodeText}.
 */
export function textToBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 0xff) {
      throw new RangeError(
        `Character U+${code.toString(16).toUpperCase().padStart(4, '0')} at ${index} is not a byte; ` +
          'text in an ipxast holds one character per byte. Pass it through encodeText first.',
      )
    }
    bytes[index] = code
  }
  return bytes
}

/** Ordinary text as a byte string of its UTF-8 form, for use in a tree. */
export function encodeText(text: string): string {
  return bytesToText(new TextEncoder().encode(text))
}

/** A byte string as people read it: UTF-8 where it is valid UTF-8, else Latin-1. */
export function decodeText(byteString: string): string {
  if (!/[\x80-\xff]/.test(byteString)) return byteString
  try {
    return utf8.decode(textToBytes(byteString))
  } catch {
    return byteString
  }
}

/** Bytes of a script given as bytes, or as a string (taken as UTF-8). */
export function toBytes(input: Uint8Array | string): Uint8Array {
  return typeof input === 'string' ? new TextEncoder().encode(input) : input
}
