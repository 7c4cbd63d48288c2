import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { notRun } from '../../support/not-run.js'
import { pattern, type Running, Scratch, serve, waitFor } from '../support.js'

/** `IPXETOOL_CONNECTIONS=8000`: the long form, with the bounds that are shipped. */
const long = Number(process.env['IPXETOOL_CONNECTIONS'] ?? 0)
const count = long > 0 ? long : 300
const HEAD = 'GET /big HTTP/1.1\r\nHost: x\r\n'

describe('http server, clients that only hold connections', () => {
  const scratch = new Scratch()
  const sockets: Socket[] = []
  let server: Running

  before(async function () {
    // Other addresses of loopback are there without being set up on Linux only.
    if (process.platform !== 'linux') notRun(this, 'needs 127.0.0.2', { allowedInCi: true })
    const root = await scratch.folder({ 'boot.ipxe': '#!ipxe\n', big: pattern(20_000_000) })
    const maxConnections = long > 0 ? undefined : 100
    server = await serve(root, { tftp: false, graceMs: 0, http: { maxConnections } })
  })
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await honest()
  })
  after(async () => {
    await server.close()
    await scratch.clean()
  })

  async function hold(localAddress: string, request: string): Promise<Socket> {
    const socket = connect({ port: server.httpPort, host: '127.0.0.1', localAddress })
    sockets.push(socket)
    socket.pause()
    socket.on('error', () => undefined)
    // Hung up at once: one of theirs had to make room.
    await Promise.race([once(socket, 'connect'), once(socket, 'close')])
    socket.write(request)
    return socket
  }

  async function honest(): Promise<void> {
    const reply = await fetch(`http://127.0.0.1:${server.httpPort}/boot.ipxe`, {
      headers: { connection: 'close' },
    })
    assert.equal(await reply.text(), '#!ipxe\n')
  }

  async function flood(request: (i: number) => string): Promise<void> {
    const before = process.memoryUsage.rss()
    for (let i = 0; i < count; i++) {
      await hold('127.0.0.2', request(i))
      if (i % 100 === 0) await honest()
    }
    await honest()
    assert.ok(process.memoryUsage.rss() - before < 300e6 + count * 60_000)
  }

  it('that never end their request, an octet at a time', async function () {
    this.timeout(300_000)
    await flood(() => `${HEAD}X: `)
    for (let i = 0; i < 5; i++) {
      for (const socket of sockets) socket.write('x')
      await honest()
    }
  })

  it('that never read what they asked for', async function () {
    this.timeout(300_000)
    await flood((i) => `${HEAD}Range: bytes=${(i * 50_021) % 19_000_000}-\r\n\r\n`)
  })

  it('and open new ones all the time, while another keeps its connection', async function () {
    this.timeout(300_000)
    if (long > 0) this.skip()
    const kept = await hold('127.0.0.3', 'GET /boot.ipxe HTTP/1.1\r\nHost: x\r\n\r\n')
    kept.resume()
    await once(kept, 'data')
    await flood(() => '')
    assert.equal(kept.destroyed, false)
    kept.write('GET /boot.ipxe HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(kept, 'data')
    const others = sockets.filter((socket) => socket !== kept)
    for (const socket of others) socket.resume()
    await waitFor(() => (others.some((socket) => socket.closed) ? true : undefined), 5000, 'a hang-up')
  })
})
