import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { execa } from 'execa'
import { hostilePaths } from './hostile-paths.js'
import { needs, RawClient, type Running, Scratch, serve } from './support.js'

const SECRET = 'the secret of another folder'
const OWN = ['#!ipxe\nown\n', 'own menu']

describe('hostile paths', () => {
  const scratch = new Scratch()
  let server: Running
  let sibling: string
  let paths: string[]

  before(async function () {
    needs(this, 'mkfifo', 'coreutils')
    const root = await scratch.folder({
      'boot.ipxe': OWN[0]!,
      'menus/main.ipxe': OWN[1]!,
      '.hidden': SECRET,
      '.git/config': SECRET,
      '.ipxetool-lock': SECRET,
      'menus/.secret': SECRET,
    })
    sibling = `${root}-private`
    await mkdir(sibling)
    await writeFile(join(sibling, 'secret'), SECRET)
    await symlink(join(sibling, 'secret'), join(root, 'link'))
    await symlink(sibling, join(root, 'linkdir'))
    await symlink('/etc/passwd', join(root, 'absolute'))
    await symlink('..', join(root, 'up'))
    await symlink('loop', join(root, 'loop'))
    await symlink('/dev/zero', join(root, 'device'))
    await execa('mkfifo', [join(root, 'fifo')])
    server = await serve(root)
    paths = hostilePaths(root, basename(sibling))
  })
  after(async () => {
    await server.close()
    await rm(sibling, { recursive: true, force: true })
    await scratch.clean()
  })

  /** Either refused, or the name of a file of ours in the end. */
  function harmless(content: string, path: string): void {
    assert.ok(!content.includes(SECRET) && !content.includes('root:'), JSON.stringify(path))
  }

  it('are many', () => {
    assert.ok(paths.length >= 300, String(paths.length))
  })

  it('over HTTP never lead to another file, redirect or crash', async () => {
    const statuses = new Map<number, number>()
    for (const path of paths) {
      const socket = connect(server.httpPort, '127.0.0.1')
      await once(socket, 'connect')
      const target = path.startsWith('/') ? path : `/${path}`
      socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, 'latin1')
      const reply = await text(socket)
      harmless(reply, path)
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(reply)?.[1])
      assert.ok([200, 400, 404, 431].includes(status), `${status} ${JSON.stringify(path)}`)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status === 200) {
        const body = reply.slice(reply.indexOf('\r\n\r\n') + 4)
        assert.ok(OWN.includes(body) || body.startsWith('<!doctype html>'), JSON.stringify(path))
      }
    }
    assert.ok((statuses.get(404) ?? 0) > 200, JSON.stringify([...statuses]))
  })

  it('over TFTP neither', async () => {
    const client = await RawClient.open()
    let refused = 0
    for (const path of paths) {
      // Without what ends a name on the wire, and what the codec takes for no request.
      const filename = path.replace(/\0.*$/s, '')
      if (filename.length > 1024) continue
      client.request(server.tftpPort, filename)
      const { packet, from } = await client.next()
      if (packet.kind === 'error') {
        assert.ok([1, 2].includes(packet.code), JSON.stringify(path))
        refused += 1
        continue
      }
      assert.ok(packet.kind === 'data')
      const content = Buffer.from(packet.data).toString()
      harmless(content, path)
      assert.ok(OWN.includes(content), JSON.stringify(path))
      client.send(from.port, { kind: 'ack', block: 1 })
    }
    client.close()
    assert.ok(refused > 250, String(refused))
  })

  it('over TFTP are no request when they are longer than any name', async () => {
    const client = await RawClient.open()
    client.request(server.tftpPort, 'a'.repeat(4096))
    client.request(server.tftpPort, 'boot.ipxe')
    const { packet } = await client.next()
    assert.ok(packet.kind === 'data')
    client.close()
  })

  it('leave the server as it was', async () => {
    const client = await RawClient.open()
    client.request(server.tftpPort, 'menus/main.ipxe')
    const { packet } = await client.next()
    assert.equal(packet.kind === 'data' && Buffer.from(packet.data).toString(), OWN[1])
    client.close()
    assert.equal(await (await fetch(`http://127.0.0.1:${server.httpPort}/boot.ipxe`)).text(), OWN[0])
    assert.ok(server.events.every(({ type }) => type !== 'server-problem'))
  })
})
