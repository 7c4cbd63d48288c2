/** The options of `ipxetool serve` that say how files travel. */
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { IpxetoolError } from '../diagnostics/error.js'
import type { TftpOptions, TlsOptions } from '../serve/index.js'
import { ExitCode } from './exit-codes.js'

export interface WireOptions {
  readonly tftpSinglePort?: boolean
  /** `FIRST-LAST` */
  readonly tftpPorts?: string
  /** Files in PEM form. */
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsClientCa?: string
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

/** @throws IpxetoolError `bad-tls` (exit code 2): an option is missing, or a file is not what it should be */
export async function tlsWire(options: WireOptions, cwd: string): Promise<TlsOptions | undefined> {
  const { tlsCert, tlsKey, tlsClientCa } = options
  if (tlsCert === undefined && tlsKey === undefined && tlsClientCa === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined) {
    throw badTls('HTTPS needs a certificate and its key', 'give both: --tls-cert FILE --tls-key FILE')
  }
  const cert = await pem('--tls-cert', resolve(cwd, tlsCert))
  const key = await pem('--tls-key', resolve(cwd, tlsKey))
  const clientCa =
    tlsClientCa === undefined ? undefined : await pem('--tls-client-ca', resolve(cwd, tlsClientCa))
  certificate('--tls-cert', tlsCert, cert)
  if (tlsClientCa !== undefined) certificate('--tls-client-ca', tlsClientCa, clientCa ?? '')
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown'
    throw badTls(
      `the key ${tlsKey} does not go with the certificate ${tlsCert} (${why})`,
      'give the key that it was made with, without a passphrase',
    )
  }
  return { cert, key, clientCa }
}

async function pem(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw badTls(
      `${option}: ${file} cannot be read (${code})`,
      'name a file in PEM form that this user may read',
    )
  }
}

function certificate(option: string, file: string, text: string): void {
  try {
    new X509Certificate(text)
  } catch {
    throw badTls(
      `${option}: ${file} holds no certificate in PEM form`,
      'it begins with -----BEGIN CERTIFICATE-----',
    )
  }
}

function badTls(message: string, hint: string): IpxetoolError {
  return new IpxetoolError('bad-tls', message, { exitCode: ExitCode.usage, hint })
}
