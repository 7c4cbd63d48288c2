import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { httpFetcher, systemClock } from '../../src/cli/online.js'
import { type Answer, checkOnline, type Fetcher, type OnlineOptions } from '../../src/links/online.js'
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
