import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { download } from '../../../src/fetch/transfer/download.js'
import { randomBytes } from '../mirror/bytes.js'
import { workbench, type Workbench } from './workbench.js'

const size = 3_000_001
const file = randomBytes(size, 7)
const sha256 = createHash('sha256').update(file).digest('hex')
const policy = { every: 60, least: 64 * 1024, soon: 100, most: 3 }
/** Bytes that a connection gets every 20 ms. */
const step = 32 * 1024

/** Gives each connection so many bytes a second; `ranges` are what it was asked for. */
class SlowServer {
  readonly ranges: string[] = []
  open = 0
  mostOpen = 0
  /** What to do with a range that does not begin where the file is already being sent. */
  side: 'send' | 'cut' | 'refuse' | 'whole' | 'changed' = 'send'
  /** All connections share what one gets. */
  shared = false
  url = ''
  readonly #server: Server = createServer((request, response) => {
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
    this.ranges.push(request.headers.range ?? 'all')
    const from = Number(range?.[1] ?? 0)
    const end = range?.[2] ? Number(range[2]) + 1 : size
    if (range === null || this.side === 'whole') {
      response.writeHead(200, { 'content-length': size, etag: '"one"', 'accept-ranges': 'bytes' })
      this.#send(response, 0, size)
    } else if (this.side === 'refuse') response.writeHead(503).end()
    else {
      const etag = this.side === 'changed' ? '"two"' : '"one"'
      response.writeHead(206, {
        'content-range': `bytes ${from}-${end - 1}/${size}`,
        etag,
        'content-length': end - from,
      })
      this.#send(response, from, end, this.side === 'cut' ? from + 3 * step : Infinity)
    }
  })

  #send(response: ServerResponse, from: number, end: number, cut = Infinity): void {
    this.open++
    this.mostOpen = Math.max(this.mostOpen, this.open)
    let at = from
    const timer = setInterval(() => {
      const some = file.subarray(at, Math.min(end, at + (this.shared ? Math.floor(step / this.open) : step)))
      at += some.length
      if (at >= cut) response.destroy()
      else if (at < end) response.write(some)
      else {
        clearInterval(timer)
        response.end(some)
      }
    }, 20)
    response.on('close', () => {
      clearInterval(timer)
      this.open--
    })
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/initrd.img`
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

describe('several connections for one file', () => {
  let server: SlowServer
  let bench: Workbench
  beforeEach(async () => {
    server = new SlowServer()
    await server.start()
    bench = await workbench({ sideRanges: policy })
  })
  afterEach(async () => {
    server.stop()
    await bench.close()
  })

  const fetched = async (request: object = {}): Promise<void> => {
    const { path, sha256: found } = await download({ urls: [server.url], ...request }, bench.context)
    assert.equal(found, sha256)
    assert.ok(readFileSync(path).equals(file))
  }

  it('are opened where each is slow, and every byte is right', async () => {
    await fetched()
    assert.ok(bench.count('parallel') >= 1)
    assert.ok(server.mostOpen >= 2 && server.mostOpen <= 4, `${server.mostOpen} at once`)
    assert.equal(server.ranges[0], 'all')
    const seen = bench.events.flatMap((event) => (event.type === 'progress' ? [event.received] : []))
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    )
    assert.equal(seen.at(-1), size)
  })

  it('show an inspector every byte once, in order', async () => {
    const shown = createHash('sha256')
    await fetched({
      inspect: async (stream: ReadableStream<Uint8Array>) => {
        for await (const chunk of stream) shown.update(chunk)
      },
    })
    assert.equal(shown.digest('hex'), sha256)
    assert.ok(bench.count('parallel') >= 1)
  })

  it('are not opened when what is to come will be here soon, nor past the limit for a host, nor with a rate', async () => {
    await bench.close()
    bench = await workbench({ sideRanges: { ...policy, soon: 60_000 } })
    await fetched()
    await bench.close()
    bench = await workbench({ sideRanges: policy, connectionsPerHost: 1 })
    await fetched()
    await bench.close()
    bench = await workbench({ sideRanges: policy })
    bench.context.limiter = { take: () => undefined }
    await fetched()
    assert.deepEqual(server.ranges, ['all', 'all', 'all'])
  })

  it('stop at the first that does not help', async () => {
    server.shared = true
    await bench.close()
    // long enough to measure, also where timers come late
    bench = await workbench({ sideRanges: { ...policy, every: 500 } })
    await fetched()
    assert.ok(bench.count('parallel') <= 2)
    assert.ok(bench.count('parallel') >= 1)
  })

  for (const side of ['cut', 'refuse', 'whole', 'changed'] as const) {
    it(`leave no wrong byte when the server does: ${side}`, async () => {
      server.side = side
      // what the main connection asks for later is answered well
      const { ranges } = server
      const timer = setInterval(() => {
        if (ranges.length >= 2) server.side = 'send'
      }, 5)
      await fetched().finally(() => {
        clearInterval(timer)
      })
      assert.equal(bench.count('restart'), 0)
      assert.ok(ranges.length >= 2)
    })
  }

  it('are no reason to trust a hole after a stop', async () => {
    const stop = new AbortController()
    const { context } = bench
    const stopped = download(
      { urls: [server.url] },
      {
        ...context,
        signal: stop.signal,
        events: (event) => {
          context.events?.(event)
          if (event.type === 'progress' && bench.count('parallel') > 0 && event.received > size / 2)
            stop.abort()
        },
      },
    )
    await assert.rejects(stopped, { code: 'cancelled' })
    server.ranges.length = 0
    await fetched()
    assert.ok(
      server.ranges.every((range) => range !== 'all'),
      'nothing comes twice',
    )
  })
})
