/**
 * The HTTP side: GET and HEAD of files of the tree, and nothing else (RFC 9110, 9112). Written for firmware
 * first: no redirects, no compression, exact lengths, connections that stay open.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TreeFiles } from '../files.js'
import { elapsed, peer, type OnEvent, type Peer } from '../events.js'
import { cleanHttpTarget } from '../names.js'
import { printable } from '../printable.js'
import { ANSWERS, type Refusal } from '../refusal.js'
import { errorCode, openInTree } from '../tree.js'
import { EntityTags } from './etag.js'
import { type FileResponse, respondWithFile } from './file-response.js'
import { indexPage } from './index-page.js'

/** Milliseconds. */
export interface HttpTiming {
  /** For the head of a request. */
  readonly headersMs: number
  /** For a whole request; bodies are not wanted anyway. */
  readonly requestMs: number
  /** Between two requests: people read menus, and a new connection costs firmware seconds. */
  readonly keepAliveMs: number
  /** Without a single octet moved in either direction, in the middle of a response. */
  readonly idleMs: number
}

export const DEFAULT_HTTP_TIMING: HttpTiming = {
  headersMs: 15_000,
  requestMs: 30_000,
  keepAliveMs: 75_000,
  idleMs: 120_000,
}

export interface HttpServerOptions {
  readonly root: string
  readonly files: TreeFiles
  readonly port: number
  /** Address to listen on; undefined: every address of this machine. */
  readonly host?: string | undefined
  readonly timing?: Partial<HttpTiming> | undefined
  readonly onEvent: OnEvent
  /**
   * Pages that are no files of the tree. Called first for every request; true: it has answered, or will, and neither
   * the tree nor the events have to do with the request.
   */
  readonly pages?: ((req: IncomingMessage, res: ServerResponse) => boolean) | undefined
}

export interface HttpServer {
  readonly address: { readonly address: string; readonly port: number }
  /** Takes no more requests, gives running responses `graceMs`, then cuts them off. */
  close(graceMs: number): Promise<void>
}

