/**
 * Plain HTTP without a proxy, for bodies of known length: the system writes them straight into the blocks that go to
 * the disk and the hash (`onread` of node:net).
 *
 * undici reads 64 KiB at a time into new memory and runs its parser over each piece: per GiB some 16,000 reads, copies
 * and callbacks, and garbage that piles up. Here node:http reads the head, and what has no length or is
 * no part of a file; everything else (TLS, proxies, small documents, connections to be used again) is undici's.
 */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Reader, type RawResponse } from './body.js'

export interface DirectOptions {
  connectionsPerHost: number
  /** Milliseconds for a connection. */
  connectTimeout: number
  /** Milliseconds for the head of the response. */
  stallTimeout: number
}

export interface DirectClient {
  /** One GET. @throws what the network throws */
  get(url: URL, headers: Record<string, string>, signal: AbortSignal | undefined): Promise<RawResponse>
  close(): void
}

/** Takes the head, and what comes while no block is free. */
const spareSize = 64 * 1024

export function directClient(options: DirectOptions): DirectClient {
  const agent = new LineAgent({ keepAlive: false, maxSockets: options.connectionsPerHost })
  return {
    get: (url, headers, signal) => directGet(agent, options, url, headers, signal),
    close: () => {
      agent.destroy()
    },
  }
}

class LineAgent extends Agent {
  readonly lines = new WeakMap<Duplex, Line>()

  // called by node:http; keeps the limit per host
  override createConnection(options: NetConnectOpts): Socket {
    const line = new Line()
    line.socket = connect({
      ...options,
      onread: { buffer: () => line.space(), callback: (length, buffer) => line.take(length, buffer) },
    })
    this.lines.set(line.socket, line)
    return line.socket
  }
}

/** One connection: where its bytes go. */
class Line {
  socket: Socket | undefined
  /** A response whose length is known, while the bytes that came with its head are still with the parser. */
  response: IncomingMessage | undefined
  /** Who waits for it. */
  deliver: ((reader: Reader) => void) | undefined
  /** Takes the body, past the parser. */
  #reader: Reader | undefined
  /** Bytes of the body that are to come. */
  #left = 0
  readonly #spare = new Uint8Array(spareSize)

  /** Where the system writes next. node:net asks after each {@link take}, so it is never memory that was handed on. */
  space(): Uint8Array {
    return this.#reader?.space() ?? this.#spare
  }

  /** @returns false to stop reading until the socket is resumed */
  take(length: number, buffer: Uint8Array): boolean {
    const reader = this.#reader
    if (reader) {
      this.#give(Buffer.from(buffer.buffer, buffer.byteOffset, Math.min(length, this.#left)))
      return !reader.paused
    }
    // a copy, for the parser keeps it
    this.socket?.emit('data', Buffer.from(buffer.subarray(0, length)))
    const { response } = this
    this.response = undefined
    if (response === undefined) return true
    if (response.complete) {
      this.deliver?.(parsed(response))
      return true
    }
    this.deliver?.(this.#takeOver(response))
    return false
  }

  #takeOver(response: IncomingMessage): Reader {
    const socket = this.socket!
    const reader = new Reader(true)
    const broken = (error: Error): void => {
      socket.destroy()
      reader.end(error)
    }
    reader.attach({ pause: () => socket.pause(), resume: () => socket.resume(), abort: broken })
    socket.on('error', broken)
    const early = (): void => {
      broken(Object.assign(new Error('the connection ended early'), { code: 'ECONNRESET' }))
    }
    socket.on('end', early).on('close', early)
    this.#reader = reader
    this.#left = Number(response.headers['content-length'])
    const first = response.read() as Buffer | null
    if (first !== null) this.#give(first)
    return reader
  }

  #give(chunk: Buffer): void {
    this.#left -= chunk.length
    this.#reader?.push(chunk)
    if (this.#left > 0) return
    this.socket?.destroy()
    this.#reader?.end(undefined)
  }
}

/** A body that the parser has to see: chunked, without a length, or a short one that came with its head. */
function parsed(response: IncomingMessage): Reader {
  const reader = new Reader()
  response.pause()
  reader.attach({
    pause: () => response.pause(),
    resume: () => response.resume(),
    abort: (reason) => {
      response.destroy()
      reader.end(reason)
    },
  })
  response.on('data', (chunk: Buffer) => {
    reader.push(chunk)
  })
  response.on('end', () => {
    reader.end(undefined)
  })
  response.on('error', (error) => {
    reader.end(error)
  })
  return reader
}

function hasLength({ statusCode, headers }: IncomingMessage): boolean {
  const isFile = statusCode === 200 || statusCode === 206
  const isSized = /^[1-9]\d*$/.test(headers['content-length'] ?? '')
  return isFile && isSized && headers['transfer-encoding'] === undefined
}

function directGet(
  agent: LineAgent,
  options: DirectOptions,
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const request = httpRequest(url, { agent, headers })
    let line: Line | undefined
    let reader: Reader | undefined
    let timer: NodeJS.Timeout | undefined
    const onAbort = (): void => {
      const reason: unknown = signal?.reason
      const error = reason instanceof Error ? reason : new Error('aborted')
      if (reader) reader.destroy(error)
      else request.destroy(error)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    const limit = (milliseconds: number, code: string): void => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        request.destroy(Object.assign(new Error('no answer in time'), { code }))
      }, milliseconds)
    }
    request.on('socket', (socket) => {
      line = agent.lines.get(socket)
      limit(options.connectTimeout, 'ETIMEDOUT')
      socket.once('connect', () => {
        limit(options.stallTimeout, 'UND_ERR_HEADERS_TIMEOUT')
      })
    })
    // until the connection is gone: it may fail once more after the response has ended
    request.on('error', (error) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      reject(error)
    })
    request.on('close', () => signal?.removeEventListener('abort', onAbort))
    request.on('response', (response) => {
      clearTimeout(timer)
      response.on('error', () => undefined)
      const deliver = (body: Reader): void => {
        reader = body
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      }
      if (line && hasLength(response)) {
        line.deliver = deliver
        line.response = response
      } else deliver(parsed(response))
    })
    request.end()
  })
}
