import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { runBuild } from '../../src/cli/build.js'
import { runCheck } from '../../src/cli/check.js'
import { httpFetcher } from '../../src/cli/online.js'
import { OnlineCache, onlineCachePath } from '../../src/cli/online-cache.js'

describe('--online', () => {
  let folder: string
  let server: Server
  let base: string
  const asked: string[] = []
  before(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method!} ${request.url!}`)
      response.writeHead(request.url === '/gone' ? 404 : 200).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-online-'))
    asked.length = 0
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const limits = { interval: 0, retries: 0, timeout: 20_000 }
  const ran = async (
    run: (io: Parameters<typeof runCheck>[2]) => Promise<number>,
  ): Promise<{ code: number; out: string; err: string }> => {
    const result = { code: 0, out: '', err: '' }
    result.code = await run({
      cwd: folder,
      env: { XDG_CACHE_HOME: join(folder, 'cache') },
      stdin: Readable.from([]),
      stdout: { write: (text) => (result.out += String(text)) },
      stderr: { write: (text) => (result.err += String(text)) },
      signal: new AbortController().signal,
    })
    return result
  }
  const check = (paths: string[] = [], options: Parameters<typeof runCheck>[1] = {}) =>
    ran((io) => runCheck(paths, { online: true, onlineLimits: limits, ...options }, io))

  it('asks the proxy of HTTP_PROXY for http, and not for https, as curl does', async () => {
    const proxied: string[] = []
    const proxy = createServer((request, response) => {
      proxied.push(request.url!)
      response.end()
    })
    proxy.on('connect', (request, socket) => {
      proxied.push(request.url!)
      socket.end('HTTP/1.1 502 No\r\n\r\n')
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const { port } = proxy.address() as AddressInfo
    const fetcher = httpFetcher('test', { env: { HTTP_PROXY: `http://127.0.0.1:${port}` } })
    try {
      const answer = await fetcher.request('HEAD', 'http://boot.example/vmlinuz', { timeout: 20_000 })
      assert.equal(answer.status, 200)
      await assert.rejects(fetcher.request('HEAD', 'https://127.0.0.1:1/vmlinuz', { timeout: 20_000 }), {
        kind: 'refused',
      })
      assert.deepEqual(proxied, ['http://boot.example/vmlinuz'])
    } finally {
      await fetcher.close()
      proxy.closeAllConnections()
      proxy.close()
    }
  })

  it('reports what is not there at the line that says it, and remembers what is', async () => {
    put('ipxetool.yaml', 'title: Lab\n')
    put('boot.ipxe', `#!ipxe\nchain ${base}/gone || chain ${base}/there || shell\nchain ${base}/gone\n`)
    const first = await check()
    assert.equal(first.code, 1)
    assert.match(first.out, /boot\.ipxe:2:7 warning dead-link/)
    assert.match(first.out, /boot\.ipxe:3:7 error dead-link\n {2}The server has no `.*\/gone` \(HTTP 404\)/)
    assert.match(first.err, /^online: 2 URLs of other servers\n/)
    assert.deepEqual(asked.sort(), ['HEAD /gone', 'HEAD /there'])

    asked.length = 0
    const second = await check()
    assert.match(second.err, /^online: 2 URLs of other servers, 1 of them known for less than a day\n/)
    assert.deepEqual(asked, ['HEAD /gone'])
    asked.length = 0
    await check([], { fresh: true })
    assert.deepEqual(asked.sort(), ['HEAD /gone', 'HEAD /there'])
  })

  it('asks for loose scripts, and keeps a build from writing what cannot boot', async () => {
    put('loose.ipxe', `#!ipxe\nkernel ${base}/gone\nboot\n`)
    assert.match((await check(['loose.ipxe'])).out, /loose\.ipxe:2:8 error dead-link/)
    put('lab/ipxetool.yaml', 'title: Lab\n')
    put('lab/boot.ipxe', `#!ipxe\nkernel ${base}/gone\nboot\n`)
    const options = { project: 'lab', online: true, onlineLimits: limits }
    const built = await ran((io) => runBuild(undefined, options, io))
    assert.equal(built.code, 1)
    assert.match(built.err, /error dead-link[^]*nothing was written\n$/)
  })

  it('asks nobody without the option', async () => {
    put('a.ipxe', `#!ipxe\nkernel ${base}/gone\nboot\n`)
    assert.equal((await check(['a.ipxe'], { online: false })).code, 0)
    assert.deepEqual(asked, [])
    await assert.rejects(check(['a.ipxe'], { online: false, fresh: true }), /`--fresh` means something with/)
  })

  describe('its cache', () => {
    it('is in the cache folder of the user', () => {
      assert.equal(onlineCachePath({ XDG_CACHE_HOME: '/c', HOME: '/h' }), '/c/ipxetool/links.json')
      assert.equal(onlineCachePath({ XDG_CACHE_HOME: 'c', HOME: '/h' }), '/h/.cache/ipxetool/links.json')
    })

    it('forgets after a day, and takes no nonsense', async () => {
      const path = join(folder, 'c', 'links.json')
      const ok = { url: 'http://h/a', outcome: 'ok' as const, status: 200, attempts: 1 }
      const cache = await OnlineCache.read(path, 1000, false)
      assert.equal(await cache.save(new Map([['http://h/a', ok]])), undefined)
      assert.deepEqual([...(await OnlineCache.read(path, 2000, false)).results], [['http://h/a', ok]])
      assert.equal((await OnlineCache.read(path, 2000, true)).results.size, 0)
      assert.equal((await OnlineCache.read(path, 1000 + 24 * 3600 * 1000, false)).results.size, 0)
      for (const text of ['', '[]', '{"version":1,"found":{"http://h/a":{"at":"x"}}}', '{"version":2}']) {
        writeFileSync(path, text)
        assert.equal((await OnlineCache.read(path, 2000, false)).results.size, 0)
      }
      assert.ok(readFileSync(path, 'utf8').length > 0)
    })
  })
})