/**
 * @throws the system error of the socket (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`)
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const handler = new Handler(options)
  const timing = { ...DEFAULT_HTTP_TIMING, ...options.timing }
  const server = createServer(
    {
      headersTimeout: timing.headersMs,
      requestTimeout: timing.requestMs,
      keepAliveTimeout: timing.keepAliveMs,
      connectionsCheckingInterval: Math.min(5000, timing.headersMs),
    },
    (req, res) => {
      if (options.pages?.(req, res) !== true) void handler.handle(req, res)
    },
  )
  server.setTimeout(timing.idleMs)
  server.on('connect', (req: IncomingMessage, socket: Socket) => {
    handler.refuseConnect(req, socket)
  })
  server.on('clientError', (error, socket) => {
    if (socket instanceof Socket) handler.clientError(error, socket)
    else socket.destroy()
  })
  await listenOn(server, options.host, options.port)
  server.on('error', (error) => {
    options.onEvent({ type: 'server-problem', protocol: 'http', reason: error.message })
  })
  const { address, port } = server.address() as AddressInfo
  return { address: { address, port }, close: (graceMs) => close(server, graceMs) }
}

interface Exchange {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly about: {
    readonly protocol: 'http'
    readonly client: Peer
    readonly method: string
    readonly path: string
  }
  readonly startedAt: number
}

class Handler {
  readonly #root: string
  readonly #tags: EntityTags
  readonly #onEvent: OnEvent

  constructor(options: HttpServerOptions) {
    this.#root = options.root
    this.#tags = new EntityTags(options.root)
    this.#onEvent = options.onEvent
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const method = req.method ?? ''
    const target = req.url ?? ''
    const client = peer(req.socket.remoteAddress, req.socket.remotePort)
    const path = printable(target)
    const about = { protocol: 'http', client, method, path } as const
    const exchange = { req, res, about, startedAt: performance.now() }
    this.#onEvent({ type: 'request', ...about })
    res.setHeader('X-Content-Type-Options', 'nosniff')
    // Both ends of a broken connection end here; the response's `close` says the rest.
    res.on('error', () => undefined)
    try {
      await this.#answer(exchange, target)
    } catch (error) {
      if (!res.headersSent) this.#refuse(exchange, 500, `internal problem (${errorCode(error)})`)
      else res.destroy()
    }
  }

  /** CONNECT is for proxies, which this is not; Node would drop the connection without a word. */
  refuseConnect(req: IncomingMessage, socket: Socket): void {
    const client = peer(socket.remoteAddress, socket.remotePort)
    const path = printable(req.url ?? '')
    const common = { protocol: 'http', client, method: 'CONNECT', path } as const
    this.#onEvent({ type: 'refused', ...common, status: 405, reason: 'method not allowed' })
    socket.end(
      'HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    )
  }

  /** What Node's parser would not take for a request, or did not get in time. */
  clientError(error: Error, socket: Socket): void {
    const code = errorCode(error)
    if (code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const client = peer(socket.remoteAddress, socket.remotePort)
    this.#onEvent({ type: 'garbage', protocol: 'http', client, reason: code })
    const status =
      code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? '408 Request Timeout'
          : '400 Bad Request'
    // In the middle of a response the bytes would be taken for a part of the file.
    if (socket.bytesWritten > 0) socket.destroy()
    else socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
  }

  async #answer(exchange: Exchange, target: string): Promise<void> {
    const { req, res } = exchange
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.setHeader('Allow', 'GET, HEAD')
      // Whatever body follows is not read, so the connection cannot be used again.
      res.setHeader('Connection', 'close')
      this.#refuse(exchange, 405, 'method not allowed')
      return
    }
    const name = cleanHttpTarget(target)
    if (!name.ok) {
      this.#refuseFor(exchange, name.refusal)
      return
    }
    const atRoot = name.segments.length === 0
    const opened = await openInTree(this.#root, atRoot ? ['index.html'] : name.segments)
    if (!opened.ok) {
      if (atRoot && opened.refusal === 'not-found') await this.#sendIndexPage(exchange)
      else this.#refuseFor(exchange, opened.refusal)
      return
    }
    const { file } = opened
    let etag: string
    try {
      etag = await this.#tags.of(file)
    } catch (error) {
      await file.handle.close()
      throw error
    }
    if (res.destroyed) {
      // The client went away while its file was hashed.
      await file.handle.close()
      return
    }
    const response = respondWithFile(
      req,
      res,
      file,
      etag,
      () => {
        this.#onEvent({ type: 'transfer-start', ...exchange.about, size: file.size })
      },
      (status) => {
        this.#refuse(exchange, status, status === 416 ? 'range not satisfiable' : 'precondition failed')
      },
    )
    if (response.accepted()) this.#watch(exchange, response)
  }

  async #sendIndexPage(exchange: Exchange): Promise<void> {
    const { req, res } = exchange
    const page = Buffer.from(await indexPage(this.#root))
    res.setHeader('Content-Type', 'text/html; charset=utf-8')
    res.setHeader('Content-Length', page.length)
    res.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
    res.setHeader('Cache-Control', 'no-cache')
    this.#watch(exchange, { accepted: () => true, bytes: () => page.length, problem: () => undefined })
    res.end(req.method === 'HEAD' ? undefined : page)
  }

  #refuseFor(exchange: Exchange, refusal: Refusal): void {
    this.#refuse(exchange, ANSWERS[refusal].http, ANSWERS[refusal].reason)
  }

  /** A short plain text: it is what a person with a browser, and iPXE's `imgfetch --name`, gets to see. */
  #refuse(exchange: Exchange, status: number, reason: string): void {
    const { req, res, about } = exchange
    for (const header of ['ETag', 'Last-Modified', 'Accept-Ranges']) res.removeHeader(header)
    const said = status === 404 ? 'not found' : status === 400 ? 'malformed request' : reason
    const body = Buffer.from(`${status} ${said}: ${about.path}\n`)
    res.statusCode = status
    res.setHeader('Content-Type', 'text/plain; charset=utf-8')
    res.setHeader('Content-Length', body.length)
    res.setHeader('Cache-Control', 'no-cache')
    res.end(req.method === 'HEAD' ? undefined : body)
    this.#onEvent({ type: 'refused', ...about, status, reason })
  }

  /** Reports how the response ended. */
  #watch({ req, res, about, startedAt }: Exchange, response: FileResponse): void {
    const report = (): void => {
      if (!response.accepted()) return
      const ms = elapsed(startedAt)
      if (res.writableFinished && response.problem() === undefined) {
        const body = req.method === 'GET' && res.statusCode !== 304
        const bytes = body ? Number(res.getHeader('Content-Length') ?? 0) : 0
        this.#onEvent({ type: 'transfer-done', ...about, bytes, ms, status: res.statusCode })
      } else {
        const reason = response.problem() ?? 'the client closed the connection'
        // What still waits in our buffers has not been sent.
        const bytes = Math.max(0, response.bytes() - res.writableLength)
        this.#onEvent({ type: 'transfer-failed', ...about, bytes, ms, reason })
      }
    }
    if (res.closed) report()
    else res.once('close', report)
  }
}

/** All addresses: one dual-stack socket, or IPv4 alone where there is no IPv6. */
async function listenOn(server: Server, host: string | undefined, port: number): Promise<void> {
  if (host !== undefined) {
    await listen(server, host, port)
    return
  }
  try {
    await listen(server, '::', port)
  } catch (error) {
    if (!['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'].includes(errorCode(error))) throw error
    await listen(server, '0.0.0.0', port)
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

async function close(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve()
    })
  })
  server.closeIdleConnections()
  const grace = new AbortController()
  await Promise.race([closed, sleep(graceMs, undefined, { signal: grace.signal }).catch(() => undefined)])
  grace.abort()
  server.closeAllConnections()
  await closed
}
