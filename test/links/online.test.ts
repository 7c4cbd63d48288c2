import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { httpFetcher, systemClock } from '../../src/cli/online.js'
import {
  type Answer,
  checkOnline,
  type Fetcher,
  NoAnswer,
  type OnlineOptions,
} from '../../src/links/online.js'
import { check, problems } from './support.js'

/** Links to these URLs, one `imgfetch` each. */
const linksTo = (...urls: string[]) =>
  check({ 'boot.ipxe': urls.map((url) => `imgfetch ${url}`).join('\n') }).links

/** A clock that only goes on when somebody sleeps. */
function testClock(): OnlineOptions['clock'] & { slept: number[] } {
  let now = 0
  const slept: number[] = []
  return {
    slept,
    now: () => now,
    sleep: (milliseconds) => {
      now += milliseconds
      slept.push(milliseconds)
      return Promise.resolve()
    },
  }
}

describe('the check of outside links', () => {
  /** Answers from a list, the last one again and again. */
  function fetcherOf(...answers: (Answer | Error)[]): Fetcher & { asked: string[] } {
    const asked: string[] = []
    return {
      asked,
      request: (method, url) => {
        asked.push(`${method} ${url}`)
        const answer = answers.length > 1 ? answers.shift()! : answers[0]!
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
      },
    }
  }

  it('asks for each URL once, without fragment, and not for other schemes', async () => {
    const fetcher = fetcherOf({ status: 200, size: 7 })
    const links = linksTo(
      'http://h/a',
      'http://h/a#x',
      'tftp://h/b',
      'nfs://h/c',
      'https://i/d',
      'http://${h}/e',
    )
    const { results, diagnostics } = await checkOnline(links, fetcher, { clock: testClock() })
    assert.deepEqual(fetcher.asked.sort(), ['HEAD http://h/a', 'HEAD https://i/d'])
    assert.deepEqual(results.get('http://h/a'), {
      url: 'http://h/a',
      outcome: 'ok',
      status: 200,
      size: 7,
      attempts: 1,
    })
    assert.deepEqual(diagnostics, [])
  })

  it('says once that there is no network, and once that a host does not answer', async () => {
    const down = new NoAnswer('network', 'the name of the host cannot be looked up now')
    const links = linksTo('http://h/a', 'http://h/b', 'http://i/c')
    const offline = fetcherOf(down)
    const report = await checkOnline(links, offline, {
      clock: testClock(),
      retries: 1,
      perHost: 1,
      file: 'p.yaml',
    })
    assert.deepEqual(problems(report), [
      'p.yaml warning no-network: Nothing could be checked online: none of 2 hosts answers ' +
        '(the name of the host cannot be looked up now)',
    ])
    // the second URL of a dead host is not asked for
    assert.deepEqual(offline.asked.sort(), [
      'HEAD http://h/a',
      'HEAD http://h/a',
      'HEAD http://i/c',
      'HEAD http://i/c',
    ])

    const half: Fetcher = {
      request: (_, url) =>
        url.startsWith('http://i/')
          ? Promise.resolve({ status: 200 })
          : Promise.reject(new NoAnswer('dns', 'there is no such host')),
    }
    assert.deepEqual(problems(await checkOnline(links, half, { clock: testClock() })), [
      'boot.ipxe:2:10 warning dead-link: There is no useful answer for `http://h/a`: there is no such host',
    ])
  })

  it('does not ask where the script says so', async () => {
    const fetcher = fetcherOf({ status: 404 })
    const { links } = check({
      'boot.ipxe': 'imgfetch http://h/a # ipxetool disable=dead-link\nimgfetch http://h/b\n',
    })
    await checkOnline(links, fetcher, { clock: testClock() })
    assert.deepEqual(fetcher.asked, ['HEAD http://h/b'])
  })

  it('asks an installation tree for the file that Anaconda reads first', async () => {
    const fetcher = fetcherOf({ status: 200 })
    const { links } = check({
      'boot.ipxe': 'kernel http://h/k inst.repo=http://h/os/ inst.ks=http://h/a.ks alpine_repo=http://h/main',
    })
    await checkOnline(links, fetcher, { clock: testClock() })
    assert.deepEqual(fetcher.asked.sort(), [
      'HEAD http://h/a.ks',
      'HEAD http://h/k',
      'HEAD http://h/os/.treeinfo',
    ])
  })

  it('tries again after no answer, 429 and 5xx, and waits as long as it is told to', async () => {
    const clock = testClock()
    const fetcher = fetcherOf(new Error('gone'), { status: 429, retryAfter: 3 }, { status: 200 })
    const { results } = await checkOnline(linksTo('http://h/a'), fetcher, { clock })
    assert.equal(results.get('http://h/a')!.attempts, 3)
    assert.deepEqual(clock.slept, [500, 3000])
    const never = fetcherOf({ status: 503 })
    const report = await checkOnline(linksTo('http://h/a'), never, { clock, retries: 1 })
    assert.equal(never.asked.length, 2)
    assert.deepEqual(problems(report), [
      'boot.ipxe:2:10 warning dead-link: There is no useful answer for `http://h/a`: HTTP 503 (2 tries)',
    ])
  })

  it('keeps a distance between requests to one host', async () => {
    const clock = testClock()
    const links = linksTo('http://h/a', 'http://h/b', 'http://h/c', 'http://i/a')
    await checkOnline(links, fetcherOf({ status: 200 }), { clock, interval: 100, perHost: 1 })
    assert.deepEqual(clock.slept, [100, 100])
  })

  it('never has more requests open than it may', async () => {
    let open = 0
    let most = 0
    const byHost = new Map<string, number>()
    let mostOfHost = 0
    const fetcher: Fetcher = {
      async request(_method, url) {
        const { host } = new URL(url)
        most = Math.max(most, ++open)
        byHost.set(host, (byHost.get(host) ?? 0) + 1)
        mostOfHost = Math.max(mostOfHost, byHost.get(host)!)
        await new Promise((resolve) => setImmediate(resolve))
        byHost.set(host, byHost.get(host)! - 1)
        open--
        return { status: 200 }
      },
    }
    const urls = Array.from({ length: 40 }, (_, i) => `http://h${i % 4}/${i}`)
    const options = { clock: testClock(), concurrency: 5, perHost: 2 }
    const { results } = await checkOnline(linksTo(...urls), fetcher, options)
    assert.equal(results.size, 40)
    assert.equal(most, 5)
    assert.equal(mostOfHost, 2)
  })

  it('remembers', async () => {
    const cache = new Map()
    const first = fetcherOf({ status: 404 })
    const options = { clock: testClock(), cache }
    await checkOnline(linksTo('http://h/a'), first, options)
    const second = fetcherOf({ status: 200 })
    const report = await checkOnline(linksTo('http://h/a', 'http://h/b'), second, options)
    assert.deepEqual(second.asked, ['HEAD http://h/b'])
    assert.equal(report.diagnostics.length, 1)
  })

  it('says when http leads to https, and when another try follows', async () => {
    const moved = fetcherOf({ status: 200, finalUrl: 'https://h/a' })
    const report = await checkOnline(linksTo('http://h/a'), moved, { clock: testClock() })
    assert.match(problems(report)[0]!, /warning dead-link: The server sends `http:\/\/h\/a` on to https/)
    const { links } = check({ 'boot.ipxe': 'kernel http://h/a || kernel http://h/b || goto x' })
    const gone = await checkOnline(links, fetcherOf({ status: 404 }), { clock: testClock() })
    assert.deepEqual(
      gone.diagnostics.map(({ severity }) => severity),
      ['warning', 'error'],
    )
  })
})

