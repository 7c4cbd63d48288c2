/**
 * The HTTP side: GET and HEAD of files of the tree, and nothing else (RFC 9110, 9112). Written for firmware
 * first: no redirects, no compression, exact lengths, connections that stay open.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TreeFiles } from '../files.js'
import type { OnEvent } from '../events.js'
import { errorCode } from '../tree.js'
import type { Gate } from '../allow-list.js'
import { Connections } from './connections.js'
import { Handler } from './handler.js'

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

/** PEM. */
export interface TlsOptions {
  readonly cert: Uint8Array | string
  readonly key: Uint8Array | string
  /** Only clients with a certificate of this authority are let in. */
  readonly clientCa?: Uint8Array | string | undefined
}

export interface HttpServerOptions {
  readonly root: string
  readonly files: TreeFiles
  readonly port: number
  /** Address to listen on; undefined: every address of this machine. */
  readonly host?: string | undefined
  readonly timing?: Partial<HttpTiming> | undefined
  /** HTTPS instead of HTTP. */
  readonly tls?: TlsOptions | undefined
  /** Connections at a time; beyond it the longest idle one is closed. Default: most of what the system allows. */
  readonly maxConnections?: number | undefined
  /** Others have their connections closed. Default: everybody. */
  readonly gate?: Pick<Gate, 'permits'> | undefined
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
  const connections = new Connections(options.maxConnections)
  const server = create(options.tls, timing, (req, res) => {
    connections.busy(req.socket)
    res.once('close', () => {
      connections.idle(req.socket)
    })
    if (options.pages?.(req, res) !== true) void handler.handle(req, res)
  })
  // with TLS before the first octet of the handshake
  server.prependListener('connection', (socket: Socket) => {
    if (options.gate?.permits(socket.remoteAddress ?? '') === false) socket.destroy()
  })
  let full = false
  server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    if (socket.destroyed) return
    const added = connections.add(socket)
    // Said once, until there is room again.
    if (!added && !full) {
      const reason = 'too many connections, all of them at work; new ones are closed'
      options.onEvent({ type: 'server-problem', protocol: 'http', reason })
    }
    full = !added
  })
  server.setTimeout(timing.idleMs)
  server.on('connect', (req: IncomingMessage, socket: Socket) => {
    handler.refuseConnect(req, socket)
  })
  server.on('clientError', (error, socket) => {
    if (socket instanceof Socket) handler.clientError(error, socket)
    else socket.destroy()
  })
  server.on('tlsClientError', (error: Error, socket: Socket) => {
    handler.handshakeFailed(error, socket)
  })
  await listenOn(server, options.host, options.port)
  server.on('error', (error) => {
    options.onEvent({ type: 'server-problem', protocol: 'http', reason: error.message })
  })
  const { address, port } = server.address() as AddressInfo
  return { address: { address, port }, close: (graceMs) => close(server, graceMs) }
}

function create(tls: TlsOptions | undefined, timing: HttpTiming, listener: RequestListener): Server {
  const limits = {
    headersTimeout: timing.headersMs,
    requestTimeout: timing.requestMs,
    keepAliveTimeout: timing.keepAliveMs,
    connectionsCheckingInterval: Math.min(5000, timing.headersMs),
  }
  if (tls === undefined) return createServer(limits, listener)
  const { cert, key, clientCa } = tls
  const secure = {
    ...limits,
    handshakeTimeout: timing.headersMs,
    cert: text(cert),
    key: text(key),
    ...(clientCa === undefined ? {} : { ca: text(clientCa), requestCert: true, rejectUnauthorized: true }),
  }
  return createTlsServer(secure, listener)
}

function text(pem: Uint8Array | string): string {
  return typeof pem === 'string' ? pem : Buffer.from(pem).toString('latin1')
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
