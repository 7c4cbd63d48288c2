import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { encodePacket } from '../../../src/serve/tftp/packet.js'
import { notRun } from '../../support/not-run.js'
import { pattern, type Running, Scratch, serve } from '../support.js'
import { BadLine } from './bad-line.js'
import { fetchByTftp } from './light-client.js'

/** `IPXETOOL_LOSSY=100` and `IPXETOOL_FLOOD=1000000`: the long forms, with the timers that are shipped. */
const lossy = Number(process.env['IPXETOOL_LOSSY'] ?? 0)
const flood = Number(process.env['IPXETOOL_FLOOD'] ?? 0)

describe('tftp server, bad lines and many clients', () => {
  const scratch = new Scratch()
  let server: Running | undefined
  afterEach(async () => {
    await server?.close()
    server = undefined
    await scratch.clean()
  })

  for (const singlePort of [false, true]) {
    it(`gets every byte right at 20 % loss${singlePort ? ' in single-port mode' : ''}`, async function () {
      this.timeout(lossy > 0 ? 600_000 : 60_000)
      const content = Buffer.from(pattern(65_536))
      const quick = { retransmitMs: 150, attempts: 30, firstAttempts: 4, lingerMs: 500 }
      server = await serve(await scratch.folder({ file: content }), {
        http: false,
        tftp: { singlePort, timing: lossy > 0 ? {} : quick },
      })
      const line = await BadLine.open(server.tftpPort, 7, { loss: 0.2, repeat: 0.1, delayMs: 8 })
      const patienceMs = lossy > 0 ? 1000 : 300
      try {
        const got = await Promise.all(
          Array.from({ length: lossy > 0 ? lossy : 10 }, (_, i) =>
            fetchByTftp({
              port: line.port,
              name: 'file',
              blksize: [512, 1432, 1468][i % 3]!,
              windowsize: [1, 4, 16, 64][i % 4]!,
              patienceMs,
              attempts: 200,
            }),
          ),
        )
        for (const one of got) assert.ok(one.equals(content))
      } finally {
        line.close()
      }
    })
  }

  it('serves a thousand clients at a time', async function () {
    this.timeout(60_000)
    const limit = Number(/^Max open files\s+(\d+)/m.exec(readLimits())?.[1] ?? 0)
    if (limit < 4000)
      notRun(this, `only ${limit} files may be open, and this takes 2000 sockets`, { allowedInCi: true })
    const content = Buffer.from(pattern(60_000))
    server = await serve(await scratch.folder({ 'snponly.efi': content }), { http: false })
    const { tftpPort: port } = server
    const got = await Promise.all(
      Array.from({ length: 1000 }, (_, i) =>
        fetchByTftp({
          port,
          name: 'snponly.efi',
          blksize: 1432,
          windowsize: i % 2 === 0 ? 4 : 1,
          // all of them are in this one thread: a request repeated by a client that was not slow is no reset
          patienceMs: 8000,
        }),
      ),
    )
    assert.equal(got.filter((one) => one.equals(content)).length, 1000)
    assert.deepEqual(
      server.events.filter(({ type }) => type === 'transfer-failed'),
      [],
    )
  })

  it('keeps little for requests that are never answered, and serves the next honest client', async function () {
    this.timeout(flood > 0 ? 1_800_000 : 60_000)
    if (process.platform !== 'linux')
      notRun(this, 'memory and files are read in /proc', { allowedInCi: true })
    server = await serve(await scratch.folder({ file: pattern(5000) }), {
      http: false,
      // As if each came from another address.
      tftp: { requestRate: { perSecond: 1e9, burst: 1e9 } },
    })
    server.events.push = () => 0
    const before = process.memoryUsage.rss()
    const files = readdirSync('/proc/self/fd').length
    const sockets = await Promise.all(
      Array.from({ length: 16 }, async () => {
        const socket = createSocket('udp4').bind(0, '127.0.0.1')
        await once(socket, 'listening')
        return socket
      }),
    )
    const total = flood > 0 ? flood : 5000
    let mostFiles = 0
    for (let i = 0; i < total; i++) {
      // Another name each time, so that none is a repetition.
      const filename = `${'/'.repeat((i >> 4) % 1000)}${'./'.repeat((i >> 14) % 60)}file`
      const packet = encodePacket({ kind: 'rrq', filename, mode: 'octet', options: [] })
      sockets[i % 16]!.send(packet, server.tftpPort, '127.0.0.1')
      if (i % 50 !== 0) continue
      await new Promise((resolve) => setImmediate(resolve))
      if (i % 1000 === 0) mostFiles = Math.max(mostFiles, readdirSync('/proc/self/fd').length)
    }
    const honest = await fetchByTftp({ port: server.tftpPort, name: 'file', patienceMs: 300, attempts: 100 })
    assert.equal(honest.length, 5000)
    // Unanswered ones, those that are being opened, and those on their way out.
    assert.ok(mostFiles - files < 2 * 1024 + 500, `${mostFiles - files} files`)
    assert.ok(process.memoryUsage.rss() - before < 300e6)
    for (const socket of sockets) socket.close()
  })
})

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'latin1')
  } catch {
    return ''
  }
}
