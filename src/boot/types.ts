/** What `ipxetool boot` is told and what it asks of others. */

export type BootFirmware = 'bios' | 'uefi'
export type BootArch = 'x86_64' | 'arm64'

/** Serves the tree to the machine; the command line fills it with `serve`. */
export interface BootServer {
  /**
   * Listens on loopback; the port of HTTP.
   * @param onRequest the machine has asked for something
   */
  start(onRequest: () => void): Promise<{ readonly httpPort: number }>
  stop(): Promise<void>
}

export interface BootWish {
  readonly firmware: BootFirmware
  readonly arch: BootArch
  /** `stock`: the distribution's iPXE; else the full path of a loader: .lkrn for BIOS, .efi for UEFI */
  readonly loader: string
  /** MiB */
  readonly memory: number
  /** full path of a disk image, raw or qcow2 */
  readonly disk?: string
  /** path of the first script in the tree */
  readonly script: string
  /** a window of QEMU, or a screen to take a picture of */
  readonly display: 'none' | 'window' | 'hidden'
}

/** What somebody at the machine does: waits for a text, then presses keys. */
export interface BootStep {
  readonly expect?: string
  readonly keys?: string
}
