/** One QEMU machine: its firmware, its network and its serial line. */
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cleanup } from './cleanup.js'
import { Keyboard } from './keyboard.js'
import { HERE, pause, start, until } from './processes.js'
import type { Place, Running } from './processes.js'
import { Screen } from './screen.js'

export type Firmware = 'bios' | 'uefi'

export interface Network {
  readonly place: Place
  /** The value of -netdev, with id=net. */
  readonly netdev: string
}

/** QEMU's own network: 10.0.2.2 is this host, and DHCP hands out `bootFile`. Needs no root. */
export function userNetwork(bootFile: string): Network {
  return { place: HERE, netdev: `user,id=net,bootfile=${bootFile}` }
}

export function tapNetwork(place: Place, tap: string): Network {
  return { place, netdev: `tap,id=net,ifname=${tap},script=no,downscript=no` }
}

const CODE = '/usr/share/OVMF/OVMF_CODE_4M.fd'
const VARIABLES = '/usr/share/OVMF/OVMF_VARS_4M.fd'

export class Machine {
  readonly screen = new Screen()
  readonly keyboard: Keyboard
  readonly #process: Running

  private constructor(cleanup: Cleanup, args: readonly string[], place: Place) {
    this.#process = start(cleanup, {
      name: 'QEMU',
      command: 'qemu-system-x86_64',
      args,
      place,
      onOutput: (bytes) => {
        this.screen.write(bytes)
      },
    })
    this.keyboard = new Keyboard((bytes) => {
      this.#process.write(bytes)
    })
  }

  static async start(cleanup: Cleanup, firmware: Firmware, network: Network, directory: string): Promise<Machine> {
    const args = ['-nodefaults', '-no-user-config', '-display', 'none', '-monitor', 'none', '-vga', 'none']
    // signal=off: the line's bytes are the guest's, also ^C.
    args.push('-chardev', 'stdio,id=line,signal=off', '-serial', 'chardev:line', '-no-reboot')
    args.push('-m', '512', '-netdev', network.netdev, '-device', 'virtio-rng-pci')
    if (firmware === 'bios') {
      // graphics=off makes SeaBIOS put the text screen and the keyboard on the serial line.
      args.push('-machine', `q35,accel=${await accelerator()},graphics=off`)
      args.push('-device', 'virtio-net-pci,netdev=net,bootindex=1')
    } else {
      const variables = join(directory, 'vars.fd')
      await copyFile(VARIABLES, variables)
      args.push('-machine', `q35,accel=${await accelerator()}`)
      args.push('-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${CODE}`)
      args.push('-drive', `if=pflash,format=raw,unit=1,file=${variables}`)
      // An empty romfile: else QEMU's iPXE ROM boots and EDK2's own PXE is never tried.
      args.push('-device', 'virtio-net-pci,netdev=net,romfile=,bootindex=1')
    }
    return new Machine(cleanup, args, network.place)
  }

  /** Waits until the rendered screen shows `what`. */
  async waitForScreen(what: string | RegExp, seconds: number): Promise<void> {
    await this.waitFor(`${String(what)} on the screen`, seconds, () => matches(this.screen.text(), what))
  }

  /** Waits until the serial line has printed `what` at any time; returns the line that it is on. */
  async waitForLine(what: string | RegExp, seconds: number): Promise<string> {
    return this.waitFor(`${String(what)} on the serial line`, seconds, () =>
      this.screen
        .history()
        .split('\n')
        .find((line) => matches(line, what)),
    )
  }

  async waitFor<T>(what: string, seconds: number, probe: () => T | false | undefined): Promise<T> {
    return until(
      () => {
        const value = probe()
        return value === false ? undefined : value
      },
      seconds,
      () => `waited up to ${seconds} s for ${what}\n${this.report()}`,
      () => (this.#process.hasExited() ? 'QEMU has ended' : undefined),
    )
  }

  async waitForPowerOff(seconds: number): Promise<void> {
    await until(
      () => (this.#process.hasExited() ? true : undefined),
      seconds,
      () => `waited up to ${seconds} s for the machine to power itself off\n${this.report()}`,
    )
    // What is still in the pipe belongs to the log.
    await Promise.race([this.#process.exited, pause(1000)])
  }

  /** The last screen and QEMU's stderr. */
  report(): string {
    const stderr = this.#process.log().trim()
    return `the last screen:\n${this.screen.toString()}\nQEMU's stderr: ${stderr === '' ? '(nothing)' : stderr}`
  }
}

function matches(text: string, what: string | RegExp): boolean {
  return typeof what === 'string' ? text.includes(what) : what.test(text)
}

let chosen: Promise<'kvm' | 'tcg'> | undefined

/** kvm where it is there and really runs firmware: /dev/kvm may exist and fail, or start and hang. */
async function accelerator(): Promise<'kvm' | 'tcg'> {
  chosen ??= probeKvm()
  return chosen
}

async function probeKvm(): Promise<'kvm' | 'tcg'> {
  return process.env['IPXETOOL_E2E_ACCEL'] === 'kvm' ? 'kvm' : 'tcg'
}
