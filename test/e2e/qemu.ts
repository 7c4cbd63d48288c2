/** A machine of `src/boot`, as tests use it: in its network's place, taken away by `cleanup`, waited for with a reason. */
import { Machine as Hardware, makeLoaderDisk } from '../../src/boot/machine.js'
import { findNeeds } from '../../src/boot/needs.js'
import { type MachinePlan, tapNetwork as tap, userNetwork as user } from '../../src/boot/plan.js'
import type { SerialScreen } from '../../src/boot/screen.js'
import { findCommand } from '../../scripts/system-packages.mjs'
import type { Cleanup } from './cleanup.js'
import { HERE, until } from './processes.js'
import type { Place } from './processes.js'

export type Firmware = MachinePlan['firmware']
/** With those of other processors. */
export type AnyFirmware = Firmware | 'uefi-ia32' | 'uefi-arm64'

const architectures = { bios: 'x86_64', uefi: 'x86_64', 'uefi-ia32': 'i386', 'uefi-arm64': 'arm64' } as const

export interface Network {
  readonly place: Place
  /** Values of -netdev, one of them with id=net. */
  readonly netdevs: readonly string[]
}

/** QEMU's own network: 10.0.2.2 is this host, and DHCP hands out `bootFile`. Needs no root. */
export function userNetwork(bootFile: string): Network {
  return { place: HERE, netdevs: user(bootFile) }
}

export function tapNetwork(place: Place, name: string): Network {
  return { place, netdevs: tap(name) }
}

export interface MachineWish {
  /** UEFI starts this file from a disk, in the place of its own PXE. */
  readonly loader?: string
}

export class Machine {
  readonly #hardware: Hardware

  private constructor(cleanup: Cleanup, hardware: Hardware) {
    this.#hardware = hardware
    cleanup.defer({
      undo: () => {
        hardware.kill()
      },
      settled: () => hardware.close(),
    })
  }

  static start(
    cleanup: Cleanup,
    kind: AnyFirmware,
    network: Network,
    directory: string,
    more: readonly string[] = [],
    { loader }: MachineWish = {},
  ): Machine {
    const firmware = kind === 'bios' ? 'bios' : 'uefi'
    const arch = architectures[kind]
    const path = process.env['PATH'] ?? ''
    const { qemu, code, variables } = findNeeds({ firmware, arch, loader: loader ?? 'none' }, path)
    const plan: MachinePlan = {
      firmware,
      arch,
      accelerator: accelerator(kind),
      memory: 512,
      display: 'none',
      folder: directory,
      netdevs: network.netdevs,
      starts:
        loader === undefined
          ? { from: 'network' }
          : { from: 'folder', folder: makeLoaderDisk(directory, arch, loader) },
      ...(code === undefined ? {} : { code }),
    }
    const hardware = new Hardware({
      qemu,
      plan,
      more,
      ...(variables === undefined ? {} : { variables }),
      prefix: [...network.place.prefix, findCommand('setpriv') ?? 'setpriv', '--pdeathsig', 'KILL', '--'],
    })
    return new Machine(cleanup, hardware)
  }

  /** The screen as of now. */
  look(): SerialScreen {
    return this.#hardware.look()
  }

  get pid(): number {
    return this.#hardware.pid
  }

  /** Keys by their names, as for `--keys`. */
  async press(keys: string): Promise<void> {
    await this.#hardware.press(keys)
  }

  async type(text: string): Promise<void> {
    await this.#hardware.type(text)
  }

  /** What the serial line has printed, without control sequences. */
  history(): string {
    return this.look().history()
  }

  /** Waits until the rendered screen shows `what`. */
  async waitForScreen(what: string | RegExp, seconds: number): Promise<void> {
    await this.waitFor(`${String(what)} on the screen`, seconds, (screen) => matches(screen.text(), what))
  }

  /** Waits until the serial line has printed `what` at any time; returns the line that it is on. */
  async waitForLine(what: string | RegExp, seconds: number): Promise<string> {
    return this.waitFor(`${String(what)} on the serial line`, seconds, (screen) =>
      screen
        .history()
        .split('\n')
        .find((line) => matches(line, what)),
    )
  }

  async waitFor<T>(
    what: string,
    seconds: number,
    probe: (screen: SerialScreen) => T | false | undefined,
  ): Promise<T> {
    return until(
      () => {
        const value = probe(this.look())
        return value === false ? undefined : value
      },
      seconds,
      () => `waited up to ${seconds} s for ${what}\n${this.report()}`,
      () => (this.#hardware.ended === undefined ? undefined : 'QEMU has ended'),
    )
  }

  async waitForPowerOff(seconds: number): Promise<void> {
    await until(
      () => (this.#hardware.ended === undefined ? undefined : true),
      seconds,
      () => `waited up to ${seconds} s for the machine to power itself off\n${this.report()}`,
    )
  }

  /** The last screen and QEMU's stderr. */
  report(): string {
    const stderr = this.#hardware.errors().trim()
    return `the last screen:\n${this.look().framed()}\nQEMU's stderr: ${stderr === '' ? '(nothing)' : stderr}`
  }
}

function matches(text: string, what: string | RegExp): boolean {
  return typeof what === 'string' ? text.includes(what) : what.test(text)
}

/**
 * TCG unless IPXETOOL_E2E_ACCEL=kvm asks for more. Having /dev/kvm proves nothing, and neither does a short start:
 * there are hosts whose KVM runs SeaBIOS to its end and then fails to emulate an instruction of the iPXE ROM, and
 * another of OVMF. TCG boots in the same seconds everywhere.
 */
function accelerator(kind: AnyFirmware): 'kvm' | 'tcg' {
  return process.env['IPXETOOL_E2E_ACCEL'] === 'kvm' && kind !== 'uefi-arm64' ? 'kvm' : 'tcg'
}
