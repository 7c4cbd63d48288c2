/** What the servers can and cannot do, as far as it decides what is asked of them. */
import type { DhcpKind, DhcpPlan } from './types.js'

export interface KindTraits {
  readonly modes: readonly DhcpPlan['mode'][]
  /** For `--for`; the first is the default, none: the syntax is the same everywhere. */
  readonly versions: readonly string[]
  /** The script's URL, unless the person says otherwise. */
  readonly defaultOption: string
  /** It can send an option that was not asked for. */
  readonly canForce: boolean
  /** It can send an option inside of 175. */
  readonly canEncapsulate: boolean
  /** It can answer iPXE otherwise than firmware. */
  readonly hasLoopGuard: boolean
  /** Bytes of a boot file name: 127 in the header's field, 255 in option 67. */
  readonly fileLimit: 127 | 255
  /** Addresses to hand out are set up elsewhere. */
  readonly ownPool: boolean
}

const complete = {
  modes: ['full'],
  versions: [],
  defaultOption: '224',
  canForce: true,
  canEncapsulate: true,
  hasLoopGuard: true,
  fileLimit: 127,
  ownPool: false,
} as const satisfies KindTraits

export const traits: Readonly<Record<DhcpKind, KindTraits>> = {
  // dnsmasq takes option 67 where it is asked for, which all firmware does
  dnsmasq: { ...complete, modes: ['full', 'proxy'], fileLimit: 255 },
  openwrt: { ...complete, fileLimit: 255, ownPool: true },
  opnsense: { ...complete, fileLimit: 255, ownPool: true },
  kea: { ...complete, versions: ['2.2', '3.0'] },
  isc: complete,
  mikrotik: { ...complete, fileLimit: 255, ownPool: true },
  pfsense: { ...complete, defaultOption: '129', canForce: false, hasLoopGuard: false, ownPool: true },
  windows: {
    ...complete,
    defaultOption: '129',
    canForce: false,
    canEncapsulate: false,
    fileLimit: 255,
    ownPool: true,
  },
}
