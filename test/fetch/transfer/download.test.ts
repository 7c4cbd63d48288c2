import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { IpxetoolError } from '../../../src/diagnostics/error.js'
import { download } from '../../../src/fetch/transfer/download.js'
import { downloadAll } from '../../../src/fetch/transfer/download-all.js'
import { randomBytes, sha256 } from '../mirror/bytes.js'
import { startMirror, type Mirror } from '../mirror/mirror.js'
import { workbench, type Workbench } from './workbench.js'

describe('download', () => {
  const small = randomBytes(3000, 1)
  // more than all blocks together, and big enough for a thread
  const big = Buffer.concat(Array.from({ length: 20 }, (_, index) => randomBytes(1_000_003, index % 3)))
  const digest = (bytes: Uint8Array) => ({ algorithm: 'sha256' as const, hex: sha256(bytes) })
  let bench: Workbench
  let mirror: Mirror

  beforeEach(async () => {
    bench = await workbench()
    mirror = await startMirror({
      files: new Map([
        ['/small', small],
        ['/big', big],
        ['/empty', Buffer.alloc(0)],
      ]),
    })
  })
  afterEach(async () => {
    await mirror.close()
    await bench.close()
  })

  const seeAll = async (stream: ReadableStream<Uint8Array>): Promise<Buffer> => {
    const chunks: Uint8Array[] = []
    for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>)
      chunks.push(Uint8Array.from(chunk))
    return Buffer.concat(chunks)
  }

  it('brings a file into the store, with all digests of one pass', async () => {
    const result = await download(
      {
        urls: [`${mirror.url}/big`],
        digests: [digest(big)],
        algorithms: ['sha512', 'md5'],
        size: big.length,
      },
      bench.context,
    )
    assert.equal(result.sha512, createHash('sha512').update(big).digest('hex'))
    assert.equal(result.name, 'big')
    assert.equal(result.reused, false)
    assert.equal(result.path, bench.store.path(sha256(big)))
    assert.deepEqual(
      result.digests.map(({ algorithm }) => algorithm),
      ['sha256', 'sha512', 'md5'],
    )
    assert.match(result.etag ?? '', /^"/)
    assert.deepEqual(await readdir(bench.store.partialFolder), [])
  })

  it('does not fetch again what is there, by SHA-256 or SHA-512', async () => {
    const request = { urls: [`${mirror.url}/small`], algorithms: ['sha512' as const] }
    const { sha512 } = await download(request, bench.context)
    for (const known of [digest(small), { algorithm: 'sha512' as const, hex: sha512! }]) {
      const again = await download({ ...request, digests: [known] }, bench.context)
      assert.equal(again.reused, true)
      assert.equal(again.sha256, sha256(small))
    }
    assert.equal(mirror.requests.length, 1)
  })

  it('fetches an empty file', async () => {
    assert.equal((await download({ urls: [`${mirror.url}/empty`] }, bench.context)).size, 0)
  })

  it('asks for identity', async () => {
    await download({ urls: [`${mirror.url}/small`] }, bench.context)
    assert.equal(mirror.requests[0]?.headers['accept-encoding'], 'identity')
  })

  it('shows all bytes in order, once, also over a cut connection', async () => {
    mirror.faults = [{ cutAfter: 7_000_000, times: 2 }]
    const seen: Buffer[] = []
    await download(
      {
        urls: [`${mirror.url}/big`],
        inspect: async (stream) => {
          seen.push(await seeAll(stream))
        },
      },
      bench.context,
    )
    assert.equal(seen.length, 1)
    assert.equal(sha256(seen[0]!), sha256(big))
  })

  it('shows the bytes of a stored file too', async () => {
    await download({ urls: [`${mirror.url}/small`] }, bench.context)
    let seen: Uint8Array = Buffer.alloc(0)
    const request = {
      urls: [`${mirror.url}/small`],
      digests: [digest(small)],
      inspect: async (stream: ReadableStream<Uint8Array>) => {
        seen = await seeAll(stream)
      },
    }
    await download(request, bench.context)
    assert.deepEqual(seen, small)
  })

  it('keeps nothing that the inspector refuses, tries the next mirror, and throws what it said', async () => {
    const other = await startMirror({ files: mirror.files })
    try {
      let passes = 0
      const request = {
        urls: [`${mirror.url}/big`, `${other.url}/big`],
        inspect: async (stream: ReadableStream<Uint8Array>) => {
          passes++
          await stream.cancel()
          throw new IpxetoolError('bad-signature', 'the signature does not fit', { hint: 'do not boot it' })
        },
      }
      await assert.rejects(download(request, bench.context), {
        code: 'bad-signature',
        hint: 'do not boot it',
        message: 'no mirror has a good big: the signature does not fit; the signature does not fit',
      })
      assert.equal(passes, 2)
      assert.deepEqual(await bench.store.list(), [])
    } finally {
      await other.close()
    }
  })

  it('two of one file at once: one fetches, the other one waits and finds it', async () => {
    mirror.faults = [{ rate: 20_000 }]
    const request = { urls: [`${mirror.url}/small`], digests: [digest(small)] }
    const results = await Promise.all([download(request, bench.context), download(request, bench.context)])
    assert.deepEqual(results.map(({ reused }) => reused).sort(), [false, true])
    assert.equal(mirror.requests.length, 1)
    assert.equal(bench.count('waiting'), 1)
  })

  it('two of one file at once, when not told to wait: a clear error', async () => {
    mirror.faults = [{ rate: 2000 }]
    const request = { urls: [`${mirror.url}/small`], digests: [digest(small)] }
    const first = download(request, bench.context)
    // which of two gets the lock is anybody's guess until one of them has it
    while (mirror.requests.length === 0) await sleep(5)
    await assert.rejects(download(request, { ...bench.context, wait: false }), {
      code: 'locked',
      message: /is working on/,
    })
    await first
  })

  it('takes no file name from a server', async () => {
    mirror.files.set('/..\\..\\x', small)
    mirror.faults = [{ headers: { 'content-disposition': 'attachment; filename="../../evil"' } }]
    const { path } = await download({ urls: [`${mirror.url}/..%5C..%5Cx`] }, bench.context)
    assert.equal(path, bench.store.path(sha256(small)))
    assert.deepEqual((await readdir(bench.folder)).sort(), ['store'])
  })

  it('of several files goes on with the others when one fails', async () => {
    const urls = ['/big', '/none', '/small'].map((path) => `${mirror.url}${path}`)
    const requests = urls.map((url) => ({ urls: [url] }))
    await assert.rejects(downloadAll(requests, { ...bench.context, parallel: 2 }), { code: 'not-found' })
    assert.equal((await bench.store.list()).length, 2)
    const results = await downloadAll([requests[0]!, requests[2]!], bench.context)
    assert.deepEqual(
      results.map(({ size }) => size),
      [big.length, small.length],
    )
  })

  it('says what has no URL', async () => {
    await assert.rejects(download({ name: 'x', urls: [] }, bench.context), { code: 'no-url' })
    await assert.rejects(download({ urls: ['ftp://a/b'] }, bench.context), { code: 'bad-url' })
  })
})
