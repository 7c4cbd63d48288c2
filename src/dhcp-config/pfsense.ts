/** pfSense: what to type into its web interface, for its configuration file is not for editing. */
import { encapsulated, hex } from './checks.js'
import { header, untriedNote } from './text.js'
import type { DhcpPlan, Loader, LoaderName } from './types.js'

const fields: readonly [LoaderName, string][] = [
  ['bios', 'Default BIOS File Name'],
  ['i386', 'UEFI 32 bit File Name'],
  ['x86_64', 'UEFI 64 bit File Name'],
  ['arm64', 'ARM 64 bit File Name'],
]

export function pfsenseConfig(plan: DhcpPlan): string {
  const { server, target, option, loaders } = plan
  const byName = new Map<LoaderName, Loader>(loaders.map((loader) => [loader.name, loader]))
  const x64 = byName.get('x86_64')
  const rows: [string, string][] = [
    ['Enable', 'checked'],
    ['Next Server', server],
    ...fields.map(([name, field]): [string, string] => [field, byName.get(name)?.file ?? '(empty)']),
    ['UEFI HTTPBoot URL', x64?.url ?? '(empty)'],
  ]
  const isBytes = option?.sub !== undefined
  const value = isBytes ? encapsulated(option, target).map(hex).join(':') : `"${target}"`
  return [
    header(plan, {
      does:
        `pfSense picks the loader by architecture, from ${server}, but cannot tell iPXE from firmware: iPXE gets the ` +
        'name of a loader again. The loaders must therefore carry a script that reads the option below and does ' +
        `not use the file name; it leads to ${target}.`,
      put: 'Services > DHCP Server > the interface, in the web interface',
      check: 'Status > System Logs > DHCP, while a machine boots',
      reload: 'Save, then Apply Changes',
      cannot: [
        'It has no switch to force an option. iPXE asks for 128 to 135 and 175 only, so 224 would never arrive.',
        'A stock loader, without an embedded script, loads itself for ever here.',
        'The Kea back end has fewer of these fields. Without them use ipxetool dhcp dnsmasq --proxy on another machine.',
        untriedNote('pfSense'),
      ],
    }),
    'Network Booting',
    ...rows.map(([field, text]) => `  ${field.padEnd(24)}${text}`),
    '',
    'Additional BOOTP/DHCP Options (with their quotes)',
    `  ${'Number'.padEnd(24)}${option?.code ?? ''}`,
    `  ${'Type'.padEnd(24)}${isBytes ? 'String' : 'Text'}`,
    `  ${'Value'.padEnd(24)}${value}`,
    '',
  ].join('\n')
}
