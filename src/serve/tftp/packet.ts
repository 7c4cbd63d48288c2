/**
 * The TFTP wire format and nothing else: bytes to packets and back. RFC 1350 section 5 (the five packets),
 * RFC 2347 (options on a request, OACK).
 *
 * Strings are *byte strings*: one character per octet, U+0000 to U+00FF. TFTP fixes no encoding beyond netascii
 * and real firmware sends stray high bytes, so what a name means is for the path policy to decide, not for the
 * codec.
 */

/** A name and its value as they stand on the wire; names compare without regard to case (RFC 2347). */
export interface TftpOption {
  readonly name: string
  readonly value: string
}

export interface RequestPacket {
  readonly kind: 'rrq' | 'wrq'
  readonly filename: string
  /** As sent; `octet`, `netascii` and `mail` compare without regard to case (RFC 1350 section 5). */
  readonly mode: string
  readonly options: readonly TftpOption[]
}

export interface DataPacket {
  readonly kind: 'data'
  /** The 16 bits on the wire. */
  readonly block: number
  readonly data: Uint8Array
}

export interface AckPacket {
  readonly kind: 'ack'
  /** The 16 bits on the wire. */
  readonly block: number
}

export interface ErrorPacket {
  readonly kind: 'error'
  readonly code: number
  readonly message: string
}

export interface OackPacket {
  readonly kind: 'oack'
  readonly options: readonly TftpOption[]
}

export type TftpPacket = RequestPacket | DataPacket | AckPacket | ErrorPacket | OackPacket

export type DecodeProblem =
  'too-short' | 'unknown-opcode' | 'unterminated' | 'name-too-long' | 'value-too-long'

export type Decoded =
  | { readonly ok: true; readonly packet: TftpPacket }
  | { readonly ok: false; readonly problem: DecodeProblem; readonly opcode: number | undefined }

/** RFC 1350 section 5. */
export const Opcode = { rrq: 1, wrq: 2, data: 3, ack: 4, error: 5, oack: 6 } as const

/** RFC 1350 appendix; 8 is RFC 2347. */
export const ErrorCode = {
  undefined: 0,
  notFound: 1,
  accessViolation: 2,
  diskFull: 3,
  illegalOperation: 4,
  unknownTransferId: 5,
  fileExists: 6,
  noSuchUser: 7,
  optionRefused: 8,
} as const

/**
 * Longer than any name firmware holds (RFC 2347 keeps a whole request within 512 octets), short enough that a
 * hostile request costs nothing.
 */
export const MAX_NAME_LENGTH = 1024
/** Mode, option names and option values are words and numbers. */
export const MAX_WORD_LENGTH = 128
/** Every option in use at once is about ten. Further ones are dropped: unknown options are never an error. */
export const MAX_OPTIONS = 32
/** Text of an ERROR; the rest of a longer one is cut off. */
export const MAX_MESSAGE_LENGTH = 512

/** Octets before the data in a DATA packet. */
export const DATA_HEADER_LENGTH = 4

/**
 * Reads one datagram. Never throws: whatever the network brings is either a packet or a typed failure.
 * `data` of a DATA packet is a view into `bytes`, not a copy.
 */
export function decodePacket(bytes: Uint8Array): Decoded {
  if (bytes.length < 2) return failure('too-short', undefined)
  const opcode = readUint16(bytes, 0)
  switch (opcode) {
    case Opcode.rrq:
      return decodeRequest('rrq', bytes, opcode)
    case Opcode.wrq:
      return decodeRequest('wrq', bytes, opcode)
    case Opcode.data:
      if (bytes.length < DATA_HEADER_LENGTH) return failure('too-short', opcode)
      return success({ kind: 'data', block: readUint16(bytes, 2), data: bytes.subarray(DATA_HEADER_LENGTH) })
    case Opcode.ack:
      // Some stacks pad short UDP payloads, so octets after the block number are not held against the sender.
      if (bytes.length < 4) return failure('too-short', opcode)
      return success({ kind: 'ack', block: readUint16(bytes, 2) })
    case Opcode.error:
      return decodeError(bytes, opcode)
    case Opcode.oack:
      return success({ kind: 'oack', options: readOptions(bytes, 2) })
    default:
      return failure('unknown-opcode', opcode)
  }
}

