/** The parts of a PE file (UEFI program) that matter here. Source: PE/COFF specification 3 and 4. */

export interface PeSection {
  readonly name: string
  /** In the file, bytes. */
  readonly offset: number
  readonly size: number
}

export interface PeFile {
  readonly machine: number
  readonly sections: readonly PeSection[]
  /** Authenticode: a certificate table is attached. */
  readonly signed: boolean
}

/** Data directory of certificates. */
const certificateDirectory = 4

/** `undefined`: no PE file, or its headers do not fit into it. */
export function parsePe(bytes: Uint8Array): PeFile | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const u16 = (at: number): number => (at + 2 <= bytes.length ? view.getUint16(at, true) : 0)
  const u32 = (at: number): number => (at + 4 <= bytes.length ? view.getUint32(at, true) : 0)
  if (u16(0) !== 0x5a4d) return undefined
  const header = u32(0x3c)
  if (header + 24 > bytes.length || u32(header) !== 0x4550) return undefined
  const optional = header + 24
  const optionalSize = u16(header + 20)
  const magic = u16(optional)
  if (magic !== 0x10b && magic !== 0x20b) return undefined
  // PE32+ has longer addresses before the directories.
  const counter = optional + (magic === 0x20b ? 108 : 92)
  const directory = counter + 4 + certificateDirectory * 8
  const within = directory + 8 <= optional + optionalSize && u32(counter) > certificateDirectory
  const table = optional + optionalSize
  const sections: PeSection[] = []
  for (let index = 0; index < u16(header + 6); index++) {
    const at = table + index * 40
    if (at + 40 > bytes.length) return undefined
    const offset = u32(at + 20)
    const size = u32(at + 16)
    if (size > 0 && offset + size > bytes.length) return undefined
    const name = String.fromCharCode(...bytes.subarray(at, at + 8)).replace(/\0.*$/s, '')
    sections.push({ name, offset, size })
  }
  return {
    machine: u16(header + 4),
    sections,
    signed: within && u32(directory) !== 0 && u32(directory + 4) !== 0,
  }
}
