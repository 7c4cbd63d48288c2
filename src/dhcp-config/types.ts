/** What a DHCP server has to know about booting, before it is spelled for one kind of server. */

export const dhcpKinds = [
  'dnsmasq',
  'openwrt',
  'opnsense',
  'kea',
  'isc',
  'mikrotik',
  'pfsense',
  'windows',
] as const
export type DhcpKind = (typeof dhcpKinds)[number]

/** The processors that have a loader of their own; names as in `cpu` of the architecture table, and `bios`. */
export const loaderNames = ['bios', 'x86_64', 'i386', 'arm64'] as const
export type LoaderName = (typeof loaderNames)[number]

/** A file that firmware loads by TFTP, and who is to get it. */
export interface Loader {
  readonly name: LoaderName
  /** Path below the TFTP root. */
  readonly file: string
  /** DHCP option 93 of firmware that loads it by TFTP, ascending. */
  readonly pxe: readonly number[]
  /** DHCP option 93 of firmware that loads it by HTTP, ascending. */
  readonly http: readonly number[]
  /** Its URL, for HTTP Boot. */
  readonly url: string
}

/** A DHCP option, or a sub-option of 175, that carries the script's URL. */
export interface ScriptOption {
  readonly code: number
  /** Only with code 175. */
  readonly sub?: number
}

export interface Subnet {
  readonly address: string
  readonly prefix: number
  readonly netmask: string
}

/** All texts are checked: they hold nothing that any of the servers would read as more than text. */
export interface DhcpPlan {
  readonly kind: DhcpKind
  /** `proxy`: beside a DHCP server that knows nothing of booting. */
  readonly mode: 'full' | 'proxy'
  /** IPv4 address of the TFTP server. */
  readonly server: string
  readonly subnet: Subnet
  /** First and last address to hand out. */
  readonly range: readonly [string, string]
  readonly router?: string
  readonly dns: readonly string[]
  readonly interface?: string
  /** What iPXE loads. */
  readonly target: string
  readonly option?: ScriptOption
  readonly loaders: readonly Loader[]
  /** A folder that dnsmasq serves by TFTP; without it somebody else does. */
  readonly tftpRoot?: string
  /** The version of the server that the text is for, where the syntax differs. */
  readonly version?: string
}