/** Writes one packet. Strings must be byte strings without NUL; block numbers are cut to 16 bits. */
export function encodePacket(packet: TftpPacket): Uint8Array {
  switch (packet.kind) {
    case 'rrq':
    case 'wrq':
      return encodeStrings(Opcode[packet.kind], [packet.filename, packet.mode, ...flatten(packet.options)])
    case 'data': {
      const bytes = new Uint8Array(DATA_HEADER_LENGTH + packet.data.length)
      writeDataHeader(bytes, packet.block)
      bytes.set(packet.data, DATA_HEADER_LENGTH)
      return bytes
    }
    case 'ack':
      return fourOctets(Opcode.ack, packet.block)
    case 'error': {
      const message = encodeStrings(0, [packet.message])
      const bytes = new Uint8Array(message.length + 2)
      bytes.set(message.subarray(2), 4)
      bytes.set(fourOctets(Opcode.error, packet.code), 0)
      return bytes
    }
    case 'oack':
      return encodeStrings(Opcode.oack, flatten(packet.options))
  }
}

/** The four octets in front of a block that is in `packet` already. */
export function writeDataHeader(packet: Uint8Array, block: number): void {
  packet[0] = 0
  packet[1] = Opcode.data
  packet[2] = block >>> 8
  packet[3] = block
}

function decodeRequest(kind: 'rrq' | 'wrq', bytes: Uint8Array, opcode: number): Decoded {
  const nameEnd = bytes.indexOf(0, 2)
  if (nameEnd < 0) return failure('unterminated', opcode)
  if (nameEnd - 2 > MAX_NAME_LENGTH) return failure('name-too-long', opcode)
  const modeEnd = bytes.indexOf(0, nameEnd + 1)
  if (modeEnd < 0) return failure('unterminated', opcode)
  if (modeEnd - nameEnd - 1 > MAX_WORD_LENGTH) return failure('value-too-long', opcode)
  return success({
    kind,
    filename: byteString(bytes, 2, nameEnd),
    mode: byteString(bytes, nameEnd + 1, modeEnd),
    options: readOptions(bytes, modeEnd + 1),
  })
}

function decodeError(bytes: Uint8Array, opcode: number): Decoded {
  if (bytes.length < 4) return failure('too-short', opcode)
  // Firmware exists that forgets the NUL behind the text, or the text altogether.
  const found = bytes.indexOf(0, 4)
  const end = Math.min(found < 0 ? bytes.length : found, 4 + MAX_MESSAGE_LENGTH)
  return success({ kind: 'error', code: readUint16(bytes, 2), message: byteString(bytes, 4, end) })
}

/**
 * Pairs of NUL-terminated strings up to the end. A torn or oversized pair is left out, because a bad option must
 * never cost the client its file (RFC 2347: an option the server does not know is simply not acknowledged).
 */
function readOptions(bytes: Uint8Array, start: number): TftpOption[] {
  const options: TftpOption[] = []
  let at = start
  while (options.length < MAX_OPTIONS) {
    const nameEnd = bytes.indexOf(0, at)
    if (nameEnd < 0) break
    const valueEnd = bytes.indexOf(0, nameEnd + 1)
    if (valueEnd < 0) break
    const fits = nameEnd - at <= MAX_WORD_LENGTH && valueEnd - nameEnd - 1 <= MAX_WORD_LENGTH
    if (nameEnd > at && fits) {
      options.push({ name: byteString(bytes, at, nameEnd), value: byteString(bytes, nameEnd + 1, valueEnd) })
    }
    at = valueEnd + 1
  }
  return options
}

function flatten(options: readonly TftpOption[]): string[] {
  return options.flatMap((option) => [option.name, option.value])
}

function encodeStrings(opcode: number, strings: readonly string[]): Uint8Array {
  const length = strings.reduce((sum, string) => sum + string.length + 1, 2)
  const bytes = new Uint8Array(length)
  bytes[1] = opcode
  let at = 2
  for (const string of strings) {
    for (let i = 0; i < string.length; i++) bytes[at + i] = string.charCodeAt(i)
    at += string.length + 1
  }
  return bytes
}

function fourOctets(first: number, second: number): Uint8Array {
  return Uint8Array.of(first >>> 8, first, second >>> 8, second)
}

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

function byteString(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i] ?? 0)
  return text
}

function success(packet: TftpPacket): Decoded {
  return { ok: true, packet }
}

function failure(problem: DecodeProblem, opcode: number | undefined): Decoded {
  return { ok: false, problem, opcode }
}
