/** The machines that a preview is made for: every pair of firmware and processor that iPXE has a loader for. */
import type { Architecture, Firmware } from '../model/schema.js'

export interface PreviewMachine {
  firmware: Firmware
  /** What the processor can do. A BIOS loader is a 32-bit program on both kinds of x86. */
  processor: Architecture
}

/** Bit `1 << index` of a {@link MachineSet} stands for the machine at that index. */
export const machines: readonly PreviewMachine[] = [
  { firmware: 'bios', processor: 'x86_64' },
  { firmware: 'bios', processor: 'i386' },
  { firmware: 'uefi', processor: 'x86_64' },
  { firmware: 'uefi', processor: 'i386' },
  { firmware: 'uefi', processor: 'arm64' },
]

export type MachineSet = number

export const everyMachine: MachineSet = (1 << machines.length) - 1

export const firmwareNames: Readonly<Record<Firmware, string>> = { bios: 'BIOS', uefi: 'UEFI' }
export const processorNames: Readonly<Record<Architecture, string>> = {
  x86_64: '64-bit x86',
  i386: '32-bit x86',
  arm64: 'arm64',
}

/** Where there is little room: as `${buildarch}` says them. */
export const shortNames: Readonly<Record<Architecture, string>> = {
  x86_64: 'x86_64',
  i386: 'i386',
  arm64: 'arm64',
}

/** What `${platform}` and `${buildarch}` are on a machine (`core/settings.c`). */
export function builtinSettings({ firmware, processor }: PreviewMachine): [name: string, value: string][] {
  return [
    ['platform', firmware === 'uefi' ? 'efi' : 'pcbios'],
    ['buildarch', firmware === 'uefi' ? processor : 'i386'],
  ]
}

/** Whether `cpuid --ext 29`, the bit for 64-bit mode, succeeds. */
export function hasLongMode({ processor }: PreviewMachine): boolean {
  return processor === 'x86_64'
}

/**
 * A set in words, `UEFI` or `BIOS on 64-bit x86`; `undefined` for all machines.
 *
 * @param names of the processors
 */
export function describeMachines(
  set: MachineSet,
  names: Readonly<Record<Architecture, string>> = processorNames,
): string | undefined {
  if (set === everyMachine) return undefined
  if (set === 0) return 'no machine'
  const chosen = machines.filter((_, index) => (set & (1 << index)) !== 0)
  const processors = [...new Set(chosen.map(({ processor }) => processor))]
  const firmwares = [...new Set(chosen.map(({ firmware }) => firmware))]
  const with_ = (test: (machine: PreviewMachine) => boolean): number => machines.filter(test).length
  if (firmwares.length === 1 && with_(({ firmware }) => firmware === firmwares[0]) === chosen.length) {
    return firmwareNames[firmwares[0]!]
  }
  if (with_(({ processor }) => processors.includes(processor)) === chosen.length) {
    return list(processors.map((processor) => names[processor]))
  }
  return firmwares
    .map((firmware) => {
      const own = chosen.filter((machine) => machine.firmware === firmware)
      const all = with_((machine) => machine.firmware === firmware) === own.length
      const on = all ? '' : ` on ${list(own.map(({ processor }) => names[processor]))}`
      return `${firmwareNames[firmware]}${on}`
    })
    .join(', ')
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)!}`
}
