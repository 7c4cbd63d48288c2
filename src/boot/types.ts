/** What `ipxetool boot` is told and what it asks of others. */

/** `uefi-http`: the firmware's own HTTP Boot, which our server answers as a proxyDHCP server does. */
export type BootFirmware = 'bios' | 'uefi' | 'uefi-http'
export type BootArch = 'x86_64' | 'i386' | 'arm64'
/** A window of QEMU, or a screen to take a picture of. */
export type BootDisplay = 'none' | 'window' | 'hidden'

/** Serves the tree to the machine; the command line fills it with `serve`. */
export interface BootServer {
  start(wish: BootServerWish): Promise<StartedServer>
  stop(): Promise<void>
}

export interface BootServerWish {
  /** a loader that firmware fetches; undefined: it needs none */
  readonly loader?: FetchedLoader
  /** path of the first script in the tree */
  readonly script: string
  /** this host, as the machine sees it */
  readonly address: string
  /** the machine has asked for something */
  readonly onRequest: () => void
}

export interface FetchedLoader {
  /** full path; its files are served by HTTP. QEMU's own TFTP server has them, too. */
  readonly folder: string
  readonly name: string
  readonly by: 'http' | 'tftp'
}

export interface StartedServer {
  /** What a proxyDHCP server says: the loader to firmware, and the script to iPXE. */
  readonly answer: (question: DhcpQuestion) => DhcpAnswer | undefined
}

export interface DhcpQuestion {
  /** of DHCP, without headers of UDP */
  readonly packet: Uint8Array
  /** what it was sent to: 67 or 4011 */
  readonly port: number
  readonly from: { readonly address: string; readonly port: number }
}

export interface DhcpAnswer {
  readonly packet: Uint8Array
  readonly to: { readonly address: string; readonly port: number }
}

export interface BootWish {
  readonly firmware: BootFirmware
  readonly arch: BootArch
  /** `stock`: the distribution's iPXE; else the full path of a loader: .lkrn, .kpxe, .pxe for BIOS, .efi for UEFI */
  readonly loader: string
  /** UEFI: the loader drives only the card that it came by, so the firmware's PXE fetches it */
  readonly byNetwork?: boolean
  /** MiB */
  readonly memory: number
  /** full path of a disk image, raw or qcow2 */
  readonly disk?: string
  /** path of the first script in the tree */
  readonly script: string
  readonly display: BootDisplay
}

/** What somebody at the machine does: waits for a text, then presses keys. */
export interface BootStep {
  readonly expect?: string
  readonly keys?: string
}
