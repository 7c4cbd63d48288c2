/** `ipxetool serve [DIR]`: the output tree over HTTP and TFTP until it is told to stop. */
import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { IpxetoolError } from '../diagnostics/error.js'
import { type RunningServer, type ServeEvent, type ServeOptions, serveTree } from '../serve/index.js'
import { defaultStateFile } from '../serve/once/index.js'
import { ExitCode } from './exit-codes.js'
import type { Io, OutputStream } from './io.js'
import { type DhcpCommandOptions, startAddressServer } from './serve-dhcp.js'
import { tftpWire, tlsWire, type WireOptions } from './serve-wire.js'
import { become, canRead, handOver, successor, userNote } from './privileges.js'
import { allowed, type ProxyCommandOptions, proxyNotes, proxyOptions } from './serve-proxy.js'
import { passedSockets, printUnits } from './systemd.js'

export interface ServeCommandOptions extends WireOptions, ProxyCommandOptions, DhcpCommandOptions {
  /** `PORT`, `ADDRESS:PORT` or `off`. */
  readonly http?: string
  /** `PORT`, `ADDRESS:PORT` or `off`. */
  readonly tftp?: string
  /** Address to listen on where none stands with the port. */
  readonly host?: string
  /** No access log; only what went wrong. */
  readonly quiet?: boolean
  /** Also requests, starts, size probes and stray packets. */
  readonly verbose?: boolean
  /** One JSON line with the URLs on stdout, one for each event on stderr. */
  readonly json?: boolean
  /** Networks with commas that may see the pages, or `off`. */
  readonly pages?: string
  /** Keeps DHCP and TFTP in this file, relative to the working folder. */
  readonly record?: string
  /** Remembers which machines are installed, relative to the working folder. */
  readonly state?: string
  /** Name or number; `root` stays root. */
  readonly user?: string
  /** Print systemd units and end. */
  readonly printUnits?: boolean
}

const HTTP_PORT = 8080
/** Where firmware asks; most systems let only root listen there. */
const TFTP_PORT = 69
const TFTP_PORT_WITHOUT_PERMISSION = 6969

export interface Endpoint {
  readonly port: number
  readonly host: string | undefined
}

/**
 * Runs until `io.signal` is aborted.
 *
 * @throws IpxetoolError as {@link serveTree} does; `bad-address` (exit code 2) when an option cannot be read
 */
