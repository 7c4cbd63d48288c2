/** Answers HTTP requests with files of the tree. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { elapsed, peer, type OnEvent, type Peer } from '../events.js'
import type { Lease, SharedFile, TreeFiles } from '../files.js'
import { cleanHttpTarget, type CleanName } from '../names.js'
import { printable } from '../printable.js'
import { ANSWERS, type Refusal } from '../refusal.js'
import { errorCode } from '../tree.js'
import { EntityTags } from './etag.js'
import { explain } from './explain.js'
import { type FileResponse, respondWithFile } from './file-response.js'
import { indexPage } from './index-page.js'

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

/** What a client wrote behind the method. */
interface Target {
  /** For people. */
  readonly path: string
  readonly name: CleanName
}

/** Targets that are remembered, and the longest: clients may invent as many as they like. */
const MAX_TARGETS = 1000
const MAX_TARGET = 1000

export class Handler {
  readonly #root: string
  readonly #files: TreeFiles
  readonly #tags: EntityTags
  /** A version of a file has one tag, so it is looked up once. */
  readonly #known = new WeakMap<SharedFile, string>()
  readonly #onEvent: OnEvent
  readonly #targets = new Map<string, Target>()

  constructor(options: { readonly root: string; readonly files: TreeFiles; readonly onEvent: OnEvent }) {
    this.#root = options.root
    this.#files = options.files
    this.#tags = new EntityTags(options.root)
    this.#onEvent = options.onEvent
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const method = req.method ?? ''
    const target = req.url ?? ''
    const client = peer(req.socket.remoteAddress, req.socket.remotePort)
    const { path, name } = this.#read(target)
    const about = { protocol: 'http', client, method, path } as const
    const exchange = { req, res, about, startedAt: performance.now() }
    this.#onEvent({ type: 'request', ...about })
    // Both ends of a broken connection end here; the response's `close` says the rest.
    res.on('error', () => undefined)
    try {
      await this.#answer(exchange, name)
    } catch (error) {
      if (!res.headersSent) this.#refuse(exchange, 500, `internal problem (${errorCode(error)})`)
      else res.destroy()
    }
  }

  /** Every machine of a rack asks for the same names. */
  #read(target: string): Target {
    let known = this.#targets.get(target)
    if (known === undefined) {
      known = { path: printable(target), name: cleanHttpTarget(target) }
      if (this.#targets.size >= MAX_TARGETS) this.#targets.clear()
      if (target.length <= MAX_TARGET) this.#targets.set(target, known)
    }
    return known
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

  handshakeFailed(error: Error, socket: Socket): void {
    const client = peer(socket.remoteAddress, socket.remotePort)
    const reason = `TLS: ${errorCode(error)}`
    this.#onEvent({ type: 'garbage', protocol: 'http', client, reason })
    socket.destroy()
  }

  async #answer(exchange: Exchange, name: CleanName): Promise<void> {
    const { req, res } = exchange
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.setHeader('Allow', 'GET, HEAD')
      // Whatever body follows is not read, so the connection cannot be used again.
      res.setHeader('Connection', 'close')
      this.#refuse(exchange, 405, 'method not allowed')
      return
    }
    if (!name.ok) {
      this.#refuseFor(exchange, name.refusal)
      return
    }
    const atRoot = name.segments.length === 0
    const opened = await this.#files.open(atRoot ? ['index.html'] : name.segments)
    if (!opened.ok) {
      if (atRoot && opened.refusal === 'not-found') await this.#sendIndexPage(exchange)
      else if (!(await this.#explain(exchange, name.segments, opened.refusal))) {
        this.#refuseFor(exchange, opened.refusal)
      }
      return
    }
    const { lease } = opened
    if (lease.file.size === 0 && (await this.#explain(exchange, name.segments, 0))) {
      lease.release()
      return
    }
    try {
      await this.#sendFile(exchange, lease)
    } catch (error) {
      lease.release()
      throw error
    }
  }

  async #sendFile(exchange: Exchange, lease: Lease): Promise<void> {
    const { req, res } = exchange
    const { file } = lease
    let etag = this.#known.get(file)
    if (etag === undefined) {
      etag = await this.#tags.of(file)
      this.#known.set(file, etag)
    }
    if (res.destroyed) {
      // The client went away while its file was hashed.
      lease.release()
      return
    }
    const response = respondWithFile(
      req,
      res,
      file,
      this.#files.content,
      etag,
      () => {
        this.#onEvent({ type: 'transfer-start', ...exchange.about, size: file.size })
      },
      (status) => {
        this.#refuse(exchange, status, status === 416 ? 'range not satisfiable' : 'precondition failed')
      },
    )
    this.#watch(exchange, response, lease)
  }

  async #sendIndexPage(exchange: Exchange): Promise<void> {
    const { req, res } = exchange
    const page = Buffer.from(await indexPage(this.#root))
    res.setHeader('X-Content-Type-Options', 'nosniff')
    res.setHeader('Content-Type', 'text/html; charset=utf-8')
    res.setHeader('Content-Length', page.length)
    res.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
    res.setHeader('Cache-Control', 'no-cache')
    this.#watch(exchange, {
      accepted: () => true,
      bytes: () => page.length,
      problem: () => undefined,
      closed: () => undefined,
    })
    res.end(req.method === 'HEAD' ? undefined : page)
  }

  /** A script for a screen in place of an error; in the log and the trace it is the error. */
  async #explain(exchange: Exchange, segments: readonly string[], found: Refusal | 0): Promise<boolean> {
    const { req, res, about } = exchange
    const told = await explain(this.#root, segments, found)
    if (told === undefined) return false
    const body = Buffer.from(told.script)
    res.setHeader('X-Content-Type-Options', 'nosniff')
    res.setHeader('Content-Type', 'text/plain; charset=utf-8')
    res.setHeader('Content-Length', body.length)
    res.setHeader('Cache-Control', 'no-store')
    res.end(req.method === 'HEAD' ? undefined : body)
    const reason = `${told.reason}: a script that says so was sent`
    this.#onEvent({ type: 'refused', ...about, status: 404, reason })
    return true
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
    res.setHeader('X-Content-Type-Options', 'nosniff')
    res.setHeader('Content-Type', 'text/plain; charset=utf-8')
    res.setHeader('Content-Length', body.length)
    res.setHeader('Cache-Control', 'no-cache')
    res.end(req.method === 'HEAD' ? undefined : body)
    this.#onEvent({ type: 'refused', ...about, status, reason })
  }

  /** Reports how the response ended. */
  #watch({ req, res, about, startedAt }: Exchange, response: FileResponse, lease?: Lease): void {
    const report = (): void => {
      response.closed()
      lease?.release()
      if (!response.accepted()) return
      const ms = elapsed(startedAt)
      if (res.writableFinished && response.problem() === undefined) {
        const body = req.method === 'GET' && res.statusCode !== 304
        const bytes = body ? response.bytes() : 0
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
