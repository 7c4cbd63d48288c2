import assert from 'node:assert/strict'
import { fetchBench, type FetchBench } from './fetch-bench.js'
import { REAL_VERSION } from '../fetch/coreos-mirror.js'

const NEW = '44.20260801.3.0'

describe('ipxetool fetch --list', () => {
  let bench: FetchBench
  beforeEach(async () => {
    bench = await fetchBench()
    assert.equal((await bench.fetchStable()).code, 0)
    await bench.mirror.publish(NEW)
    bench.mirror.requests.length = 0
  })
  afterEach(() => bench.close())

  const list = (...more: string[]) =>
    bench.run('fetch', '--list', '--catalog', 'catalog.yaml', '--mirror', bench.mirror.url, ...more)

  it('shows the newest version, what is here and its trust; a channel without an answer has a `?` and why', async () => {
    const { code, stdout } = await list('coreos')
    assert.equal(code, 0)
    assert.match(stdout, new RegExp(`^ {2}stable +${NEW} +here: ${REAL_VERSION} \\(x86_64, signed\\)$`, 'm'))
    assert.match(stdout, /^ {2}testing +\? +http.*testing\.json does not exist \(404\)$/m)
    assert.match(stdout, /can be signed/)
    assert.doesNotMatch(stdout, /debian/)
  })

  it('a server that nobody reaches is a `?` among the others', async () => {
    const { code, stdout, stderr } = await bench.run('fetch', '--list', '--catalog', 'catalog.yaml')
    assert.equal(code, 0)
    assert.match(stdout, /^ {2}bookworm +\?$/m)
    assert.match(stderr, /--list NAME/)
  })

  it('offline nobody is asked; as JSON for programs', async () => {
    const { stdout } = await list('coreos', '--offline', '--json')
    assert.deepEqual(bench.mirror.requests, [])
    const [row] = JSON.parse(stdout) as { tier: string; channels: Record<string, unknown>[] }[]
    assert.equal(row!.tier, 'signed')
    assert.deepEqual(row!.channels[0], {
      channel: 'stable',
      newest: null,
      here: [{ version: REAL_VERSION, architecture: 'x86_64', tier: 'signed', complete: true }],
    })
    const [asked] = JSON.parse((await list('coreos', '--json')).stdout) as (typeof row)[]
    assert.equal(asked!.channels[0]!['newest'], NEW)
    assert.match(String(asked!.channels[1]!['reason']), /404/)
  })

  it('an unknown name is a mistake', async () => {
    assert.equal((await list('coros')).code, 1)
  })
})