export async function runServe(
  dir: string | undefined,
  options: ServeCommandOptions,
  io: Io,
): Promise<number> {
  const root = resolve(io.cwd, dir ?? 'out')
  const httpEnd = parseEndpoint('--http', options.http ?? String(HTTP_PORT), options.host)
  const tls = await tlsWire(options, io.cwd)
  const http = httpEnd && { ...httpEnd, tls }
  const tftpEnd = parseEndpoint('--tftp', options.tftp ?? String(TFTP_PORT), options.host)
  if (options.printUnits === true) {
    if (options.dhcp !== undefined) {
      throw new IpxetoolError('bad-option', '--dhcp is for a bench, and no unit is made of it', {
        exitCode: ExitCode.usage,
        hint: 'leave out --dhcp; a DHCP server has a unit of its own',
      })
    }
    io.stdout.write(printUnits(root, options))
    return ExitCode.ok
  }
  const pages =
    options.pages === 'off' ? (false as const) : (options.pages?.split(',').map((text) => text.trim()) ?? [])
  const stateFile = stateFileOf(options.state, io)
  // whoever gets an address from us is told what to boot, too
  const withProxy = options.dhcp === undefined ? options : { ...options, proxyDhcp: true }
  const proxyDhcp = proxyOptions(withProxy, passedSockets(io.env))
  const record = options.record === undefined ? undefined : resolve(io.cwd, options.record)
  const log = new Log(io.stderr)
  const onEvent = (event: ServeEvent): void => {
    if (!isWanted(event, options)) return
    const time = new Date()
    log.add(
      options.json === true ? JSON.stringify({ time: time.toISOString(), ...event }) : logLine(time, event),
    )
  }
  const note = (text: string): void => {
    if (options.quiet !== true && options.json !== true) log.add(text)
  }

  const next =
    io.ownsProcess === true ? successor(root, stateFile ?? defaultStateFile(root), options.user) : undefined
  // A thread loads its program when it is needed, which is after root has gone.
  const alone = next !== undefined && !canRead(fileURLToPath(import.meta.url), next)
  const tftp = tftpEnd && { ...tftpEnd, ...tftpWire(options), ...(alone && { threads: 0 }) }
  const wanted = { root, http, tftp, allow: allowed(options), proxyDhcp, pages, stateFile, record, onEvent }
  const lender = await startAddressServer(options, (line) => {
    if (options.verbose === true) note(`dnsmasq: ${line}`)
  })
  const server = await start(wanted, options.tftp === undefined, note).catch(async (error: unknown) => {
    await lender?.stop()
    log.flush()
    throw error
  })
  if (next !== undefined) {
    if (record !== undefined) handOver(record, next)
    become(next)
  }

  const script = await hasBootScript(root)
  printUrls(server, root, script ? 'boot.ipxe' : '', options, io)
  if (!script) note(`there is no boot.ipxe in ${root}`)
  if (next !== undefined) note(userNote(next))
  if (alone && tftp !== false) note(`TFTP has one thread only: ${next.name} cannot read this program`)
  if (pages !== false && server.httpUrl !== undefined) note(`what machines do: ${pagesUrl(server)}`)
  if (lender !== undefined) {
    note(`dnsmasq hands out ${lender.range.join(' to ')} on ${lender.interface.name}`)
  }
  if (server.proxy !== undefined) proxyNotes(server.proxy, lender !== undefined).forEach(note)
  note('press Ctrl-C to stop')
  const failure = await Promise.race([aborted(io.signal), ...(lender ? [lender.ended] : [])])
  await Promise.all([server.close(), lender?.stop()])
  log.flush()
  if (typeof failure === 'string') {
    throw new IpxetoolError('dnsmasq-failed', `dnsmasq cannot be kept running: ${failure}`, {
      hint: 'it says more with `serve --verbose`',
    })
  }
  note('stopped')
  log.flush()
  return ExitCode.ok
}

/** @param isDefault the port of TFTP was not asked for: another one will do where that one is not open to us */
async function start(
  wanted: ServeOptions,
  isDefault: boolean,
  note: (text: string) => void,
): Promise<RunningServer> {
  try {
    return await serveTree(wanted)
  } catch (error) {
    // Trying is the only test that knows of root, of capabilities and of the system's own limit alike.
    const fallBack = isDefault && error instanceof IpxetoolError && error.code === 'port-permission'
    if (!fallBack || wanted.tftp === false) throw error
    const port = TFTP_PORT_WITHOUT_PERMISSION
    const server = await serveTree({ ...wanted, tftp: { ...wanted.tftp, port } })
    note(`TFTP is on port ${port}: port ${TFTP_PORT}, where firmware asks, is only open to root`)
    return server
  }
}

/** @throws IpxetoolError `bad-address` (exit code 2) */
export function parseEndpoint(option: string, text: string, host: string | undefined): Endpoint | false {
  if (text === 'off') return false
  // The address of `::1:8080` could end anywhere, so an IPv6 address stands in brackets, as in a URL.
  const match = /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65535) {
    throw new IpxetoolError(
      'bad-address',
      `${option} "${text}" is neither a port nor ADDRESS:PORT nor "off"`,
      {
        exitCode: ExitCode.usage,
        hint: `examples: ${option} 8080, ${option} 192.0.2.7:8080, ${option} [::1]:8080, ${option} off`,
      },
    )
  }
  return { port, host: match[1] ?? match[2] ?? host }
}

function printUrls(
  server: RunningServer,
  root: string,
  script: string,
  options: ServeCommandOptions,
  io: Io,
): void {
  const http = server.httpUrls.map((url) => url + script)
  const tftp = server.tftpUrls.map((url) => url + script)
  const text = options.json === true ? JSON.stringify({ root, http, tftp }) : [...http, ...tftp].join('\n')
  io.stdout.write(`${text}\n`)
}

