import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { AllowList, Gate } from '../../src/serve/allow-list.js'
import type { ServeEvent } from '../../src/serve/events.js'
import { TreeFiles } from '../../src/serve/files.js'
import { startHttpServer } from '../../src/serve/http/server.js'
import { startTftpServer } from '../../src/serve/tftp/server.js'
import { Scratch } from './support.js'
import { fetchByTftp } from './tftp/light-client.js'

describe('networks that HTTP and TFTP answer', () => {
  it('are those of the list and this machine; the others are named once', () => {
    const events: ServeEvent[] = []
    const gate = new Gate(new AllowList(['192.0.2.0/24', '2001:db8::/32', '52:54:00']), 'http', (event) =>
      events.push(event),
    )
    for (const inside of ['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::7', '127.0.0.1', '::1', '127.9.9.9']) {
      assert.equal(gate.permits(inside), true, inside)
    }
    for (const outside of ['192.0.3.7', '::ffff:192.0.3.7', 'fe80::7%eth0', '2001:db9::7', '']) {
      assert.equal(gate.permits(outside), false, outside)
    }
    gate.permits('192.0.3.7')
    const told = events.map((event) => (event.type === 'server-problem' ? event.reason : ''))
    assert.equal(told.filter((reason) => reason.startsWith('192.0.3.7 is in none of the networks')).length, 1)
    assert.equal(new Gate(new AllowList(['52:54:00']), 'tftp', () => undefined).permits('192.0.3.7'), true)
  })

  it('forged addresses without number are not all told of, nor remembered', () => {
    let told = 0
    const gate = new Gate(new AllowList(['192.0.2.0/24']), 'tftp', () => told++)
    for (let last = 0; last < 10_000; last++)
      assert.equal(gate.permits(`10.0.${last >> 8}.${last & 255}`), false)
    assert.ok(told < 100, String(told))
  })

  describe('a client that is none of them', () => {
    const scratch = new Scratch()
    const gate = { permits: (address: string) => !address.includes('127.0.0.') }
    let files: TreeFiles
    let root: string

    before(async () => {
      root = await scratch.folder({ 'boot.ipxe': '#!ipxe\n' })
      files = new TreeFiles(root)
    })
    after(async () => {
      await files.close()
      await scratch.clean()
    })

    it('has its connection closed without an octet', async () => {
      const http = await startHttpServer({
        root,
        files,
        port: 0,
        host: '127.0.0.1',
        gate,
        onEvent: () => undefined,
      })
      try {
        const socket = connect(http.address.port, '127.0.0.1')
        await once(socket, 'connect')
        socket.write('GET /boot.ipxe HTTP/1.1\r\nHost: x\r\n\r\n')
        socket.on('error', () => undefined)
        assert.equal(await text(socket).catch(() => ''), '')
      } finally {
        await http.close(0)
      }
    })

    it('gets no datagram', async () => {
      const tftp = await startTftpServer({
        files,
        port: 0,
        host: '127.0.0.1',
        gate,
        onEvent: () => undefined,
      })
      try {
        const asked = fetchByTftp({
          port: tftp.address.port,
          name: 'boot.ipxe',
          patienceMs: 50,
          attempts: 5,
        })
        await assert.rejects(asked, /gave up/)
      } finally {
        await tftp.close(0)
      }
    })
  })
})