describe('requests over the network', () => {
  let server: Server
  let base: string
  const seen: string[] = []

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    seen.push(`${request.method!} ${request.url!} ${request.headers.range ?? ''}`.trim())
    switch (request.url) {
      case '/there':
        response.writeHead(200, { 'content-length': 12345 }).end()
        break
      case '/no-head':
        if (request.method === 'HEAD') response.writeHead(405).end()
        else response.writeHead(206, { 'content-range': 'bytes 0-0/777' }).end('x')
        break
      case '/moved':
        response.writeHead(301, { location: '/there' }).end()
        break
      case '/slow':
        break
      case '/hangs-up-on-head':
        if (request.method === 'HEAD') request.socket.destroy()
        else response.writeHead(200, { 'content-length': 99 }).end('x'.repeat(99))
        break
      case '/ignores-range':
        if (request.method === 'HEAD') response.writeHead(501).end()
        else {
          response.writeHead(200, { 'content-length': 2 ** 30 })
          response.write('x'.repeat(65536))
        }
        break
      case '/circle':
        response.writeHead(302, { location: '/circle' }).end()
        break
      case '/to-ftp':
        response.writeHead(302, { location: 'ftp://127.0.0.1/a' }).end()
        break
      case '/page':
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end()
        break
      case '/busy':
        if (seen.filter((line) => line.includes('/busy')).length < 3) response.writeHead(503).end()
        else response.writeHead(200).end()
        break
      default:
        response.writeHead(404).end('no')
    }
  }

  before(async () => {
    server = createServer(answer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  const run = async (path: string, timeout = 5000) => {
    const url = path.startsWith('http') ? path : base + path
    const options = { clock: systemClock, retries: 0, timeout, interval: 0 }
    const { results } = await checkOnline(linksTo(url), httpFetcher('ipxetool/test'), options)
    return results.get(url)!
  }

  it('200 with its size', async () => {
    const { outcome, size } = await run('/there')
    assert.deepEqual({ outcome, size }, { outcome: 'ok', size: 12345 })
  })
  it('404', async () => {
    assert.equal((await run('/nothing')).outcome, 'absent')
  })
  it('405: a GET of one byte instead, which knows the size too', async () => {
    const { outcome, status, size } = await run('/no-head')
    assert.deepEqual({ outcome, status, size }, { outcome: 'ok', status: 206, size: 777 })
    assert.ok(seen.includes('GET /no-head bytes=0-0'))
  })
  it('301', async () => {
    const { outcome, finalUrl } = await run('/moved')
    assert.deepEqual({ outcome, finalUrl }, { outcome: 'ok', finalUrl: `${base}/there` })
  })
  it('hangs up on HEAD: the next try is a GET', async () => {
    const url = `${base}/hangs-up-on-head`
    const { results } = await checkOnline(linksTo(url), httpFetcher('ipxetool/test'), {
      clock: testClock(),
      retries: 1,
    })
    const { outcome, size, attempts } = results.get(url)!
    assert.deepEqual({ outcome, size, attempts }, { outcome: 'ok', size: 99, attempts: 2 })
  })
  it('sends all of a file that only its first byte was wanted of', async () => {
    const { outcome, size } = await run('/ignores-range')
    assert.deepEqual({ outcome, size }, { outcome: 'ok', size: 2 ** 30 })
  })
  it('redirects in a circle, or to what is not HTTP', async () => {
    assert.equal((await run('/circle')).message, 'its redirects lead in a circle')
    assert.equal(
      (await run('/to-ftp')).message,
      'it redirects to `ftp://127.0.0.1/a`, which is neither http nor https',
    )
  })
  it('is busy twice, then answers', async () => {
    const url = `${base}/busy`
    const { results } = await checkOnline(linksTo(url), httpFetcher('ipxetool/test'), {
      clock: testClock(),
    })
    assert.deepEqual(results.get(url), { url, outcome: 'ok', status: 200, attempts: 3 })
  })
  it('a page where a kernel should be', async () => {
    const { links } = check({ 'boot.ipxe': `kernel ${base}/page\nimgfetch ${base}/page` })
    const options = { clock: systemClock, interval: 0 }
    assert.deepEqual(problems(await checkOnline(links, httpFetcher('ipxetool/test'), options)), [
      `boot.ipxe:2:8 warning dead-link: The server answers with an HTML page for \`${base}/page\``,
    ])
  })
  it('no answer in time', async () => {
    const { outcome, message } = await run('/slow', 100)
    assert.deepEqual({ outcome, message }, { outcome: 'failed', message: 'no answer in 0.1 s' })
  })
  it('nobody listens', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    await new Promise((resolve) => other.close(resolve))
    const { outcome, message } = await run(`http://127.0.0.1:${port}/a`)
    assert.deepEqual({ outcome, message }, { outcome: 'failed', message: 'the server refuses connections' })
  })
})
