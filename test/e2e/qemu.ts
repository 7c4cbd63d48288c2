/** One QEMU machine: its firmware, its network and its serial line. */
import { closeSync, openSync, readSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cleanup } from './cleanup.js'
import { Keyboard } from './keyboard.js'
import { HERE, start, until } from './processes.js'
import type { Place, Running } from './processes.js'
import { Screen } from './screen.js'

export type Firmware = 'bios' | 'uefi'
/** With those of other processors. */
export type AnyFirmware = Firmware | 'uefi-ia32' | 'uefi-arm64'

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

interface Build {
  readonly command: string
  readonly machine: readonly string[]
  readonly code: string
  readonly variables: string
}

/** UEFI by processor. */
const builds: Readonly<Record<Exclude<AnyFirmware, 'bios'>, Build>> = {
  uefi: {
    command: 'qemu-system-x86_64',
    machine: ['-machine', 'q35,accel=tcg', '-vga', 'none'],
    code: '/usr/share/OVMF/OVMF_CODE_4M.fd',
    variables: '/usr/share/OVMF/OVMF_VARS_4M.fd',
  },
  'uefi-ia32': {
    command: 'qemu-system-x86_64',
    // Debian's only build of it is for Secure Boot, which wants SMM; without keys it starts what is not signed.
    machine: ['-machine', 'q35,accel=tcg,smm=on', '-global', 'driver=cfi.pflash01,property=secure,value=on'],
    code: '/usr/share/OVMF/OVMF32_CODE_4M.secboot.fd',
    variables: '/usr/share/OVMF/OVMF32_VARS_4M.fd',
  },
  'uefi-arm64': {
    command: 'qemu-system-aarch64',
    machine: ['-machine', 'virt,accel=tcg,gic-version=2', '-cpu', 'cortex-a57'],
    code: '/usr/share/AAVMF/AAVMF_CODE.fd',
    variables: '/usr/share/AAVMF/AAVMF_VARS.fd',
  },
}

export class Machine {
  readonly #screen = new Screen()
  readonly keyboard: Keyboard
  readonly #process: Running
  readonly #line: number

  private constructor(
    cleanup: Cleanup,
    command: string,
    args: readonly string[],
    place: Place,
    directory: string,
  ) {
    // A file, not a pipe: Node's pipes are sockets, which are full after some 270 writes of one byte, and QEMU's
    // UART drops characters when its line is full. A file never is.
    const path = join(directory, 'serial.log')
    const output = openSync(path, 'w')
    this.#line = openSync(path, 'r')
    cleanup.defer({
      undo: () => {
        closeSync(this.#line)
      },
    })
    this.#process = start(cleanup, {
      name: 'QEMU',
      command,
      args,
      place,
      stdout: output,
    })
    closeSync(output)
    this.keyboard = new Keyboard((bytes) => {
      this.#process.write(bytes)
    })
  }

  static async start(
    cleanup: Cleanup,
    firmware: AnyFirmware,
    network: Network,
    directory: string,
    more: readonly string[] = [],
  ): Promise<Machine> {
    const args = ['-nodefaults', '-no-user-config', '-display', 'none', '-monitor', 'none']
    // signal=off: the line's bytes are the guest's, also ^C.
    args.push('-chardev', 'stdio,id=line,signal=off', '-serial', 'chardev:line', '-no-reboot')
    args.push('-m', '512', '-netdev', network.netdev, '-device', 'virtio-rng-pci')
    let command = 'qemu-system-x86_64'
    if (firmware === 'bios') {
      // graphics=off makes SeaBIOS put the text screen and the keyboard on the serial line.
      args.push('-machine', `q35,accel=${accelerator()},graphics=off`, '-vga', 'none')
      args.push('-device', 'virtio-net-pci,netdev=net,bootindex=1')
    } else {
      const build = builds[firmware]
      command = build.command
      const variables = join(directory, 'vars.fd')
      await copyFile(build.variables, variables)
      args.push(...build.machine.map((word) => word.replace('accel=tcg', `accel=${accelerator(firmware)}`)))
      args.push('-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${build.code}`)
      args.push('-drive', `if=pflash,format=raw,unit=1,file=${variables}`)
      // An empty romfile: else QEMU's iPXE ROM boots and EDK2's own PXE is never tried.
      args.push('-device', 'virtio-net-pci,netdev=net,romfile=,bootindex=1')
    }
    return new Machine(cleanup, command, [...args, ...more], network.place, directory)
  }

  /** The screen as of now. */
  async look(): Promise<Screen> {
    const chunk = Buffer.alloc(65_536)
    for (;;) {
      const length = readSync(this.#line, chunk, 0, chunk.length, null)
      if (length === 0) return this.#screen
      await this.#screen.write(Buffer.from(chunk.subarray(0, length)))
    }
  }

  get pid(): number {
    return this.#process.pid
  }

  /** What the serial line has printed, without control sequences. */
  history(): string {
    return this.#screen.history()
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
    probe: (screen: Screen) => T | false | undefined,
  ): Promise<T> {
    return until(
      async () => {
        const value = probe(await this.look())
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
    await this.look()
  }

  /** The last screen and QEMU's stderr. */
  report(): string {
    const stderr = this.#process.log().trim()
    return `the last screen:\n${this.#screen.toString()}\nQEMU's stderr: ${stderr === '' ? '(nothing)' : stderr}`
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
function accelerator(firmware?: AnyFirmware): 'kvm' | 'tcg' {
  return process.env['IPXETOOL_E2E_ACCEL'] === 'kvm' && firmware !== 'uefi-arm64' ? 'kvm' : 'tcg'
}
