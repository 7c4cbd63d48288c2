/** OpenWrt: dnsmasq, configured by uci. */
import { header, httpBootNote, purpose, untriedNote } from './text.js'
import type { DhcpPlan } from './types.js'

/**
 * A shell script, which may be run again: every section has a name, and is removed before it is written. What becomes
 * of them is in OpenWrt's package/network/services/dnsmasq/files/dnsmasq.init: `networkid` is put between `tag:` (in
 * older releases `net:`) and a comma, which leaves room for a second tag.
 */
export function openwrtConfig(plan: DhcpPlan): string {
  const { server, target, option, loaders } = plan
  const http = loaders.filter((loader) => loader.http.length > 0)
  const architecture = (tag: string, code: number): string =>
    `section match ipxe_arch_${code} networkid=${tag} match=option:client-arch,${code}`
  const boot = (name: string, tags: string, file: string): string =>
    `section boot ipxe_boot_${name} 'networkid=${tags}' 'filename=${file}' servername=${server} serveraddress=${server}`
  const force = (tag: string, value: string): string[] => [
    `section tag ${tag} force=1`,
    `uci add_list 'dhcp.${tag}.dhcp_option=${value}'`,
  ]
  return [
    header(plan, {
      does: `The router goes on handing out addresses. ${purpose(plan)}`,
      put: 'copy this file to the router and run it there: sh ipxe.sh (again after a change)',
      check: 'uci show dhcp; logread -e dnsmasq',
      reload: 'the last line does it',
      cannot: [
        httpBootNote,
        `TFTP on ${server} is not set up here: \`ipxetool serve\` does it.`,
        'LuCI shows some of these sections, and keeps the ones that it does not know.',
        untriedNote('a router, only dnsmasq with the lines that OpenWrt makes of this'),
      ],
    }),
    'set -e',
    '# TYPE NAME OPTION=VALUE...',
    'section() {',
    '  type=$1 name=$2; shift 2',
    '  uci -q delete "dhcp.$name" || true',
    '  uci set "dhcp.$name=$type"',
    '  for option; do uci set "dhcp.$name.$option"; done',
    '}',
    '',
    '# iPXE sends option 175, and "iPXE" as its user class',
    'section match ipxe_match networkid=ipxe match=175',
    'section userclass ipxe_class networkid=ipxe userclass=iPXE',
    '# firmware says its architecture in option 93',
    ...loaders.flatMap(({ name, pxe }) => pxe.map((code) => architecture(name, code))),
    ...http.flatMap(({ name, http }) => http.map((code) => architecture(`http_${name}`, code))),
    '',
    boot('script', 'ipxe', target),
    ...loaders.map(({ name, file }) => boot(name, `${name},tag:!ipxe`, file)),
    ...http.map(({ name, url }) => boot(`http_${name}`, `http_${name},tag:!ipxe`, url)),
    '',
    '# sections of the type "tag" speak of the tag that they are named after; force sends what was not asked for',
    ...(option === undefined ? [] : force('ipxe', `${numberOf(option)},${target}`)),
    ...http.flatMap(({ name }) => force(`http_${name}`, '60,HTTPClient')),
    '',
    'uci commit dhcp',
    '/etc/init.d/dnsmasq restart',
    '',
  ].join('\n')
}

function numberOf({ code, sub }: NonNullable<DhcpPlan['option']>): string {
  return sub === undefined ? String(code) : `encap:${code},${sub}`
}
