import { createHash } from 'node:crypto'

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export function sha512(text: string): string {
  return createHash('sha512').update(text).digest('hex')
}
