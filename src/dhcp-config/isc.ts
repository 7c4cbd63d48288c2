/** ISC dhcpd 4. */
import { hex } from './checks.js'
import { firmwareOf, header, httpBootNote, purpose } from './text.js'
import type { DhcpPlan } from './types.js'

export function iscConfig(plan: DhcpPlan): string {
  const { server, subnet, range, router, dns, target, option, loaders } = plan
  const http = loaders.filter((loader) => loader.http.length > 0)
  const ifBranch = (codes: readonly number[], then: string, index: number, what: string): string[] => [
    `    ${index === 0 ? 'if' : '} elsif'} ${codes.map(archIs).join(' or ')} { # ${what}`,
    `      ${then}`,
  ]
  return [
    header(plan, {
      does: `Hands out addresses. ${purpose(plan)}`,
      put: '/etc/dhcp/dhcpd.conf; into a file with subnets of its own take over the definitions and the if',
      check: 'dhcpd -t -cf /etc/dhcp/dhcpd.conf',
      reload: 'systemctl restart isc-dhcp-server',
      cannot: [
        plan.interface === undefined
          ? 'Where it listens is not said here but in /etc/default/isc-dhcp-server, INTERFACESv4.'
          : `Where it listens is not said here: INTERFACESv4="${plan.interface}" in /etc/default/isc-dhcp-server.`,
        httpBootNote,
        ...(router === undefined ? ['No router is handed out: --router ADDRESS adds it.'] : []),
        `TFTP on ${server} is not set up here: \`ipxetool serve\` does it.`,
        'ISC ended support of dhcpd in 2022; its successor is Kea.',
      ],
    }),
    'option client-arch code 93 = unsigned integer 16;',
    ...(option?.sub === undefined
      ? [
          'option ipxe-features code 175 = string;',
          ...(option === undefined ? [] : [`option boot-script code ${option.code} = text;`]),
        ]
      : [
          'option space ipxe;',
          `option ipxe.boot-script code ${option.sub} = text;`,
          'option ipxe-features code 175 = encapsulate ipxe;',
        ]),
    '',
    `subnet ${subnet.address} netmask ${subnet.netmask} {`,
    `  range ${range.join(' ')};`,
    ...(router === undefined ? [] : [`  option routers ${router};`]),
    ...(dns.length === 0 ? [] : [`  option domain-name-servers ${dns.join(', ')};`]),
    `  next-server ${server};`,
    '',
    '  # iPXE sends option 175, and "iPXE" as its user class',
    '  if exists ipxe-features or option user-class = "iPXE" {',
    `    filename "${target}";`,
    ...(option === undefined
      ? []
      : option.sub === undefined
        ? [
            `    option boot-script "${target}";`,
            '    # iPXE asks for a fixed list of options: put this one into it',
            `    option dhcp-parameter-request-list = concat(option dhcp-parameter-request-list, ${hex(option.code)});`,
          ]
        : [`    option ipxe.boot-script "${target}";`]),
    ...(http.length === 0
      ? []
      : [
          '  } elsif substring(option vendor-class-identifier, 0, 10) = "HTTPClient" {',
          '    # HTTP Boot takes an answer only from a server that says HTTPClient',
          '    option vendor-class-identifier "HTTPClient";',
          '    option dhcp-parameter-request-list = concat(option dhcp-parameter-request-list, 3c);',
          ...http.flatMap((loader, index) =>
            ifBranch(loader.http, `filename "${loader.url}";`, index, firmwareOf(loader)),
          ),
          '    }',
        ]),
    ...(loaders.length === 0
      ? []
      : [
          '  } elsif substring(option vendor-class-identifier, 0, 9) = "PXEClient" {',
          ...loaders.flatMap((loader, index) =>
            ifBranch(loader.pxe, `filename "${loader.file}";`, index, firmwareOf(loader)),
          ),
          '    }',
        ]),
    '  }',
    '}',
    '',
  ].join('\n')
}

/** Firmware may list several architectures: the first is what it runs. */
function archIs(code: number): string {
  return `substring(option client-arch, 0, 2) = ${hex(code >> 8)}:${hex(code & 255)}`
}
