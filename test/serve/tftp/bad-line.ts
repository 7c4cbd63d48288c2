/** A UDP line that loses, repeats and reorders packets, between clients on loopback and a server. */
import { createSocket, type Socket } from 'node:dgram'
import { numbers } from '../numbers.js'

export interface LineFaults {
  readonly loss: number
  readonly repeat: number
  /** Each packet is late by up to this, so that some overtake others. */
  readonly delayMs: number
}

export class BadLine {
  readonly #faults: LineFaults
  readonly #random: () => number
  readonly #serverPort: number
  readonly #sockets: Socket[] = []
  readonly #clients = new Map<string, Promise<Socket>>()
  #closed = false
  #front!: Socket
  packets = 0

  static async open(serverPort: number, seed: number, faults: LineFaults): Promise<BadLine> {
    const line = new BadLine(serverPort, seed, faults)
    line.#front = await line.#socket()
    line.#front.on('message', (bytes, from) => {
      void line.#clientOf(from.port).then((server) => {
        line.#pass(server, bytes, serverPort)
      })
    })
    return line
  }

  private constructor(serverPort: number, seed: number, faults: LineFaults) {
    this.#serverPort = serverPort
    this.#random = numbers(seed)
    this.#faults = faults
  }

  /** Clients take it for the server's. */
  get port(): number {
    return this.#front.address().port
  }

  close(): void {
    this.#closed = true
    for (const socket of this.#sockets) socket.close()
  }

  /** What the server sees as that client: a socket of ours. What it sends from another port gets one more to us. */
  #clientOf(port: number): Promise<Socket> {
    const known = this.#clients.get(String(port))
    if (known !== undefined) return known
    const made = this.#socket().then((server) => {
      const tids = new Map<number, Promise<Socket>>()
      server.on('message', (bytes, from) => {
        let socket = from.port === this.#serverPort ? Promise.resolve(this.#front) : tids.get(from.port)
        if (socket === undefined) {
          socket = this.#socket()
          void socket.then((own) =>
            own.on('message', (answer) => {
              this.#pass(server, answer, from.port)
            }),
          )
          tids.set(from.port, socket)
        }
        void socket.then((own) => {
          this.#pass(own, bytes, port)
        })
      })
      return server
    })
    this.#clients.set(String(port), made)
    return made
  }

  #pass(by: Socket, bytes: Buffer, to: number): void {
    this.packets += 1
    const { loss, repeat, delayMs } = this.#faults
    const copies = this.#random() < loss ? 0 : this.#random() < repeat ? 2 : 1
    for (let i = 0; i < copies; i++) {
      setTimeout(() => {
        if (!this.#closed) by.send(bytes, to, '127.0.0.1')
      }, this.#random() * delayMs)
    }
  }

  async #socket(): Promise<Socket> {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => {
      socket.bind(0, '127.0.0.1', resolve)
    })
    if (this.#closed) socket.close()
    else this.#sockets.push(socket)
    return socket
  }
}
