/** What the server tests share: a tree on disk, a running server on loopback, a raw TFTP client. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execaSync } from 'execa'
import type { Context } from 'mocha'
import { type RunningServer, type ServeEvent, type ServeOptions, serveTree } from '../../src/serve/index.js'
import { decodePacket, encodePacket, type TftpPacket } from '../../src/serve/tftp/packet.js'
import { notRun } from '../support/not-run.js'

export type Files = Readonly<Record<string, string | Uint8Array>>

/** A folder that is gone after the test. */
export class Scratch {
  readonly #made: string[] = []

  async folder(files: Files = {}): Promise<string> {
    const root = await mkdtemp(join(tmpdir(), 'ipxetool-serve-'))
    this.#made.push(root)
    await write(root, files)
    return root
  }

  async clean(): Promise<void> {
    for (const root of this.#made.splice(0)) await rm(root, { recursive: true, force: true })
  }
}

export async function write(root: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), content)
  }
}

/** Octets that repeat nowhere near a block, so that a block in the wrong place shows. */
export function pattern(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >>> 8) * 17 + (i >>> 16)) & 0xff
  return bytes
}

export interface Running extends RunningServer {
  readonly events: ServeEvent[]
  readonly httpPort: number
  readonly tftpPort: number
  /** The first event of that type, waiting for it. */
  event<T extends ServeEvent['type']>(type: T, ms?: number): Promise<Extract<ServeEvent, { type: T }>>
}

/** On loopback, free ports. */
export async function serve(root: string, options: Partial<ServeOptions> = {}): Promise<Running> {
  const events: ServeEvent[] = []
  const host = '127.0.0.1'
  const server = await serveTree({
    root,
    onEvent: (event) => events.push(event),
    graceMs: 100,
    ...options,
    http: options.http === false ? false : { port: 0, host, ...options.http },
    tftp: options.tftp === false ? false : { port: 0, host, ...options.tftp },
  })
  return {
    ...server,
    events,
    httpPort: server.addresses.http?.port ?? 0,
    tftpPort: server.addresses.tftp?.port ?? 0,
    event: async (type, ms = 5000) => {
      const found = await waitFor(() => events.find((event) => event.type === type), ms, `an event ${type}`)
      return found as Extract<ServeEvent, { type: typeof type }>
    },
  }
}

export async function waitFor<T>(probe: () => T | undefined, ms: number, what: string): Promise<T> {
  const until = performance.now() + ms
  for (;;) {
    const found = probe()
    if (found !== undefined) return found
    if (performance.now() > until) throw new Error(`${what} did not come within ${ms} ms`)
    await pause(5)
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export interface Received {
  readonly packet: TftpPacket
  readonly from: RemoteInfo
}

/** A UDP socket that speaks TFTP packets, and keeps what arrives until it is asked for. */
export class RawClient {
  readonly #socket: Socket
  readonly #inbox: Received[] = []
  /** The loopback address that servers are asked on. */
  readonly #server: string
  #waiting: ((received: Received) => void) | undefined

  private constructor(address: string) {
    const wide = address.includes(':')
    this.#socket = createSocket(wide ? 'udp6' : 'udp4')
    this.#server = wide ? '::1' : '127.0.0.1'
  }

  static async open(port = 0, address = '127.0.0.1'): Promise<RawClient> {
    const client = new RawClient(address)
    client.#socket.on('message', (bytes, from) => {
      const decoded = decodePacket(bytes)
      if (!decoded.ok) throw new Error(`the server sent what is no packet: ${decoded.problem}`)
      const received = { packet: decoded.packet, from }
      const waiting = client.#waiting
      client.#waiting = undefined
      if (waiting === undefined) client.#inbox.push(received)
      else waiting(received)
    })
    await new Promise<void>((resolve) => {
      client.#socket.bind(port, address, resolve)
    })
    return client
  }

  get port(): number {
    return this.#socket.address().port
  }

  send(port: number, packet: TftpPacket | Uint8Array): void {
    const bytes = packet instanceof Uint8Array ? packet : encodePacket(packet)
    this.#socket.send(bytes, port, this.#server)
  }

  request(port: number, filename: string, options: Record<string, string> = {}, mode = 'octet'): void {
    const list = Object.entries(options).map(([name, value]) => ({ name, value }))
    this.send(port, { kind: 'rrq', filename, mode, options: list })
  }

  /** The next packet, in the order of arrival. */
  next(ms = 3000): Promise<Received> {
    const received = this.#inbox.shift()
    if (received !== undefined) return Promise.resolve(received)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = undefined
        reject(new Error(`no TFTP packet came within ${ms} ms`))
      }, ms)
      this.#waiting = (arrived) => {
        clearTimeout(timer)
        resolve(arrived)
      }
    })
  }

  /** The next packet, or undefined when it stays quiet for `ms`. */
  async quiet(ms: number): Promise<TftpPacket | undefined> {
    await pause(ms)
    return this.#inbox.shift()?.packet
  }

  close(): void {
    this.#socket.close()
  }
}

/** Skips the test where the program is missing; with CI set that is a failure. */
export function needs(context: Context, program: string, packageName: string): void {
  const found = execaSync('sh', ['-c', 'command -v "$1"', 'sh', program], { reject: false })
  if (found.exitCode !== 0) notRun(context, `${program} is not installed (Debian package ${packageName})`)
}
