/**
 * Which of the options a client asked for are granted, and with what value. Pure. RFC 2347 (negotiation),
 * RFC 2348 (`blksize`), RFC 2349 (`timeout`, `tsize`), RFC 7440 (`windowsize`).
 *
 * The rule throughout: an option we cannot honour is left out of the OACK and the transfer goes on as if it had
 * not been asked for. EDK2 discards an OACK that holds anything it did not ask for, so nothing is ever added.
 */
import type { TftpOption } from './packet.js'

/** RFC 1350: the size of a block when nobody asks for another. */
export const DEFAULT_BLKSIZE = 512
/** RFC 2348: smallest and largest block a client may ask for. */
export const MIN_BLKSIZE = 8
export const MAX_BLKSIZE = 65464

/** RFC 7440 found nothing to be gained above it; firmware asks for 4 to 16. */
export const MAX_WINDOWSIZE = 64

export interface Negotiated {
  readonly blksize: number
  /** Blocks that are sent before an ACK is waited for; 1 is RFC 1350. */
  readonly windowsize: number
  /** Seconds, when the client asked for it (RFC 2349); otherwise undefined and the server's own pace holds. */
  readonly timeout: number | undefined
  /** What goes into the OACK, in the order asked; empty means that no OACK is sent. */
  readonly granted: readonly TftpOption[]
}

/**
 * @param asked the options of the RRQ as received
 * @param size of the file in octets
 * @param blksizeMax what the path to this client carries in one datagram (already without headers)
 */
export function negotiate(asked: readonly TftpOption[], size: number, blksizeMax = MAX_BLKSIZE): Negotiated {
  let blksize = DEFAULT_BLKSIZE
  let windowsize = 1
  let timeout: number | undefined
  const granted: TftpOption[] = []
  const seen = new Set<string>()

  for (const { name, value } of asked) {
    const option = name.toLowerCase()
    // The first of two equal names counts; a second answer to one question would be one too many for EDK2.
    if (seen.has(option)) continue
    seen.add(option)
    const number = decimal(value)
    if (number === undefined) continue

    if (option === 'blksize' && number >= MIN_BLKSIZE) {
      blksize = Math.max(MIN_BLKSIZE, Math.min(number, blksizeMax, MAX_BLKSIZE))
      granted.push({ name, value: String(blksize) })
    } else if (option === 'windowsize' && number >= 1 && number <= 65535) {
      windowsize = Math.min(number, MAX_WINDOWSIZE)
      granted.push({ name, value: String(windowsize) })
    } else if (option === 'timeout' && number >= 1 && number <= 255) {
      timeout = number
      granted.push({ name, value: String(number) })
    } else if (option === 'tsize') {
      // In an RRQ the value is 0 by the RFC; clients that send something else still only want to be told.
      granted.push({ name, value: String(size) })
    }
  }
  return { blksize, windowsize, timeout, granted }
}

function decimal(text: string): number | undefined {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined
}
