/** dnsmasq, as the DHCP server of a network or as a proxy beside one; and as OPNsense runs it. */
import { architectures } from '../data/architectures.js'
import { header, httpBootNote, firmwareOf, purpose } from './text.js'
import type { DhcpPlan, Loader } from './types.js'

/** Names of option.c for the types of clients; other types are written as numbers. */
const clientTypes: ReadonlyMap<number, string> = new Map([
  [0, 'x86PC'],
  [6, 'IA32_EFI'],
  [7, 'X86-64_EFI'],
  [9, 'BC_EFI'],
  [10, 'ARM32_EFI'],
  [11, 'ARM64_EFI'],
])

export function dnsmasqConfig(plan: DhcpPlan): string {
  return plan.mode === 'proxy' ? proxy(plan) : full(plan)
}

function full(plan: DhcpPlan): string {
  const { subnet, range, router, dns } = plan
  return [
    header(plan, {
      does: `Hands out addresses. ${purpose(plan)}`,
      put: '/etc/dnsmasq.d/ipxe.conf',
      check: 'dnsmasq --test -C /etc/dnsmasq.d/ipxe.conf',
      reload: 'systemctl restart dnsmasq (a reload does not read it again)',
      cannot: [
        httpBootNote,
        ...(plan.tftpRoot === undefined ? [tftpNote(plan)] : []),
        'Only one DHCP server may hand out addresses on a network: beside another one use --proxy.',
      ],
    }),
    '# DHCP only; take this away where dnsmasq is the DNS server too',
    'port=0',
    ...bindings(plan),
    `dhcp-range=${range.join(',')},${subnet.netmask},1h`,
    router === undefined
      ? '# no --router was named; without a value none is handed out'
      : '# the way out of the network',
    `dhcp-option=option:router${router === undefined ? '' : `,${router}`}`,
    ...(dns.length > 0 ? [`dhcp-option=option:dns-server,${dns.join(',')}`] : []),
    '',
    ...tftp(plan),
    bootLines(plan),
  ].join('\n')
}

/** OPNsense keeps ranges and interfaces itself. */
export function opnsenseConfig(plan: DhcpPlan): string {
  return [
    header(plan, {
      does: `For Dnsmasq, OPNsense's DHCP server since 25.7. ${purpose(plan)}`,
      put: '/usr/local/etc/dnsmasq.conf.d/ipxe.conf on the firewall; what the web interface writes stays as it is',
      check: 'dnsmasq --test -C /usr/local/etc/dnsmasq.conf.d/ipxe.conf',
      reload: 'configctl dnsmasq restart',
      cannot: [
        httpBootNote,
        tftpNote(plan),
        'With Kea or ISC DHCP in its place the web interface cannot tell iPXE from firmware: use what `ipxetool dhcp pfsense` says.',
        untriedNoteOpnsense,
      ],
    }),
    bootLines(plan),
  ].join('\n')
}

const untriedNoteOpnsense =
  'These lines are tested with dnsmasq, not on an OPNsense. Try them on one machine first.'

/** Who is who, and what each one gets. */
function bootLines(plan: DhcpPlan): string {
  const { server, target, option, loaders } = plan
  const http = loaders.filter(({ http }) => http.length > 0)
  return [
    '# iPXE sends option 175, and "iPXE" as its user class',
    'dhcp-match=set:ipxe,175',
    'dhcp-userclass=set:ipxe,iPXE',
    '# firmware says its architecture in option 93',
    ...loaders.flatMap(({ name, pxe }) => pxe.map((code) => match(name, code))),
    ...http.flatMap(({ name, http }) => http.map((code) => match(`http-${name}`, code))),
    '',
    `dhcp-boot=tag:ipxe,${target},,${server}`,
    ...(option === undefined
      ? []
      : option.sub === undefined
        ? [
            '# forced, for iPXE asks for a fixed list of options',
            `dhcp-option-force=tag:ipxe,${option.code},"${target}"`,
          ]
        : [`dhcp-option-force=tag:ipxe,encap:${option.code},${option.sub},"${target}"`]),
    ...loaders.map(({ name, file }) => `dhcp-boot=tag:${name},tag:!ipxe,${file},,${server}`),
    ...(http.length === 0 ? [] : ['# HTTP Boot takes an answer only from a server that says HTTPClient']),
    ...http.flatMap(({ name, url }) => [
      `dhcp-boot=tag:http-${name},tag:!ipxe,${url}`,
      `dhcp-option-force=tag:http-${name},60,HTTPClient`,
    ]),
    '',
  ].join('\n')
}

function match(tag: string, code: number): string {
  return `dhcp-match=set:${tag},option:client-arch,${code}`
}

function proxy(plan: DhcpPlan): string {
  const { server, subnet, target, loaders } = plan
  const service = (who: string, loader: Loader, code: number, file: string): string => {
    const name = architectures.find((spec) => spec.code === code)?.name ?? firmwareOf(loader)
    const text = who === 'ipxe' ? `Script for ${name}` : `iPXE for ${name}`
    return `pxe-service=tag:${who},${clientTypes.get(code) ?? code},"${text}",${file},${server}`
  }
  return [
    header(plan, {
      does: `Beside the DHCP server of the network, which stays as it is. ${purpose(plan)}`,
      put: '/etc/dnsmasq.d/ipxe.conf, on a machine other than the DHCP server',
      check: 'dnsmasq --test -C /etc/dnsmasq.d/ipxe.conf',
      reload: 'systemctl restart dnsmasq (a reload does not read it again)',
      cannot: [
        'A proxy sends no custom option, and does not answer UEFI HTTP Boot.',
        'The DHCP server beside it must not send a boot file name: firmware would mix the two answers.',
        ...(plan.tftpRoot === undefined ? [tftpNote(plan)] : []),
        'UDP ports 67 and 4011 must reach this machine.',
      ],
    }),
    '# DHCP only; take this away where dnsmasq is the DNS server too',
    'port=0',
    ...bindings(plan),
    `dhcp-range=${subnet.address},proxy,${subnet.netmask}`,
    '',
    ...tftp(plan),
    '# iPXE sends option 175, and "iPXE" as its user class',
    'dhcp-match=set:ipxe,175',
    'dhcp-userclass=set:ipxe,iPXE',
    '',
    ...loaders.flatMap((loader) =>
      loader.pxe.flatMap((code) => [
        service('!ipxe', loader, code, loader.file),
        service('ipxe', loader, code, target),
      ]),
    ),
    '',
  ].join('\n')
}

function bindings(plan: DhcpPlan): string[] {
  return plan.interface === undefined ? [] : [`interface=${plan.interface}`, 'bind-dynamic']
}

function tftp({ tftpRoot }: DhcpPlan): string[] {
  return tftpRoot === undefined ? [] : ['enable-tftp', `tftp-root=${tftpRoot}`, '']
}

function tftpNote({ server }: DhcpPlan): string {
  return `TFTP on ${server} is not set up here: \`ipxetool serve\` does it, or --tftp-root DIR adds it.`
}
