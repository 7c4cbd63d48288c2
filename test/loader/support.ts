/** Made-up sources, requests and images for the tests of the loader layer. */
import { fillSlot } from '../../src/loader/slot.js'
import { parseTargets } from '../../src/loader/targets.js'
import type { CompileRequest, NamedBytes, SourceIdentity } from '../../src/loader/types.js'

export const source: SourceIdentity = {
  id: `git:${'0123456789'.repeat(4)}`,
  version: '2.0.0+',
  commit: '0123456789'.repeat(4),
  time: 1_780_000_000,
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const textOf = (value: Uint8Array): string => new TextDecoder().decode(value)
export const script = (text: string, name = 'a b/my script.ipxe'): NamedBytes => ({
  name,
  bytes: bytes(text),
})

export function request(targets: string, more: Partial<CompileRequest> = {}): CompileRequest {
  return { targets: parseTargets([targets]), source, embeds: [], defines: [], presets: [], ...more }
}

/** A PE32+ file of one section that holds `content`, with the NUL that iPXE's assembler puts behind a file. */
export function efiImage(content: Uint8Array, { signed = false, machine = 0x8664 } = {}): Uint8Array {
  const image = new Uint8Array(0x400 + content.length + 64)
  const view = new DataView(image.buffer)
  view.setUint16(0, 0x5a4d, true)
  view.setUint32(0x3c, 0x80, true)
  view.setUint32(0x80, 0x4550, true)
  view.setUint16(0x84, machine, true)
  view.setUint16(0x86, 1, true)
  view.setUint16(0x94, 240, true)
  view.setUint16(0x98, 0x20b, true)
  view.setUint32(0x98 + 108, 16, true)
  if (signed) {
    view.setUint32(0x98 + 112 + 32, 0x100, true)
    view.setUint32(0x98 + 112 + 36, 8, true)
  }
  const section = 0x98 + 240
  image.set(bytes('.data'), section)
  view.setUint32(section + 16, content.length + 64, true)
  view.setUint32(section + 20, 0x400, true)
  image.set(content, 0x400)
  return image
}

export const slotImage = (size = 4096, options = {}): Uint8Array =>
  efiImage(fillSlot(bytes('#!ipxe\necho first\n'), size), options)
