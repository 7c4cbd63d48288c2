import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { isIpxetoolError } from '../../../src/diagnostics/error.js'
import { download } from '../../../src/fetch/transfer/download.js'
import { randomBytes, sha256 } from '../mirror/bytes.js'
import { startMirror, type Mirror } from '../mirror/mirror.js'
import { faultRows, type FaultRow } from './fault-table.js'
import { workbench } from './workbench.js'

const size = 300_000
const versions = [randomBytes(size, 1), randomBytes(size, 2)]

describe('a mirror that', () => {
  for (const row of faultRows) {
    it(`${row.fault}: ${row.expected}`, () => check(row, true))
    it(`${row.fault}, by undici: ${row.expected}`, () => check(row, false))
  }
})

/** @param direct past undici, as large files come over plain HTTP */
async function check(row: FaultRow, direct: boolean): Promise<void> {
  const bench = await workbench({ stallTimeout: 400, leastRate: 1000, direct })
  const mirrors: Mirror[] = []
  try {
    let served = 0
    const file = (): Buffer => versions[row.changesAt !== undefined && served++ >= row.changesAt ? 1 : 0]!
    for (const faults of row.mirrors ?? [[]]) {
      mirrors.push(
        await startMirror({ files: new Map([['/file', file]]), faults: faults.map((one) => ({ ...one })) }),
      )
    }
    for (const fault of mirrors.flatMap((mirror) => mirror.faults)) {
      if (fault.redirect !== undefined) {
        fault.redirect = fault.redirect.replace(/\{(\d)\}/, (_, index) => mirrors[Number(index)]!.url)
      }
    }
    const redirects = row.mirrors?.[0]?.[0]?.redirect !== undefined
    const request = {
      name: 'vmlinuz',
      urls: (redirects ? mirrors.slice(0, 1) : mirrors).map(({ url }) => `${url}/file`),
      digests: row.unpinned ? [] : [{ algorithm: 'sha256' as const, hex: sha256(versions[0]!) }],
      ...(row.sized && { size }),
    }
    if (row.stopAfter !== undefined) {
      const stopped = new AbortController()
      mirrors[0]!.faults = [{ rate: 400_000 }]
      await assert.rejects(
        download(request, {
          ...bench.context,
          signal: stopped.signal,
          events: (event) => {
            if (event.type === 'progress' && event.received > 0) stopped.abort()
          },
        }),
        { code: 'cancelled' },
      )
      mirrors[0]!.faults = []
    }
    bench.events.length = 0
    const { result } = row
    const outcome = await download(request, bench.context).catch((error: unknown) => error)
    if (result.code !== undefined) {
      assert.ok(isIpxetoolError(outcome), String(outcome))
      assert.equal(outcome.code, result.code, outcome.message)
      assert.match(outcome.message, result.message ?? /./)
      assert.doesNotMatch(outcome.message, /\n/)
      assert.deepEqual(await bench.store.list(), [])
    } else {
      if (outcome instanceof Error) throw outcome
      const right = versions[(result.version ?? 1) - 1]!
      const [stored, ...more] = await bench.store.list()
      assert.equal(stored?.sha256, sha256(right))
      assert.deepEqual(await readFile(stored.path), right)
      assert.deepEqual(more, [])
      assert.deepEqual(await readdir(bench.store.partialFolder), [])
    }
    const seen = bench.events.map((event) => JSON.stringify(event)).join('\n')
    if (result.requests) {
      assert.deepEqual(
        mirrors.map(({ requests }) => requests.length),
        result.requests,
        seen,
      )
    }
    if (result.restarts !== undefined) assert.equal(bench.count('restart'), result.restarts, seen)
    if (result.resumes !== undefined) assert.equal(bench.count('resumed'), result.resumes, seen)
    if (result.sentOnce) {
      const files = mirrors
        .flatMap(({ requests }) => requests)
        .filter(({ status }) => status === 200 || status === 206)
      const sent = files.reduce((sum, one) => sum + one.sent, 0)
      assert.equal(sent, size, seen)
    }
    if (result.waits) assert.deepEqual(bench.slept, result.waits, seen)
  } finally {
    for (const mirror of mirrors) await mirror.close()
    await bench.close()
  }
}
