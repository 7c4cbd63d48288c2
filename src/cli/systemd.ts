/** systemd's side of `serve`: sockets that it opens for us, and the units that tell it to. */
import { IpxetoolError } from '../diagnostics/error.js'
import type { PassedSocket } from '../serve/dhcp/index.js'
import { ExitCode } from './exit-codes.js'
import type { ServeCommandOptions } from './serve.js'

/** The first descriptor: sd_listen_fds(3). */
const FIRST_FD = 3

/**
 * Sockets by the names that {@link printUnits} gives them: `dhcp-eth0`, `pxe-eth0`. Empty when systemd has opened none
 * for this process.
 */
export function passedSockets(
  env: Readonly<Record<string, string | undefined>>,
  pid = process.pid,
): PassedSocket[] {
  if (env['LISTEN_PID'] !== String(pid)) return []
  const count = Number(env['LISTEN_FDS'] ?? 0)
  const names = (env['LISTEN_FDNAMES'] ?? '').split(':')
  return names.slice(0, count).flatMap((name, index) => {
    const match = /^(dhcp|pxe)-(.+)$/.exec(name)
    if (match === null) return []
    return [{ fd: FIRST_FD + index, port: match[1] === 'dhcp' ? 67 : 4011, interface: match[2]! }]
  })
}

/**
 * A service that never is root, and a socket for each port and interface.
 *
 * @param program how this program is started: two absolute paths
 * @throws IpxetoolError `which-interface` (exit code 2)
 */
export function printUnits(
  root: string,
  options: ServeCommandOptions,
  program: readonly string[] = [process.execPath, process.argv[1] ?? 'ipxetool'],
): string {
  const interfaces = options.interface ?? []
  const proxy = options.proxyDhcp === true
  if (proxy && interfaces.length === 0) {
    throw new IpxetoolError('which-interface', '--print-units: on which interface is DHCP to be answered?', {
      exitCode: ExitCode.usage,
      hint: 'name it: --interface eth0',
    })
  }
  const words = [...program, 'serve', root, ...flags(options)]
  const sockets = proxy
    ? interfaces.flatMap((name) => [socketUnit('dhcp', 67, name), socketUnit('pxe', 4011, name)])
    : []
  const names = sockets.map(({ name }) => name)
  const service = `[Unit]
Description=Boot server (ipxetool)
After=network-online.target
Wants=network-online.target
${names.length === 0 ? '' : `Requires=${names.join(' ')}\nAfter=${names.join(' ')}\n`}
[Service]
ExecStart=${words.map(quoted).join(' ')}
${names.length === 0 ? '' : `Sockets=${names.join(' ')}\n`}Restart=on-failure
DynamicUser=yes
# it remembers there which machines are installed
StateDirectory=ipxetool
# HTTP and TFTP on ports below 1024, and nothing else that root may do
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
RemoveIPC=yes
LimitNOFILE=65536
UMask=0077

[Install]
WantedBy=multi-user.target
`
  return [{ name: 'ipxetool.service', text: service }, ...sockets]
    .map(({ name, text }) => `# /etc/systemd/system/${name}\n${text}`)
    .join('\n')
}

/** The kernel gives it what arrives by that interface only. */
function socketUnit(kind: 'dhcp' | 'pxe', port: number, on: string): { name: string; text: string } {
  return {
    name: `ipxetool-${kind}-${on}.socket`,
    text: `[Unit]
Description=Boot server, UDP port ${port} on ${on}

[Socket]
ListenDatagram=0.0.0.0:${port}
BindToDevice=${on}
FileDescriptorName=${kind}-${on}
Broadcast=yes
ReusePort=yes
Service=ipxetool.service

[Install]
WantedBy=sockets.target
`,
  }
}

function flags(options: ServeCommandOptions): string[] {
  const { http, tftp, host, json, quiet, verbose } = options
  const values = {
    '--http': http,
    '--tftp': tftp,
    '--host': host,
    '--tftp-ports': options.tftpPorts,
    '--tls-cert': options.tlsCert,
    '--tls-key': options.tlsKey,
    '--tls-client-ca': options.tlsClientCa,
    '--pages': options.pages,
    '--state': options.state,
    '--record': options.record,
  }
  const lists = {
    '--interface': options.interface,
    '--allow': options.allow,
    '--script': options.script,
    '--loader': options.loader,
    '--reply': options.reply,
  }
  const switches = {
    '--tftp-single-port': options.tftpSinglePort,
    '--proxy-dhcp': options.proxyDhcp,
    '--replace-rom': options.replaceRom,
    '--loader-fallback': options.loaderFallback,
    '--json': json,
    '--quiet': quiet,
    '--verbose': verbose,
  }
  return [
    ...Object.entries(values).flatMap(([flag, value]) => (value === undefined ? [] : [flag, value])),
    ...Object.entries(lists).flatMap(([flag, list]) => (list ?? []).flatMap((value) => [flag, value])),
    ...Object.entries(switches).flatMap(([flag, on]) => (on === true ? [flag] : [])),
  ]
}

/** systemd.service(5), "Command lines": `%` and `$` mean something to it. */
function quoted(word: string): string {
  const escaped = word.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w./:=,@+%$-]+$/.test(escaped) ? escaped : `"${escaped.replaceAll(/["\\]/g, '\\$&')}"`
}