/** @returns undefined: beside the tree */
function stateFileOf(option: string | undefined, io: Io): string | undefined {
  if (option !== undefined) return resolve(io.cwd, option)
  // systemd.exec(5), StateDirectory=: a list with colons
  const [folder] = (io.env['STATE_DIRECTORY'] ?? '').split(':')
  return folder === undefined || folder === '' ? undefined : join(folder, 'once.json')
}

/** By loopback where it is served there: the page is for people on this machine. */
function pagesUrl({ addresses, httpUrls }: RunningServer): string {
  const local = httpUrls.find((url) => new URL(url).hostname === '127.0.0.1') ?? httpUrls[0] ?? ''
  return addresses.http === undefined ? '' : `${local}_/`
}

function hasBootScript(root: string): Promise<boolean> {
  return access(join(root, 'boot.ipxe')).then(
    () => true,
    () => false,
  )
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done()
    else
      signal.addEventListener(
        'abort',
        () => {
          done()
        },
        { once: true },
      )
  })
}

/** One write for all lines of a turn: a rack that is switched on at once must not wait for a terminal line by line. */
class Log {
  readonly #stream: OutputStream
  #lines = ''

  constructor(stream: OutputStream) {
    this.#stream = stream
  }

  add(line: string): void {
    if (this.#lines === '') {
      setImmediate(() => {
        this.flush()
      })
    }
    this.#lines += `${line}\n`
  }

  flush(): void {
    if (this.#lines !== '') this.#stream.write(this.#lines)
    this.#lines = ''
  }
}

function isWanted({ type }: ServeEvent, { quiet, verbose, json }: ServeCommandOptions): boolean {
  if (quiet === true)
    return type === 'trouble' || type === 'refused' || type === 'transfer-failed' || type === 'server-problem'
  if (verbose === true || json === true) return true
  return type !== 'request' && type !== 'transfer-start' && type !== 'transfer-probe' && type !== 'garbage'
}

/** `12:30:05 192.0.2.31 http GET /boot.ipxe: 200, 1204 bytes, 3 ms`. Names in events are printable already. */
function logLine(time: Date, event: ServeEvent): string {
  const clock = time.toTimeString().slice(0, 8)
  if (event.type === 'server-problem') return `${clock} ${event.protocol}: ${event.reason}`
  if (event.type === 'garbage') {
    return `${clock} ${event.client.address} ${event.protocol} ignored what is no request: ${event.reason}`
  }
  if (event.type === 'trouble') return `${clock} ${event.machine} STOPPED: ${event.problem}\n  ${event.fix}`
  if (event.type === 'dhcp') {
    const answer = event.outcome === 'silent' ? 'no answer' : `${event.outcome} ${event.file ?? ''}`.trim()
    return `${clock} ${event.machine.mac} dhcp ${event.message} on ${event.port}: ${answer}: ${event.reason}`
  }
  if (event.type === 'once') {
    return `${clock} ${event.client.address} once ${event.machine}: ${event.outcome}: ${event.reason}`
  }
  const what = `${clock} ${event.client.address} ${event.protocol} ${event.method} ${event.path}`
  switch (event.type) {
    case 'request':
      return `${what}: asked`
    case 'transfer-start':
      return `${what}: sending ${event.size} bytes${event.blksize === undefined ? '' : `, blksize ${event.blksize}`}`
    case 'transfer-done': {
      const status = event.status === undefined ? '' : `${event.status}, `
      const last = event.acknowledged === false ? ', last ACK missing' : ''
      return `${what}: ${status}${event.bytes} bytes, ${duration(event.ms)}${last}`
    }
    case 'transfer-probe':
      return `${what}: only asked for the size`
    case 'transfer-failed':
      return `${what}: FAILED after ${event.bytes} bytes, ${duration(event.ms)}: ${event.reason}`
    case 'refused':
      return `${what}: refused, ${event.protocol === 'http' ? '' : 'ERROR '}${event.status}: ${event.reason}`
  }
}

function duration(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
