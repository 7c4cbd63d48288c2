/** Kea, from 2.2 (Debian 12) on. */
import { header, httpBootNote, purpose, untriedNote } from './text.js'
import type { DhcpPlan } from './types.js'

interface OptionData {
  name?: string
  code?: number
  space?: string
  data?: string
  'always-send'?: boolean
}

interface ClientClass {
  name: string
  test: string
  'next-server'?: string
  'boot-file-name': string
  'option-data'?: OptionData[]
}

/** iPXE sends its user class as bare text; the second form is RFC 3004's, which `set user-class` can make it send. */
const isIpxe = "option[175].exists or option[77].hex == 'iPXE' or option[77].hex == 0x0469505845"

export function keaConfig(plan: DhcpPlan): string {
  const { server, subnet, range, router, dns, target, option, loaders, version } = plan
  const script: OptionData[] =
    option === undefined
      ? []
      : option.sub === undefined
        ? [{ name: 'boot-script', data: target, 'always-send': true }]
        : [
            { name: 'ipxe-options', 'always-send': true },
            { name: 'boot-script', space: 'ipxe', data: target, 'always-send': true },
          ]
  const classes: ClientClass[] = [
    {
      name: 'ipxe',
      test: isIpxe,
      'next-server': server,
      'boot-file-name': target,
      ...(script.length > 0 && { 'option-data': script }),
    },
    ...loaders.map(({ name, pxe, file }) => ({
      name: `pxe-${name}`,
      test: `not member('ipxe') and substring(option[60].hex,0,9) == 'PXEClient' and (${archIn(pxe)})`,
      'next-server': server,
      'boot-file-name': file,
    })),
    ...loaders
      .filter(({ http }) => http.length > 0)
      .map(({ name, http, url }) => ({
        name: `http-${name}`,
        test: `not member('ipxe') and substring(option[60].hex,0,10) == 'HTTPClient' and (${archIn(http)})`,
        'boot-file-name': url,
        'option-data': [{ name: 'vendor-class-identifier', data: 'HTTPClient', 'always-send': true }],
      })),
  ]
  const options: OptionData[] = [
    ...(router === undefined ? [] : [{ name: 'routers', data: router }]),
    ...(dns.length === 0 ? [] : [{ name: 'domain-name-servers', data: dns.join(', ') }]),
  ]
  const definitions =
    option === undefined
      ? []
      : option.sub === undefined
        ? [{ name: 'boot-script', code: option.code, type: 'string', space: 'dhcp4' }]
        : [
            { name: 'ipxe-options', code: option.code, type: 'empty', space: 'dhcp4', encapsulate: 'ipxe' },
            { name: 'boot-script', code: option.sub, type: 'string', space: 'ipxe' },
          ]
  const config = {
    Dhcp4: {
      'interfaces-config': { interfaces: [plan.interface ?? '*'] },
      'lease-database': { type: 'memfile', persist: true },
      'valid-lifetime': 3600,
      ...(definitions.length > 0 && { 'option-def': definitions }),
      'client-classes': classes,
      subnet4: [
        {
          id: 1,
          subnet: `${subnet.address}/${subnet.prefix}`,
          pools: [{ pool: range.join(' - ') }],
          ...(options.length > 0 && { 'option-data': options }),
        },
      ],
      loggers: [
        {
          name: 'kea-dhcp4',
          severity: 'INFO',
          [version === '3.0' ? 'output-options' : 'output_options']: [{ output: 'stdout' }],
        },
      ],
    },
  }
  return `${header(
    plan,
    {
      does: `Hands out addresses. ${purpose(plan)}`,
      put: '/etc/kea/kea-dhcp4.conf; into a file with subnets of its own take over option-def and client-classes',
      check: 'kea-dhcp4 -t /etc/kea/kea-dhcp4.conf',
      reload: 'systemctl restart kea-dhcp4-server',
      cannot: [
        version === '3.0'
          ? 'For Kea 2.2 to 2.6 use --for 2.2: the loggers are spelled differently.'
          : 'For Kea 2.2 to 2.6; for 3.0 and later use --for 3.0: the loggers are spelled differently.',
        httpBootNote,
        ...(router === undefined ? ['No router is handed out: --router ADDRESS adds it.'] : []),
        `TFTP on ${server} is not set up here: \`ipxetool serve\` does it.`,
        ...(version === '3.0' ? [untriedNote('Kea 3.0, only 2.2')] : []),
      ],
    },
    '//',
  )}${JSON.stringify(config, null, 2)}\n`
}

/** Firmware may list several architectures: the first is what it runs. */
function archIn(codes: readonly number[]): string {
  return codes
    .map((code) => `substring(option[93].hex,0,2) == 0x${code.toString(16).padStart(4, '0')}`)
    .join(' or ')
}
