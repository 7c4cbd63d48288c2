/** Named sets of options. What a loader's platform or source cannot have is left out silently. */
import type { LoaderPlatform } from '../data/loader-targets.js'
import { suggest } from '../data/suggest.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import { type PresetName, presetNames } from './types.js'

export interface PresetSpec {
  readonly name: PresetName
  /** One sentence. */
  readonly summary: string
  readonly on: readonly string[]
  readonly off: readonly string[]
  readonly values?: Readonly<Record<string, string>>
  readonly platforms?: readonly LoaderPlatform[]
  /** Make's DEBUG, where the user names none. */
  readonly debug?: string
}

const tools = ['PING_CMD', 'NSLOOKUP_CMD', 'IPSTAT_CMD', 'NEIGHBOUR_CMD', 'TIME_CMD', 'NTP_CMD'] as const

export const presets: readonly PresetSpec[] = [
  {
    name: 'serial',
    summary:
      'Console on the first serial port too, 115200 bits per second. BIOS only: UEFI firmware mirrors its console there itself.',
    on: ['CONSOLE_SERIAL'],
    off: [],
  },
  {
    name: 'https',
    summary: 'https URLs, the clock (ntp) and certificate commands that they want.',
    on: ['DOWNLOAD_PROTO_HTTPS', 'NTP_CMD', 'CERT_CMD'],
    off: [],
  },
  {
    name: 'debug',
    summary:
      'Network tools, a syslog console with all messages, and what DHCP, TFTP and HTTP do on the screen.',
    on: [...tools, 'LOTEST_CMD', 'CONSOLE_SYSLOG', 'CONSOLE_DMESG', 'PCI_CMD', 'USB_CMD'],
    off: [],
    values: { LOG_LEVEL: 'LOG_ALL' },
    debug: 'dhcp,tftp,httpcore',
  },
  {
    name: 'full',
    summary: 'All protocols, commands and image formats that are of use to people.',
    on: [
      ...tools,
      'NET_PROTO_IPV6',
      'DOWNLOAD_PROTO_HTTPS',
      'DOWNLOAD_PROTO_FTP',
      'DOWNLOAD_PROTO_NFS',
      'HTTP_AUTH_NTLM',
      'CERT_CMD',
      'CONSOLE_CMD',
      'CONSOLE_FRAMEBUFFER',
      'DIGEST_CMD',
      'IMAGE_ARCHIVE_CMD',
      'IMAGE_COMBOOT',
      'IMAGE_CRYPT_CMD',
      'IMAGE_GZIP',
      'IMAGE_NBI',
      'IMAGE_SDI',
      'IMAGE_TRUST_CMD',
      'IMAGE_ZLIB',
      'PARAM_CMD',
      'PCI_CMD',
      'POWEROFF_CMD',
      'PXE_CMD',
      'USB_CMD',
      'VLAN_CMD',
    ],
    off: [],
  },
  {
    name: 'small',
    summary:
      'Leaves out Wi-Fi, Infiniband, Fibre Channel, network disks and pictures; local disks still boot.',
    on: [],
    off: [
      'CONSOLE_DMESG',
      'CRYPTO_80211_WEP',
      'CRYPTO_80211_WPA',
      'CRYPTO_80211_WPA2',
      'DIGEST_CMD',
      'EAP_METHOD_MD5',
      'FCMGMT_CMD',
      'FDT_CMD',
      'HTTP_AUTH_NTLM',
      'IBMGMT_CMD',
      'IMAGE_PNG',
      'IWMGMT_CMD',
      'LOGIN_CMD',
      'NET_PROTO_EAPOL',
      'NET_PROTO_LLDP',
      'SANBOOT_PROTO_AOE',
      'SANBOOT_PROTO_FCP',
      'SANBOOT_PROTO_HTTP',
      'SANBOOT_PROTO_IB_SRP',
      'SANBOOT_PROTO_ISCSI',
      'USB_CMD',
      'VNIC_IPOIB',
    ],
  },
]

/** @throws IpxetoolError `unknown-preset` (exit code 2) */
export function parsePresets(texts: readonly string[]): PresetName[] {
  const names = texts.flatMap((text) => text.split(',')).map((text) => text.trim())
  return [...new Set(names.filter((name) => name !== ''))].map((text) => {
    const found = presetNames.find((known) => known === text)
    if (found !== undefined) return found
    const near = suggest(text, presetNames)
    throw new IpxetoolError('unknown-preset', `there is no preset called "${visible(text)}"`, {
      exitCode: 2,
      hint: near === undefined ? `It is one of ${presetNames.join(', ')}.` : `Did you mean ${near}?`,
    })
  })
}

export function presetOf(name: PresetName): PresetSpec {
  return presets.find((known) => known.name === name)!
}
