/** The options of `ipxetool serve` that say how files travel. */
import { IpxetoolError } from '../diagnostics/error.js'
import type { TftpOptions } from '../serve/index.js'
import { ExitCode } from './exit-codes.js'

export interface WireOptions {
  readonly tftpSinglePort?: boolean
  /** `FIRST-LAST` */
  readonly tftpPorts?: string
}

/** @throws IpxetoolError `bad-ports` (exit code 2) */
export function tftpWire(options: WireOptions): Pick<TftpOptions, 'singlePort' | 'portRange'> {
  const { tftpSinglePort = false, tftpPorts } = options
  if (tftpPorts === undefined) return { singlePort: tftpSinglePort }
  const [, first = NaN, last = NaN] = (/^(\d{1,5})-(\d{1,5})$/.exec(tftpPorts) ?? []).map(Number)
  if (!(first >= 1 && first <= last && last <= 65535)) {
    throw new IpxetoolError('bad-ports', `--tftp-ports "${tftpPorts}" is no range of ports`, {
      exitCode: ExitCode.usage,
      hint: 'first and last port with a dash between them, as in --tftp-ports 50000-50999',
    })
  }
  if (tftpSinglePort) {
    throw new IpxetoolError('bad-ports', '--tftp-ports and --tftp-single-port exclude each other', {
      exitCode: ExitCode.usage,
      hint: 'in single-port mode no other port is used, so a firewall needs to know of none',
    })
  }
  return { portRange: [first, last] }
}
