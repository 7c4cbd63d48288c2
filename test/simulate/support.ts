import {
  simulateSync,
  type FetchAnswer,
  type Host,
  type Machine,
  type RunReport,
} from '../../src/simulate/index.js'
import { textToBytes } from '../../src/syntax/bytes.js'

export const mac = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56)

export const bios: Machine = {
  platform: 'pcbios',
  arch: 'i386',
  version: '2.0.0+',
  interfaces: [{ mac }],
  booted: true,
  lease: {
    yiaddr: Uint8Array.of(10, 0, 0, 5),
    siaddr: Uint8Array.of(10, 0, 0, 1),
    options: new Map([
      [1, Uint8Array.of(255, 255, 255, 0)],
      [12, textToBytes('box')],
      [175, Uint8Array.of(0xb0, 1, 1, 0xbe, 2, 0x6d, 0x65)],
    ]),
  },
}

export const uefi: Machine = { ...bios, platform: 'efi', arch: 'x86_64' }

/** A kernel that both kinds of firmware take: bzImage with an EFI stub for x86_64. */
export function kernel(commandLineSize = 2047): Uint8Array {
  const bytes = new Uint8Array(0x400)
  const view = new DataView(bytes.buffer)
  bytes.set(textToBytes('MZ'))
  view.setUint32(0x3c, 0x100, true)
  bytes.set(textToBytes('PE\0\0'), 0x100)
  view.setUint16(0x104, 0x8664, true)
  view.setUint16(0x1fe, 0xaa55, true)
  bytes.set(textToBytes('HdrS'), 0x202)
  view.setUint16(0x206, 0x20f, true)
  view.setUint32(0x238, commandLineSize, true)
  return bytes
}

/** Files by address; nobody at the keyboard. */
export function host(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  more: Partial<Host> = {},
): Host {
  return {
    fetch({ uri }): FetchAnswer {
      const file = files[uri]
      if (file === undefined) return { error: 'not-found', reason: `no ${uri}` }
      return { data: typeof file === 'string' ? textToBytes(file) : file }
    },
    menu: () => ({ wait: true }),
    key: () => 'none',
    line: () => ({ wait: true }),
    dhcp: () => undefined,
    ...more,
  }
}

export function run(script: string, machine: Machine = bios, from: Host = host()): RunReport {
  return simulateSync({
    machine,
    host: from,
    script: `#!ipxe\n${script}`,
    uri: 'http://10.0.0.1/menus/a.ipxe',
  })
}

/** What it prints. */
export const says = (script: string, machine?: Machine, from?: Host): string =>
  run(script, machine, from).output
