/** Errors of iPXE by their number, particular ones first. */
import type { BootError } from '../boot-errors.js'

type Code = readonly [posix: string, file?: string, point?: number]
type Row = readonly [code: Code, title: string, cause: string, check: readonly string[], versions?: string]

const curl = 'Ask for the same URL from another machine: curl -I URL.'
const log = 'Look into the log of the server: did the request arrive?'

const rows: readonly Row[] = [
  [
    ['ENOTSUP', 'open'],
    'no such protocol in this loader',
    'The scheme of the URL is not built into this iPXE, so nothing was asked.',
    [
      'https, ftp and nfs are left out of many builds; use http, or compile a loader with DOWNLOAD_PROTO_HTTPS (`ipxetool compile --define DOWNLOAD_PROTO_HTTPS`).',
      'Is the scheme spelled right? `ipxetool check` knows the spellings.',
    ],
    'BIOS builds have no https by default; UEFI builds have it from 2.0.0 on.',
  ],
  [
    ['EPERM', 'image'],
    'the image is not trusted',
    'After `imgtrust` only images with a good signature may run, and this one has not been verified.',
    [
      'Call `imgverify IMAGE SIGNATURE-URL` before it is run.',
      'Was the signature made with a certificate that the loader trusts (`compile --trust`)?',
    ],
  ],
  [
    ['ENOENT', 'httpcore', 1],
    'HTTP 404: the server has no such file',
    'The server was reached and answered "not found".',
    [
      curl,
      'Upper and lower case count. Did a setting in the path expand to nothing? `show` it.',
      'Relative URLs start at the place of the script that names them.',
    ],
  ],
  [
    ['EACCES', 'httpcore', 1],
    'HTTP 401: the server wants a password',
    'The server asks who is there.',
    ['Give the password in the URL, http://USER:PASSWORD@HOST/, or let the server answer without one.'],
  ],
  [
    ['EPERM', 'httpcore', 1],
    'HTTP 403: the server refuses',
    'The file may be there, but not for this client: permissions of the file, or rules of the server.',
    ['May the user of the server read the file and all folders above it?', log],
  ],
  [
    ['EIO', 'httpcore', 4],
    'HTTP 4xx: the server refuses the request',
    'The server answered with an error that has no meaning of its own to iPXE: 400, 410, 429 and the like.',
    [log, 'A blank or an unencoded character in the URL? Use `:uristring` for settings in a query.'],
  ],
  [
    ['EIO', 'httpcore', 5],
    'HTTP 5xx: the server failed',
    'The request arrived, and the program behind the URL failed.',
    [log],
  ],
  [
    ['EIO', 'httpcore', 2],
    'the download ended early',
    'The server closed the connection before all that it had announced was there.',
    ['A proxy or a server with a time limit between? Large files need minutes on slow links.', log],
  ],
  [
    ['ENOENT', 'tftp', 1],
    'TFTP: the server has no such file',
    'The server was reached and answered "file not found".',
    [
      'Names are relative to the root of the TFTP server, not of the disk.',
      'Upper and lower case count; Windows loaders ask with backslashes.',
    ],
  ],
  [
    ['ETIMEDOUT', 'tftp'],
    'TFTP: no answer',
    'The first packet, or one in the middle, was never answered.',
    [
      'A firewall: TFTP answers come from another port than 69. `ipxetool serve --tftp-single-port` helps behind NAT.',
      'Is next-server the machine that you mean? `show next-server`.',
    ],
  ],
  [
    ['ENXIO', 'dns', 1],
    'DNS: there is no such name',
    'A name server answered that it does not know the name.',
    ['Is it spelled right, and known to the name server that DHCP gave? `show dns`, `nslookup NAME`.'],
  ],
  [
    ['ENXIO', 'dns', 2],
    'DNS: no name server',
    'DHCP gave no name server, so names cannot be looked up.',
    ['Let DHCP give option 6, or write an address instead of the name.'],
  ],
  [
    ['ETIMEDOUT', 'dns'],
    'DNS: no answer',
    'The name server that DHCP gave does not answer.',
    ['Can machines in this network reach it? `show dns`.'],
  ],
  [
    ['EACCES', 'x509', 6],
    'TLS: the root certificate is not trusted',
    'The chain of the server ends in a certificate that this loader does not trust.',
    [
      'A certificate of your own authority has to be compiled in: `ipxetool compile --trust ca.crt`.',
      'Does the server send its intermediate certificates?',
      'Cross-signed public roots are fetched from ca.ipxe.org: can the machine reach it?',
    ],
  ],
  [
    ['EACCES', 'x509', 4],
    'TLS: the certificate is not valid now',
    'It has expired, is not valid yet, or the clock of the machine is wrong.',
    ['`show unixtime`; set the clock in the firmware, or with `ntp SERVER` before.'],
  ],
  [
    ['EACCES', 'x509', 10],
    'TLS: the certificate is for another name',
    'The host in the URL is none of the names in the certificate.',
    ['Use a name of the certificate in the URL; an address works only when it is in the certificate.'],
  ],
  [
    ['EACCES', 'x509', 11],
    'TLS: the root certificate did not come',
    'The server sends no chain up to a root that this loader trusts, and the loader holds none itself.',
    [
      'A server of your own: let it send its root, too (`cat server.pem ca.pem`), or compile with `ipxetool compile --trust ca.pem`, which puts the root into the loader.',
      'A public one: iPXE asks ca.ipxe.org for what is missing: can the machine reach it?',
    ],
  ],
  [
    ['EACCES', 'x509'],
    'TLS: the certificate was refused',
    'Something in the chain of certificates is not as it has to be.',
    ['openssl s_client -connect HOST:443 -showcerts shows the chain.'],
  ],
  [
    ['EACCES', 'ocsp'],
    'TLS: the certificate could not be confirmed',
    'The issuer said that the certificate is revoked, or its answer (OCSP) was no good.',
    ['Can the machine reach the OCSP server, and is its clock right?'],
  ],
  [
    ['EPERM', 'tls', 1],
    'TLS: the server ended the handshake',
    'The server sent an alert: it has no cipher or version in common with this iPXE, or wants a client certificate.',
    [log, 'Servers that only speak TLS 1.3 or only ECDSA certificates need a recent iPXE.'],
    '1.21.1 and older only have the RSA key exchange; DHE and ECDHE came in 2022.',
  ],
  [
    ['ENOTSUP', 'tls'],
    'TLS: nothing in common with the server',
    'The server chose a cipher, version or group that this iPXE does not have.',
    ['Allow TLS 1.2 with RSA and AES on the server, or use a newer iPXE.'],
  ],
  [
    ['EADDRNOTAVAIL', 'ifmgmt', 1],
    'no configuration: DHCP got no answer',
    'No way to configure the interface succeeded.',
    [
      'Is there a DHCP server in this network, and the port up? Spanning tree keeps ports silent for 30 s: use portfast or edge ports.',
      'Of several interfaces `dhcp` tries one after the other: was it the right one? `ifstat`.',
    ],
  ],
  [
    ['ENOTCONN', 'netdevice', 1],
    'the link is down',
    'There is no carrier at the port, or it came up too late.',
    [
      'Cable, port of the switch, the other port of the machine: `ifstat`.',
      '`iflinkwait --timeout 30000` waits for slow ports.',
    ],
  ],
  [
    ['ENOENT', 'autoboot', 1],
    'nothing to boot',
    'DHCP gave an address, but neither a file name nor a root path.',
    [
      'Let DHCP give `filename` (option 67) or `root-path` (17).',
      'With a proxyDHCP server beside: did it answer? `show proxydhcp/filename`.',
    ],
  ],
  [
    ['ENOEXEC', 'image'],
    'it is nothing that this iPXE can run',
    'The bytes that came are of no kind that this loader knows.',
    [
      'Was it an error page instead of the file? `imgstat` shows the size.',
      'A script has to begin with `#!ipxe` and nothing before it, no byte order mark either: `ipxetool check`.',
      'UEFI loaders run EFI programs only; BIOS loaders no EFI programs. An arm64 kernel does not run on x86_64.',
    ],
  ],
  [
    ['ENOEXEC', 'exec'],
    'command not found',
    'The script or you called a command that this iPXE does not have.',
    ['Is it spelled right? `help` lists what there is; `ipxetool check` knows what loaders lack.'],
  ],
  [
    ['ENOENT', 'script'],
    'goto: there is no such label',
    'The target of a `goto`, after its settings were filled in, is the name of no label.',
    [
      '`goto` fails without a word. Put `|| goto LABEL` behind it; `ipxetool check` finds the ones that can be known.',
    ],
  ],
  [
    ['ENOENT', 'settings'],
    'there is no such setting',
    'Something that has to be there was not set.',
    ['`show NAME`. Unset settings expand to nothing, without an error.'],
  ],
  [
    ['EPLATFORM', 'efi_image', 1],
    'the firmware refused the program',
    'iPXE handed the program to the firmware, which would not load it.',
    [
      'Secure Boot: the program has to be signed with a key that the firmware trusts, or use shim.',
      'Is it for this architecture (ipxe.efi for x86_64, arm64)?',
    ],
  ],
  [
    ['EPLATFORM', 'efi_image', 2],
    'the program ended with an error',
    'The firmware started the program, and it came back with a failure.',
    ['What it printed before is the reason. The last byte of the number is its EFI status.'],
  ],
  [
    ['EACCES', 'efi_image'],
    'the firmware does not allow the program',
    'Secure Boot is on and the program is not signed by a key that the firmware trusts.',
    ['Switch Secure Boot off, enrol the key, or boot through a signed shim.'],
  ],
  [
    ['ENOMEM'],
    'not enough memory',
    'There is no place for what was downloaded.',
    [
      'BIOS machines have to hold the kernel, the initrd and their unpacked forms at once: 2 GiB and more for live systems.',
      '`imgfree` before another try: images of the last one are still there.',
    ],
  ],
  [
    ['ECANCELED'],
    'someone pressed Ctrl-C, or Escape in a menu',
    'The command was ended from the keyboard, or by `--help`.',
    [
      'Put `||` behind `choose`, `read` and `prompt` where that is not to end the script.',
      'Noise on a serial line counts as keys.',
    ],
  ],
  [
    ['ECONNREFUSED'],
    'nobody listens on that port',
    'The host was reached and said that no program listens there.',
    ['Is the server running, and on this port? `ss -ltn` there.', 'Is the port right in the URL?'],
  ],
  [
    ['ECONNRESET'],
    'the server ended the connection',
    'It was there, and was ended by the other side.',
    [log, 'http asked on an https port, or the other way round?'],
  ],
  [
    ['ETIMEDOUT'],
    'no answer in time',
    'Something was asked again and again, and nothing came back.',
    [
      'A firewall, a wrong address, or a server that is not there: `ping` from the iPXE shell.',
      'Does the machine have a gateway? `show gateway`.',
    ],
  ],
  [
    ['ENETUNREACH'],
    'no way to that network',
    'No interface has an address, or there is no gateway for where it should go.',
    ['Did `dhcp` or `ifopen` run before? `ifstat`, `route`.'],
  ],
  [
    ['EHOSTUNREACH'],
    'the host does not answer in its network',
    'Nobody answered when its hardware address was asked for.',
    ['Is the host on, and in this network? Is the netmask right? `route`.'],
  ],
  [
    ['ENODEV'],
    'there is no such device',
    'The interface or drive that is named is not there.',
    [
      '`ifstat` lists interfaces: net0 is the first that iPXE has a driver for.',
      'Undionly and snponly only know the card that they were loaded by.',
    ],
  ],
  [['EACCES'], 'permission denied', 'The other side, or the firmware, does not allow it.', [log]],
  [
    ['ENOENT'],
    'there is no such file or name',
    'What is named is not there.',
    ['Is it spelled right? Upper and lower case count.', '`imgstat` lists images, `show` settings.'],
  ],
  [
    ['EINVAL'],
    'wrong argument',
    'A command got something that it cannot read.',
    ['`ipxetool check` finds most of them. Text that begins with `-` needs `--` before it.'],
  ],
  [
    ['ERANGE'],
    'wrong number of arguments',
    'A command got too few or too many words, or a number does not fit.',
    ['A setting that is empty still counts as a word; one that holds blanks is one word.'],
  ],
  [
    ['ENOTSUP'],
    'not supported',
    'This build of iPXE, or the device, cannot do that.',
    [
      '`inc` wants a number: `set n:int32 0`.',
      'Features are chosen when iPXE is compiled: `ipxetool compile --define`.',
    ],
  ],
  [['EIO'], 'input or output failed', 'A device or the other side failed in the middle of something.', [log]],
  [
    ['EPROTO'],
    'the other side does not keep to the protocol',
    'What came was not what the protocol allows.',
    ['A proxy or a middlebox between?', log],
  ],
  [['EPERM'], 'not permitted', 'The other side or a policy of the loader refuses it.', [log]],
]

export const ipxeRows: readonly BootError[] = rows.map(
  ([[posix, file, point], title, cause, check, versions]) => ({
    id: ['ipxe', posix.toLowerCase(), file, point].filter((part) => part !== undefined).join('-'),
    from: 'ipxe',
    code: { posix, ...(file !== undefined && { file }), ...(point !== undefined && { point }) },
    title,
    cause,
    check,
    ...(versions !== undefined && { versions }),
  }),
)
