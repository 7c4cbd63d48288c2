/** Turns the error of a socket that could not be opened into one line that says what to do. */
import { IpxetoolError } from '../diagnostics/error.js'
import type { FileProtocol } from './events.js'
import { errorCode } from './tree.js'

const OTHER_PORT: Readonly<Record<FileProtocol, number>> = { http: 8081, tftp: 6970 }
const UNPRIVILEGED: Readonly<Record<FileProtocol, number>> = { http: 8080, tftp: 6969 }

/** `port-in-use`, `port-permission`, `address-not-here` or `listen-failed`. */
export function listenError(
  protocol: FileProtocol,
  host: string | undefined,
  port: number,
  cause: unknown,
): IpxetoolError {
  const name = protocol.toUpperCase()
  const where = host === undefined ? `port ${port} on every address` : `address ${host}, port ${port}`
  const code = errorCode(cause)
  switch (code) {
    case 'EADDRINUSE':
      return new IpxetoolError('port-in-use', `${name}: ${where}: already in use by another program`, {
        hint: `choose another port: --${protocol} ${OTHER_PORT[protocol]}, or --${protocol} 0 for any free one`,
        cause,
      })
    case 'EACCES':
    case 'EPERM':
      return new IpxetoolError('port-permission', `${name}: ${where}: no permission to open it`, {
        hint:
          `use a port from 1024 up (--${protocol} ${UNPRIVILEGED[protocol]}), or run as root, ` +
          'or give node the right to: setcap cap_net_bind_service=+ep "$(readlink -f "$(command -v node)")"',
        cause,
      })
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return new IpxetoolError('address-not-here', `${name}: ${where}: not an address of this machine`, {
        hint: 'give --host an address that `ip address` shows, or leave it out to listen on all of them',
        cause,
      })
    default:
      return new IpxetoolError('listen-failed', `${name}: ${where}: could not be opened (${code})`, { cause })
  }
}
