/**
 * A mirror on loopback that serves what a test gives it, and misbehaves on demand.
 *
 * ```ts
 * const mirror = await startMirror({ files: new Map([['/a', bytes]]), faults: [{ on: '/a', times: 1, cutAfter: 100 }] })
 * ```
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'

/** What to do wrong. The first entry that fits a request and is not used up counts. */
export interface Fault {
  /** A path, or a test of it. Default: all. */
  on?: string | RegExp
  /** For so many requests; default: for ever. */
  times?: number
  /** Only after so many requests that it would fit. */
  after?: number
  /** End the connection after so many bytes of the body; 'tenth': after each tenth of the whole file. */
  cutAfter?: number | 'tenth'
  /** Send so many bytes of the body, then nothing more, and keep the connection. */
  stallAfter?: number
  /** One byte every so many milliseconds. */
  dripEvery?: number
  /** Bytes per second. */
  rate?: number
  /** Added to the true Content-Length. */
  lengthOff?: number
  /** No Content-Length: chunked. */
  chunked?: boolean
  /** Knows no ranges and does not say so: 200 with the whole file. */
  noRanges?: boolean
  /** Answers a range with so many bytes further on than was asked. */
  rangeOff?: number
  /** 416 for each range. */
  unsatisfiable?: boolean
  status?: number
  headers?: Record<string, string>
  /** Location of a 302, or of `status`; `$path` is the path that was asked for. */
  redirect?: string
  /** Body instead of the file. */
  body?: Uint8Array | string
  /** Compress, although nobody asked for it. */
  gzip?: boolean
  /** `weak`: a weak entity tag and no date; `none`: neither; `date`: only Last-Modified; `young`: one of just now. */
  validators?: 'weak' | 'none' | 'date' | 'young'
  /** Close the connection without a word. */
  hangUp?: boolean
}

export interface MirrorRequest {
  method: string
  path: string
  headers: IncomingMessage['headers']
  /** What `Range: bytes=N-` asked for, 0 without. */
  from: number
  status: number
  /** Bytes of the body that were handed to the system. */
  sent: number
}

/** Gets how many requests for that path there were before. */
export type MirrorFile = Uint8Array | ((earlier: number) => Uint8Array)

export interface Mirror {
  /** Without a slash at the end. */
  readonly url: string
  readonly port: number
  readonly requests: MirrorRequest[]
  readonly files: Map<string, MirrorFile>
  /** May be changed while it runs. */
  faults: Fault[]
  close(): Promise<void>
}

export interface MirrorOptions {
  files: Map<string, MirrorFile>
  faults?: Fault[]
  /** PEM; makes it https. */
  tls?: { key: string; cert: string }
  /** Default 127.0.0.1. */
  host?: string
  port?: number
}

export async function startMirror(options: MirrorOptions): Promise<Mirror> {
  const { tls, host = '127.0.0.1' } = options
  const requests: MirrorRequest[] = []
  const used = new Map<Fault, number>()
  const sockets = new Set<Socket>()
  const timers = new Set<NodeJS.Timeout>()
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    response.on('error', () => undefined)
    serve(mirror, used, timers, request, response)
  }
  const server: Server = tls ? createTlsServer(tls, answer) : createServer(answer)
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const shownHost = host.includes(':') ? `[${host}]` : host
  const mirror: Mirror = {
    url: `${tls ? 'https' : 'http'}://${shownHost}:${port}`,
    port,
    requests,
    files: options.files,
    faults: options.faults ?? [],
    close: () => {
      for (const timer of timers) clearInterval(timer)
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
      })
    },
  }
  return mirror
}

function faultFor(faults: readonly Fault[], used: Map<Fault, number>, path: string): Fault {
  for (const fault of faults) {
    const { on } = fault
    if (on !== undefined && !(typeof on === 'string' ? on === path : on.test(path))) continue
    const count = used.get(fault) ?? 0
    used.set(fault, count + 1)
    const first = fault.after ?? 0
    if (count >= first && count - first < (fault.times ?? Infinity)) return fault
  }
  return {}
}

const longAgo = new Date('2026-01-02T03:04:05Z').toUTCString()

