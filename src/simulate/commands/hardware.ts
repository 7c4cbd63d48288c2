/** The processor, and devices on its buses (`hci/commands/cpuid_cmd.c`, `pci_cmd.c`, `usb_cmd.c`). */
import { denumerate, FormatError, numerate } from '../formats.js'
import { parseInteger } from '../options.js'
import type { Command } from '../run.js'
import { namedSetting } from './settings.js'

/** A processor of the last fifteen years, as QEMU has it. */
const common = { edx: 0x0f8bfbff, ecx: 0x80202001, extEdx: 0x2fd3fbff, extEcx: 0x121 }

/** The first device, or the one behind the device that the setting holds. */
const scan =
  (scope: 'pci' | 'usb'): Command =>
  (run, { words: [name] }) => {
    const named = namedSetting(run, name!, true)
    if (typeof named === 'number') return named
    const devices = run.machine.devices?.[scope]
    if (devices === undefined) {
      run.assume(`the machine is taken to have no ${scope.toUpperCase()} devices: --${scope} describes them`)
    }
    const found = run.settings.fetch(named.block, named.setting)
    const number = found === undefined ? -1n : numerate(found.type, found.raw, 8)
    const after = typeof number === 'bigint' ? Number(number) : -1
    const next = [...(devices?.keys() ?? [])].sort((a, b) => a - b).find((address) => address > after)
    if (next === undefined) return run.fail('ENODEV', 'unknown')
    const type = named.setting.type ?? 'uint16'
    const raw = denumerate(type, BigInt(next))
    const error =
      raw instanceof FormatError
        ? raw
        : run.settings.store({ ...named, setting: { ...named.setting, type } }, raw)
    if (!error) return 0
    const status = run.failWith(error)
    run.print(`Could not store "${named.setting.name}": ${run.errorText(status)}\n`)
    return status
  }

export const hardwareCommands: Readonly<Record<string, Command>> = {
  cpuid(run, { words: [text], options }) {
    const bit = parseInteger(run, text!)
    if (bit === undefined) return run.fail('EINVAL', 'parseopt', 1)
    if (run.machine.cpu === undefined)
      run.assume('the processor is taken to be a common 64-bit one: --cpu says which')
    const cpu = run.machine.cpu ?? common
    const extended = options.has('ext') || options.has('amd')
    const register = options.has('ecx') ? (extended ? cpu.extEcx : cpu.ecx) : extended ? cpu.extEdx : cpu.edx
    return (register >>> (bit & 31)) & 1 ? 0 : run.fail('ENOENT', 'cpuid')
  },
  pciscan: scan('pci'),
  usbscan: scan('usb'),
}
