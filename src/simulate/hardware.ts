/**
 * Settings blocks of the machine's hardware: what is described is there, what is not is said (`drivers/bus/
 * pci_settings.c`, `usb_settings.c`, `core/acpi_settings.c`, `arch/x86/core/cpuid_settings.c`).
 */
import { bytesToText } from '../syntax/bytes.js'
import type { Run } from './run.js'
import { Block, parseTag, type Setting, type Stored } from './settings.js'

/** Blocks that nothing can be stored in. */
export const hardwareScopes = ['pci', 'usb', 'acpi', 'cpuid', 'memmap', 'vram', 'vmware', 'efi'] as const
type Scope = (typeof hardwareScopes)[number]

/** Whether an unmodified iPXE has the block (`config/settings.h`). */
function isBuilt(scope: Scope, { machine }: Run): boolean {
  const { platform, arch } = machine
  const isX86 = arch === 'i386' || arch === 'x86_64'
  switch (scope) {
    case 'pci':
    case 'usb':
    case 'acpi':
      return platform !== 'linux'
    case 'cpuid':
      return platform !== 'linux' && isX86
    case 'efi':
      return platform === 'efi'
    default:
      return false
  }
}

export function addHardware(run: Run): void {
  const given = new Map<string, [tag: bigint, name: string, raw: string][]>()
  for (const [name, raw] of run.machine.hardware ?? []) {
    const slash = name.indexOf('/')
    const scope = name.slice(0, slash)
    const rest = name.slice(slash + 1)
    given.set(scope, [...(given.get(scope) ?? []), [parseTag(rest), rest, raw]])
  }
  for (const scope of hardwareScopes) {
    const values = given.get(scope)
    if (values === undefined && !isBuilt(scope, run)) continue
    run.settings.add(
      new Block(scope, {
        scope,
        generic: false,
        applies: (setting) => setting.scope === scope,
        fetch: (setting) => fetchFrom(run, scope, values ?? [], setting),
      }),
    )
  }
}

function fetchFrom(
  run: Run,
  scope: Scope,
  values: readonly (readonly [tag: bigint, name: string, raw: string])[],
  { name, tag }: Setting,
): Stored | undefined {
  const found = values.find(([known, text]) => (tag === 0n ? text === name : known === tag))
  if (found) return { raw: found[2], type: 'hexraw' }
  const devices = scope === 'pci' || scope === 'usb' ? run.machine.devices?.[scope] : undefined
  if (devices !== undefined) return fromDevice(devices.get(Number(tag >> 16n)), tag)
  run.assume(`nothing is known of \${${scope}/${name}}: --set ${scope}/${name}=hex:… says what it is`)
  return undefined
}

/** The last bytes of a tag are an offset and a length; values are little-endian. A device that is not there reads as ones. */
function fromDevice(bytes: Uint8Array | undefined, tag: bigint): Stored {
  const offset = Number((tag >> 8n) & 0xffn)
  const length = Number(tag & 0xffn)
  const value = Uint8Array.from({ length }, (_, at) =>
    bytes === undefined ? 0xff : (bytes[offset + length - 1 - at] ?? 0),
  )
  return { raw: bytesToText(value), type: 'hexraw' }
}
