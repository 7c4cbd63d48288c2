import { createHash } from 'node:crypto'

/** The same bytes for the same seed, without a pattern. */
export function randomBytes(length: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(Math.ceil(length / 32) * 32)
  for (let at = 0; at < bytes.length; at += 32) {
    createHash('sha256').update(`${seed} ${at}`).digest().copy(bytes, at)
  }
  return bytes.subarray(0, length)
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
