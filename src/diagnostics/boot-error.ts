/** Explains what is on the screen of a machine that did not boot: numbers of iPXE, PXE codes, firmware and kernels. */
import { type BootError, bootErrors } from '../data/boot-errors.js'
import { errorFileGroups } from '../data/error-files.js'
import { efiErrors, platformErrno, posixErrors } from '../data/errors.js'

/** An iPXE error number by its fields (`include/errno.h`). */
export interface DecodedError {
  /** Eight hexadecimal digits, as in `https://ipxe.org/3c092083`. */
  readonly hex: string
  /** `ENOTSUP`; `EPLATFORM` where only the platform knows; undefined: no such number. */
  readonly posix: string | undefined
  /** The source file without `.c`; undefined: a file of a newer iPXE, or none. */
  readonly file: string | undefined
  /** Which of the file's reasons for this error, 0 to 31. */
  readonly point: number
  /** Bits 0 to 7: `EFI_UNSUPPORTED`, or the number that a BIOS or Linux build has. */
  readonly platform: string
}

export interface ExplainedError {
  /** What was found in the text. */
  readonly found: string
  readonly decoded?: DecodedError
  readonly error?: BootError
}

/** @param code as iPXE shows it: positive, below 2^31 */
export function decodeError(code: number): DecodedError {
  const number = code >>> 0
  const posixNumber = (number >>> 24) & 0x7f
  const category = (number >>> 13) & 7
  const index = (number >>> 16) & 0xff
  const name = errorFileGroups.find((group) => group.category === category)?.names[index]
  const low = number & 0xff
  const efi = efiErrors[low & 0x7f]
  return {
    hex: number.toString(16).padStart(8, '0'),
    posix: posixNumber === platformErrno ? 'EPLATFORM' : posixErrors[posixNumber],
    file: name === '-' ? undefined : name,
    point: (number >>> 8) & 0x1f,
    platform:
      low >= 0x80 && efi !== undefined && efi !== '-'
        ? `EFI_${efi}`
        : `0x${low.toString(16).padStart(2, '0')} of a BIOS or Linux build`,
  }
}

const numbers =
  /(?:ipxe\.org\/(?:err\/)?|\b0x)([\da-f]{6,8})\b(?![\da-f])|(?<![\w/.-])([\da-f]{8})(?![\w.-])/gi

/**
 * Everything in a text that is known, in its order: a number alone, a line of the screen, or a whole log.
 *
 * @returns numbers of iPXE are always in it, known or not
 */
export function explainBootText(text: string): ExplainedError[] {
  const found = new Map<string, ExplainedError & { at: number }>()
  for (const match of text.matchAll(numbers)) {
    const hex = (match[1] ?? match[2])!.padStart(8, '0').toLowerCase()
    const decoded = decodeError(Number.parseInt(hex, 16))
    // a bare word of eight digits is an address or a date more often than not
    if (decoded.posix === undefined || (match[2] !== undefined && decoded.file === undefined)) continue
    const error = errorOf(decoded)
    if (!found.has(hex))
      found.set(hex, { at: match.index, found: `0x${hex}`, decoded, ...(error && { error }) })
  }
  for (const error of bootErrors) {
    const match = error.text?.exec(text)
    if (match) found.set(error.id, { at: match.index, found: firstLine(match[0]), error })
  }
  return [...found.values()]
    .sort((a, b) => a.at - b.at)
    .map(({ found: what, decoded, error }) => ({
      found: what,
      ...(decoded && { decoded }),
      ...(error && { error }),
    }))
}

/** The most particular row: its parts that are there all fit. */
function errorOf({ posix, file, point }: DecodedError): BootError | undefined {
  return bootErrors.find(
    ({ code }) =>
      code?.posix === posix &&
      (code?.file === undefined || code.file === file) &&
      (code?.point === undefined || code.point === point),
  )
}

function firstLine(text: string): string {
  return text.split('\n')[0]!.slice(0, 80)
}
