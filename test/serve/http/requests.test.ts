import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rename, symlink, truncate } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { execa } from 'execa'
import { needs, pattern, pause, type Running, Scratch, serve, write } from '../support.js'
import { curl, type Response } from './curl.js'

describe('http server: requests', () => {
  const scratch = new Scratch()
  let server: Running
  let root: string
  const get = (path: string, ...options: string[]): Promise<Response> =>
    curl(`http://127.0.0.1:${server.httpPort}${path}`, ...options)
  const socket = async (port = server.httpPort): Promise<Socket> => {
    const made = connect(port, '127.0.0.1')
    await once(made, 'connect')
    return made
  }
  /** Sends raw bytes and reads until the server hangs up. */
  const raw = async (request: string, port?: number): Promise<string> => {
    const one = await socket(port)
    one.write(request)
    return text(one)
  }

  before(async function () {
    needs(this, 'curl', 'curl')
    root = await scratch.folder({
      'boot.ipxe': '#!ipxe\n',
      'menus/main.ipxe': 'menu',
      '.ipxetool-lock': 'x',
      '.hidden/file': 'x',
      big: pattern(20_000_000),
    })
    server = await serve(root, { tftp: false })
  })
  beforeEach(() => {
    server.events.length = 0
  })
  after(async () => {
    await server.close()
    await scratch.clean()
  })

  it('never redirects and never lists', async () => {
    for (const path of ['/menus', '/menus/', '/boot.ipxe/', '//menus/', '/menus/.']) {
      const { status, headers, body } = await get(path)
      assert.equal(status, 404, path)
      assert.equal(headers['location'], undefined, path)
      assert.ok(!body.includes('main.ipxe'), path)
    }
    const double = await get('//menus//main.ipxe')
    assert.deepEqual([double.status, double.body.toString()], [200, 'menu'])
  })

  it('does not let anybody out of the tree', async () => {
    const outside = await scratch.folder({ secret: 'secret' })
    const sibling = `${root}-private`
    await rename(outside, sibling)
    try {
      await symlink(join(sibling, 'secret'), join(root, 'link'))
      const name = basename(sibling)
      const paths = [
        '/../../../../etc/passwd',
        '/menus/../../../../../etc/passwd',
        '/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
        '/..%2f..%2f..%2fetc%2fpasswd',
        '/..%5c..%5cetc%5cpasswd',
        '/%252e%252e/%252e%252e/etc/passwd',
        '/..\\..\\etc\\passwd',
        `/../${name}/secret`,
        `/%2e%2e/${name}/secret`,
        '/link',
        '//etc/passwd',
        '/.hidden/file',
        '/.ipxetool-lock',
        '/menus/..',
      ]
      for (const path of paths) {
        const { status, body } = await get(path)
        assert.equal(status, 404, path)
        assert.ok(!body.includes('root:') && body.toString() !== 'secret', path)
      }
      for (const path of ['/boot.ipxe%00', '/%00', '/%', '/%ff'])
        assert.equal((await get(path)).status, 400, path)
    } finally {
      await rename(sibling, outside)
    }
  })

  it('says what was not found in a short text', async () => {
    const { status, headers, body } = await get('/menus/none.ipxe')
    assert.equal(status, 404)
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8')
    assert.equal(body.toString(), '404 not found: /menus/none.ipxe\n')
    const head = await get('/menus/none.ipxe', '--head')
    assert.deepEqual([head.status, head.body.length], [404, 0])
  })

  it('takes GET and HEAD only', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND']) {
      const { status, headers } = await get('/boot.ipxe', '-X', method, '-d', 'data')
      assert.deepEqual([status, headers['allow']], [405, 'GET, HEAD'], method)
    }
    const connected = await raw('CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n')
    assert.match(connected, /^HTTP\/1\.1 405 .*\r\nAllow: GET, HEAD\r\n/s)
  })

  it('gives a small index at / that links what is there, or the index.html of the tree', async () => {
    const page = await get('/')
    assert.equal(page.status, 200)
    assert.equal(page.headers['content-type'], 'text/html; charset=utf-8')
    assert.match(page.body.toString(), /href="\/boot\.ipxe"/)
    assert.doesNotMatch(page.body.toString(), /preview/)
    assert.doesNotMatch(page.body.toString(), /main\.ipxe|big/)
    await write(root, { 'preview/index.html': 'x' })
    assert.match((await get('/')).body.toString(), /href="\/preview\/index\.html"/)
    await write(root, { 'index.html': '<p>own' })
    assert.equal((await get('/')).body.toString(), '<p>own')
  })

  it('keeps the connection for the next request', async () => {
    const url = `http://127.0.0.1:${server.httpPort}`
    const { stdout } = await execa('curl', [
      ...[
        '-sS',
        '-o',
        '/dev/null',
        '-o',
        '/dev/null',
        '-o',
        '/dev/null',
        '-w',
        '%{http_code} %{num_connects}\n',
      ],
      ...[`${url}/boot.ipxe`, `${url}/none`, `${url}/menus/main.ipxe`],
    ])
    assert.equal(stdout, '200 1\n404 0\n200 0')
  })

  it('speaks HTTP/1.0', async () => {
    const reply = await raw('GET /boot.ipxe HTTP/1.0\r\n\r\n')
    assert.match(reply, /^HTTP\/1\.1 200 /)
    assert.match(reply, /\r\nContent-Length: 7\r\n/)
    assert.ok(reply.endsWith('\r\n\r\n#!ipxe\n'))
    assert.equal((await get('/boot.ipxe', '--http1.0')).body.toString(), '#!ipxe\n')
  })

  it('takes the absolute form of a URL', async () => {
    const reply = await raw(
      'GET http://example.org/boot.ipxe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    )
    assert.match(reply, /^HTTP\/1\.1 200 .*#!ipxe\n$/s)
  })

  it('answers what is no HTTP with 400 and lives on', async () => {
    assert.match(await raw('\x16\x03\x01\x02\x00\x01 TLS here\r\n\r\n'), /^HTTP\/1\.1 400 /)
    assert.match(await raw(`GET /${'x'.repeat(40_000)} HTTP/1.1\r\n\r\n`), /^HTTP\/1\.1 431 /)
    assert.equal((await server.event('garbage')).protocol, 'http')
    assert.equal((await get('/boot.ipxe')).status, 200)
  })

  it('reports transfers, refusals and clients that leave', async () => {
    await get('/boot.ipxe')
    const done = await server.event('transfer-done')
    assert.deepEqual([done.path, done.method, done.status, done.bytes], ['/boot.ipxe', 'GET', 200, 7])
    assert.equal(done.client.address, '127.0.0.1')
    await get('/a%1b%5b2J%0aforged')
    assert.deepEqual([(await server.event('refused')).status], [404])

    const one = await socket()
    one.write('GET /big HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(one, 'data')
    one.destroy()
    const failed = await server.event('transfer-failed')
    assert.equal(failed.reason, 'the client closed the connection')
    assert.ok(failed.bytes < 20_000_000)
  })

  it('cuts the connection when the file shrinks under it, and says so', async () => {
    await write(root, { shrinking: pattern(30_000_000) })
    const one = await socket()
    one.write('GET /shrinking HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(one, 'data')
    one.pause()
    await truncate(join(root, 'shrinking'), 1000)
    let received = 0
    one.on('data', (chunk: Buffer) => (received += chunk.length))
    one.resume()
    await once(one, 'close')
    assert.ok(received < 30_000_000)
    assert.match((await server.event('transfer-failed')).reason, /became shorter/)
  })

  it('sends the version that was asked for when the file is replaced meanwhile', async () => {
    const content = Buffer.from(pattern(30_000_000))
    await write(root, { replaced: content, next: 'new' })
    const one = await socket()
    one.write('GET /replaced HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    const parts: Buffer[] = []
    one.on('data', (chunk: Buffer) => parts.push(chunk))
    await once(one, 'data')
    await rename(join(root, 'next'), join(root, 'replaced'))
    await once(one, 'close')
    const all = Buffer.concat(parts)
    assert.ok(all.subarray(all.indexOf('\r\n\r\n') + 4).equals(content))
  })

  it('hangs up on clients that never finish their request, or stop reading', async () => {
    const timing = { headersMs: 150, requestMs: 200, keepAliveMs: 100, idleMs: 1000 }
    const other = await serve(root, { tftp: false, http: { timing } })
    try {
      const slow = await raw('GET /boot.ipxe HTTP/1.1\r\nX-Slow: ', other.httpPort)
      assert.match(slow, /^HTTP\/1\.1 408 /)
      const silent = await socket(other.httpPort)
      const stuck = await socket(other.httpPort)
      stuck.pause()
      stuck.write('GET /big HTTP/1.1\r\nHost: x\r\n\r\n')
      await once(silent.resume(), 'close')
      const failed = await other.event('transfer-failed')
      assert.ok(failed.bytes < 20_000_000)
      stuck.destroy()
    } finally {
      await other.close()
    }
  })

  it('is not held up by clients that stop reading, and keeps little for them', async () => {
    const stuck: Socket[] = []
    for (let i = 0; i < 100; i++) {
      const one = await socket()
      one.pause()
      one.on('error', () => undefined)
      one.write(`GET /big HTTP/1.1\r\nHost: x\r\nRange: bytes=${i * 100_000}-\r\n\r\n`)
      stuck.push(one)
    }
    const { body } = await get('/big')
    assert.ok(body.equals(Buffer.from(pattern(20_000_000))))
    for (const one of stuck) one.destroy()
  })

  it('closes what was idle for longest when there are too many connections', async () => {
    const other = await serve(root, { tftp: false, http: { maxConnections: 3 } })
    try {
      const busy = await socket(other.httpPort)
      busy.pause()
      busy.on('error', () => undefined)
      busy.write('GET /big HTTP/1.1\r\nHost: x\r\n\r\n')
      await other.event('transfer-start')
      const idle = await socket(other.httpPort)
      idle.resume()
      const closed = once(idle, 'close')
      for (let i = 0; i < 20; i++) {
        const { status } = await curl(`http://127.0.0.1:${other.httpPort}/boot.ipxe`, '--no-keepalive')
        assert.equal(status, 200)
        const flood = await socket(other.httpPort)
        flood.on('error', () => undefined)
      }
      await closed
      assert.equal(busy.destroyed, false)
      busy.destroy()
    } finally {
      await other.close()
    }
  })

  it('answers several ranges by the whole file, and takes absurd ones', async () => {
    const several = await get('/menus/main.ipxe', '-H', 'Range: bytes=0-0,2-3')
    assert.deepEqual([several.status, several.body.toString()], [200, 'menu'])
    for (const range of [
      'bytes=',
      'bytes=-',
      'bytes=3-1',
      'bytes=a-b',
      'bytes=0-0,',
      `bytes=${'0-0,'.repeat(2000)}1-1`,
    ]) {
      const { status, body, headers } = await get('/menus/main.ipxe', '-H', `Range: ${range}`)
      assert.ok([200, 206, 416].includes(status), range)
      assert.equal(Number(headers['content-length']), body.length)
    }
  })

  it('stops within its grace although a client holds on', async () => {
    const other = await serve(root, { tftp: false, graceMs: 150 })
    const idle = await socket(other.httpPort)
    const stuck = await socket(other.httpPort)
    stuck.pause()
    stuck.on('error', () => undefined)
    stuck.write('GET /big HTTP/1.1\r\nHost: x\r\n\r\n')
    await pause(50)
    await other.close()
    await assert.rejects(socket(other.httpPort), /ECONNREFUSED/)
    idle.destroy()
    stuck.destroy()
  })
})
