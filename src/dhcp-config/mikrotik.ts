/** MikroTik RouterOS 7.4 and later, which has option matchers. */
import { encapsulated, hex } from './checks.js'
import { header, httpBootNote, purpose, untriedNote } from './text.js'
import type { DhcpPlan } from './types.js'

const defaultInterface = 'bridge'

export function mikrotikConfig(plan: DhcpPlan): string {
  const { server, subnet, target, option, loaders } = plan
  const network = `${subnet.address}/${subnet.prefix}`
  const lines: string[] = []
  const add = (name: string, code: number, value: string): string => {
    // RouterOS 6 and 7 write text as s'…' and bytes as 0x…; force sends it to who did not ask
    lines.push(`/ip dhcp-server option add name=${name} code=${code} value="${value}" force=yes`)
    return name
  }
  const text = (value: string): string => `s'${quoted(value)}'`
  const set = (name: string, options: readonly string[]): void => {
    lines.push(`/ip dhcp-server option sets add name=${name} options=${options.join(',')}`)
  }
  const tftp = add('ipxe-server', 66, text(server))

  const script = [tftp, add('ipxe-file-script', 67, text(target))]
  if (option !== undefined) {
    const bytes = option.sub === undefined ? undefined : encapsulated(option, target)
    const value = bytes === undefined ? text(target) : `0x${bytes.map(hex).join('')}`
    script.push(add('ipxe-script', option.code, value))
  }
  set('ipxe', script)
  for (const { name, file } of loaders) {
    set(`ipxe-${name}`, [tftp, add(`ipxe-file-${name}`, 67, text(file))])
  }
  const http = loaders.filter((loader) => loader.http.length > 0)
  const echo = http.length === 0 ? '' : add('ipxe-httpclient', 60, text('HTTPClient'))
  for (const { name, url } of http) {
    set(`ipxe-http-${name}`, [echo, add(`ipxe-file-http-${name}`, 67, text(url))])
  }

  const matcher = (name: string, code: number, value: string, options: string): string =>
    `/ip dhcp-server matcher add name=${name} server=$server address-pool=$pool code=${code} value="${value}" option-set=${options}`
  return [
    header(plan, {
      does: `The router goes on handing out addresses. ${purpose(plan)}`,
      put: 'paste it into a terminal of the router, or upload it and /import file-name=ipxe.rsc',
      check: '/ip dhcp-server matcher print; /ip dhcp-server option print',
      reload: 'it works at once; the first lines remove what an earlier run has added',
      cannot: [
        'RouterOS 7.4 or later. The matcher for iPXE comes first and must stay first: it is the loop guard.',
        httpBootNote,
        `TFTP on ${server} is not set up here: \`ipxetool serve\` does it.`,
        untriedNote('RouterOS'),
      ],
    }),
    '{',
    ...['matcher', 'option sets', 'option'].map(
      (menu) => `/ip dhcp-server ${menu} remove [find name~"^ipxe"]`,
    ),
    ...lines,
    `/ip dhcp-server network set [find address=${network}] next-server=${server}`,
    `:local id [/ip dhcp-server find interface="${plan.interface ?? defaultInterface}"]`,
    ':local server [/ip dhcp-server get $id name]',
    ':local pool [/ip dhcp-server get $id address-pool]',
    matcher('ipxe', 77, 'iPXE', 'ipxe'),
    ...loaders.flatMap(({ name, pxe }) =>
      pxe.map((code) => matcher(`ipxe-arch-${code}`, 93, bytes(code), `ipxe-${name}`)),
    ),
    ...http.flatMap(({ name, http }) =>
      http.map((code) => matcher(`ipxe-arch-${code}`, 93, bytes(code), `ipxe-http-${name}`)),
    ),
    '}',
    '',
  ].join('\n')
}

function bytes(code: number): string {
  return `0x${code.toString(16).padStart(4, '0')}`
}

/** In a string of RouterOS `$` begins a variable, and `?` asks the terminal for help. */
function quoted(text: string): string {
  return text.replace(/[$?]/g, '\\$&')
}