function serve(
  mirror: Mirror,
  used: Map<Fault, number>,
  timers: Set<NodeJS.Timeout>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  // a proxy's absolute form too
  const path = decodeURI(new URL(request.url ?? '/', mirror.url).pathname)
  const fault = faultFor(mirror.faults, used, path)
  const earlier = mirror.requests.filter((one) => one.path === path).length
  const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const entry: MirrorRequest = {
    method: request.method ?? '',
    path,
    headers: request.headers,
    from: asked ? Number(asked[1]) : 0,
    status: 0,
    sent: 0,
  }
  mirror.requests.push(entry)
  if (fault.hangUp) {
    request.socket.destroy()
    return
  }
  const file = mirror.files.get(path)
  let body = fault.body ?? (typeof file === 'function' ? file(earlier) : file)
  if (typeof body === 'string') body = Buffer.from(body)
  const finish = (status: number, headers: Record<string, string>, bytes: Uint8Array): void => {
    entry.status = status
    send(response, entry, timers, fault, status, { ...headers, ...fault.headers }, bytes, body?.length ?? 0)
  }
  if (fault.redirect !== undefined) {
    finish(fault.status ?? 302, { location: fault.redirect.replace('$path', path) }, new Uint8Array())
    return
  }
  if (fault.status !== undefined && fault.status !== 200) {
    finish(fault.status, { 'content-type': 'text/plain' }, Buffer.from(`${fault.status}\n`))
    return
  }
  if (body === undefined) {
    finish(404, { 'content-type': 'text/html' }, Buffer.from('<html>not found</html>\n'))
    return
  }
  const whole = body
  const headers: Record<string, string> = { 'content-type': 'application/octet-stream' }
  const etag = `"${createHash('sha256').update(whole).digest('hex').slice(0, 16)}"`
  const { validators } = fault
  if (validators === undefined) headers['etag'] = etag
  if (validators === 'weak') headers['etag'] = `W/${etag}`
  if (validators === undefined || validators === 'date') headers['last-modified'] = longAgo
  if (validators === 'young') headers['last-modified'] = new Date().toUTCString()
  if (!fault.noRanges) headers['accept-ranges'] = 'bytes'
  if (fault.gzip) {
    finish(200, { ...headers, 'content-encoding': 'gzip' }, gzipSync(whole))
    return
  }
  const condition = request.headers['if-range']
  const still =
    condition === undefined || condition === headers['etag'] || condition === headers['last-modified']
  if (!asked || fault.noRanges || !still) {
    finish(200, headers, whole)
    return
  }
  const first = Number(asked[1]) + (fault.rangeOff ?? 0)
  const last = Math.min(asked[2] === '' ? Infinity : Number(asked[2]), whole.length - 1)
  if (fault.unsatisfiable || first >= whole.length) {
    finish(416, { 'content-range': `bytes */${whole.length}` }, new Uint8Array())
    return
  }
  finish(
    206,
    { ...headers, 'content-range': `bytes ${first}-${last}/${whole.length}` },
    whole.subarray(first, last + 1),
  )
}

function send(
  response: ServerResponse,
  entry: MirrorRequest,
  timers: Set<NodeJS.Timeout>,
  fault: Fault,
  status: number,
  headers: Record<string, string>,
  bytes: Uint8Array,
  wholeLength: number,
): void {
  const length = fault.chunked ? {} : { 'content-length': String(bytes.length + (fault.lengthOff ?? 0)) }
  response.writeHead(status, { ...length, ...headers })
  response.flushHeaders()
  const tenth = Math.ceil(wholeLength / 10)
  const cut = fault.cutAfter === 'tenth' ? tenth : fault.cutAfter
  const end = Math.min(bytes.length, cut ?? Infinity, fault.stallAfter ?? Infinity)
  const over = (): void => {
    if (cut !== undefined && cut < bytes.length) response.socket?.destroySoon()
    else if ((fault.lengthOff ?? 0) > 0) response.socket?.destroySoon()
    else if (fault.stallAfter === undefined || fault.stallAfter >= bytes.length) response.end()
  }
  const dripping = fault.dripEvery !== undefined || fault.rate !== undefined
  if (!dripping) {
    entry.sent = end
    // a body shorter than its length may not end regularly; one that is longer is cut off by the client
    response.write(bytes.subarray(0, end), over)
    if (end === 0) over()
    return
  }
  const every = fault.dripEvery ?? 20
  const portion = fault.rate === undefined ? 1 : Math.max(1, Math.round((fault.rate * every) / 1000))
  const timer = setInterval(() => {
    const next = Math.min(end, entry.sent + portion)
    response.write(bytes.subarray(entry.sent, next))
    entry.sent = next
    if (next < end) return
    stop()
    over()
  }, every)
  const stop = (): void => {
    clearInterval(timer)
    timers.delete(timer)
  }
  timers.add(timer)
  response.on('close', stop)
}
