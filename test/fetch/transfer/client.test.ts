import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { createClient, type ClientOptions } from '../../../src/fetch/transfer/client.js'
import { startMirror, type Fault, type Mirror } from '../mirror/mirror.js'
import { notRun } from '../../support/not-run.js'

const once: ClientOptions = { retry: { tries: 1 } }

describe('the client', () => {
  const files = new Map([['/a', Buffer.from('hello')]])
  let mirror: Mirror
  beforeEach(async () => {
    mirror = await startMirror({ files })
  })
  afterEach(() => mirror.close())

  async function text(url: string, options: ClientOptions = once): Promise<string> {
    const client = createClient({ sleep: () => Promise.resolve(), ...options })
    try {
      return Buffer.from((await client.document(url, { limit: 1000 })).bytes).toString()
    } finally {
      await client.close()
    }
  }

  it('fetches a document, over redirects', async () => {
    mirror.faults = [{ on: '/b', redirect: '/a' }]
    assert.equal(await text(`${mirror.url}/b`), 'hello')
  })

  it('tries again what may pass', async () => {
    mirror.faults = [{ status: 503, times: 2 }]
    assert.equal(await text(`${mirror.url}/a`, { retry: { tries: 3 } }), 'hello')
    assert.equal(mirror.requests.length, 3)
  })

  it('unpacks a document that was compressed against its will', async () => {
    mirror.faults = [{ gzip: true }]
    assert.equal(await text(`${mirror.url}/a`), 'hello')
  })

  const refused: [what: string, fault: Fault, code: string, message: RegExp][] = [
    ['404', { status: 404 }, 'not-found', /^http:\/\/\S+\/a does not exist \(404\)$/],
    ['410', { status: 410 }, 'not-found', /\(410\)/],
    ['403', { status: 403 }, 'forbidden', /does not give out/],
    ['too long', { body: 'x'.repeat(1001) }, 'too-long', /longer than 1000 bytes/],
    [
      'too long, without a length',
      { body: 'x'.repeat(1001), chunked: true },
      'too-long',
      /longer than 1000 bytes/,
    ],
    ['a circle', { redirect: '/a' }, 'bad-redirect', /in a loop/],
    ['no target', { status: 301 }, 'bad-redirect', /redirects to no URL/],
    ['a hang-up', { hangUp: true }, 'network', /closed the connection early/],
  ]
  for (const [what, fault, code, message] of refused) {
    it(`says in one sentence what was wrong: ${what}`, async () => {
      mirror.faults = [fault]
      await assert.rejects(text(`${mirror.url}/a`), { name: 'IpxetoolError', code, message })
    })
  }

  it('says that nobody listens, that a name is not known, and what is no URL', async () => {
    const { port } = mirror
    await mirror.close()
    await assert.rejects(text(`http://127.0.0.1:${port}/a`), {
      code: 'network',
      message: /refused the connection/,
    })
    mirror = await startMirror({ files })
    await assert.rejects(text('http://no-such-host.invalid/a'), (error: Error & { code: string }) => {
      // without any DNS server: "no DNS server answered"
      assert.equal(error.code, 'dns')
      assert.match(error.message, /no-such-host\.invalid/)
      return true
    })
    await assert.rejects(text('file:///etc/passwd'), { code: 'bad-url' })
  })

  it('speaks IPv6', async function () {
    const six = await startMirror({ files, host: '::1' }).catch(() => undefined)
    if (six === undefined) notRun(this, 'there is no ::1 here', { allowedInCi: true })
    try {
      assert.equal(await text(`${six.url}/a`), 'hello')
    } finally {
      await six.close()
    }
  })

  it('opens no more connections to a host than it may', async () => {
    let open = 0
    let most = 0
    const server = createServer((_request, response) => {
      most = Math.max(most, ++open)
      setImmediate(() => {
        open--
        response.end('x')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const client = createClient({ connectionsPerHost: 2 })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    await Promise.all(Array.from({ length: 10 }, () => client.document(url)))
    await client.close()
    await stop(server)
    assert.ok(most <= 2, `${most} at once`)
  })

  describe('over TLS', () => {
    let folder: string
    let tls: { key: string; cert: string }
    let secure: Mirror

    before(async function () {
      folder = await mkdtemp(join(tmpdir(), 'ipxetool-tls-'))
      const key = join(folder, 'key.pem')
      const cert = join(folder, 'cert.pem')
      const subject = ['-subj', '/CN=mirror', '-addext', 'subjectAltName=IP:127.0.0.1']
      const args = [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
      ]
      const { failed } = await execa('openssl', [...args, ...subject, '-keyout', key, '-out', cert], {
        reject: false,
      })
      if (failed) notRun(this, 'there is no openssl')
      tls = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') }
    })
    after(() => rm(folder, { recursive: true, force: true }))
    beforeEach(async () => {
      secure = await startMirror({ files, tls })
    })
    afterEach(() => secure.close())

    it('fetches with a known certificate', async () => {
      assert.equal(await text(`${secure.url}/a`, { ...once, ca: tls.cert }), 'hello')
    })
    it('refuses an unknown one', async () => {
      await assert.rejects(text(`${secure.url}/a`), {
        code: 'tls',
        message: /could not prove who it is \(its certificate is signed by itself\)/,
      })
    })
    it('refuses one for another name', async () => {
      await assert.rejects(text(`https://localhost:${secure.port}/a`, { ...once, ca: tls.cert }), {
        code: 'tls',
        message: /its certificate is for another name/,
      })
    })
    it('refuses a server that does not speak it', async () => {
      await assert.rejects(text(`https://127.0.0.1:${mirror.port}/a`), {
        code: 'tls',
        message: /could not prove/,
      })
    })
    it('refuses to be sent from https to plain http', async () => {
      secure.faults = [{ redirect: `${mirror.url}/a` }]
      await assert.rejects(text(`${secure.url}/a`, { ...once, ca: tls.cert }), {
        code: 'bad-redirect',
        message: /from https to plain http/,
      })
      assert.equal(mirror.requests.length, 0)
    })

    it('goes through a proxy by a tunnel, and says when it refuses', async () => {
      const proxy = await startProxy()
      const environment = { https_proxy: proxy.url }
      assert.equal(await text(`${secure.url}/a`, { ...once, ca: tls.cert, environment }), 'hello')
      assert.deepEqual(proxy.seen, [`CONNECT 127.0.0.1:${secure.port}`])
      proxy.refuse = 403
      await assert.rejects(text(`${secure.url}/a`, { ...once, ca: tls.cert, environment }), {
        code: 'proxy-refused',
        message: `the proxy refused to connect to 127.0.0.1:${secure.port} (403)`,
      })
      await proxy.close()
    })

    it('does not send https through HTTP_PROXY', async () => {
      const proxy = await startProxy()
      const environment = { HTTP_PROXY: proxy.url }
      assert.equal(await text(`${secure.url}/a`, { ...once, ca: tls.cert, environment }), 'hello')
      assert.deepEqual(proxy.seen, [])
      await proxy.close()
    })
  })

  it('asks a proxy for plain URLs, but not for what NO_PROXY names', async () => {
    const proxy = await startProxy()
    const environment = { HTTP_PROXY: proxy.url }
    assert.equal(await text(`${mirror.url}/a`, { ...once, environment }), 'hello')
    assert.deepEqual(proxy.seen, [`GET ${mirror.url}/a`])
    assert.equal(
      await text(`${mirror.url}/a`, { ...once, environment: { ...environment, NO_PROXY: '127.0.0.1' } }),
      'hello',
    )
    assert.equal(proxy.seen.length, 1)
    proxy.refuse = 407
    await assert.rejects(text(`${mirror.url}/a`, { ...once, environment }), {
      code: 'proxy-refused',
      message: /407/,
    })
    await proxy.close()
  })

  it('says what is no proxy, without its password', () => {
    assert.throws(() => createClient({ environment: { HTTP_PROXY: 'gopher://me:secret@x' } }), {
      code: 'bad-proxy',
      message: 'the proxy `gopher://x` is not a URL',
    })
  })

  it('gives up a server that takes the connection and says nothing', async () => {
    const mute = createTcpServer((socket) => socket.on('error', () => undefined).resume())
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(mute.address() as AddressInfo).port}/`
    await assert.rejects(text(url, { ...once, stallTimeout: 300 }), { code: 'stalled' })
    await new Promise((resolve) => mute.close(resolve))
  })
})

interface Proxy {
  url: string
  seen: string[]
  refuse: number | undefined
  close(): Promise<void>
}

async function startProxy(): Promise<Proxy> {
  const server = createServer((request, response) => {
    proxy.seen.push(`${request.method ?? ''} ${request.url ?? ''}`)
    if (proxy.refuse !== undefined) {
      response.writeHead(proxy.refuse).end()
      return
    }
    void fetch(request.url ?? '').then(async (answer) =>
      response.end(Buffer.from(await answer.arrayBuffer())),
    )
  })
  server.on('connect', (request, socket) => {
    proxy.seen.push(`CONNECT ${request.url ?? ''}`)
    socket.on('error', () => undefined)
    if (proxy.refuse !== undefined) {
      socket.end(`HTTP/1.1 ${proxy.refuse} No\r\n\r\n`)
      return
    }
    const [host, port] = (request.url ?? '').split(':')
    const target = connect(Number(port), host)
    target.on('connect', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n')
      target.pipe(socket).pipe(target)
    })
    target.on('error', () => socket.destroy())
    socket.on('close', () => target.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: Proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    refuse: undefined,
    close: () => stop(server),
  }
  return proxy
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => {
    server.close(() => {
      resolve()
    })
  })
}
