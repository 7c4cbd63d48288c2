import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { loadCatalog, readCatalogFile } from '../../../src/fetch/catalog/load.js'
import { resolveRelease } from '../../../src/fetch/catalog/resolve.js'
import { expectedTier } from '../../../src/fetch/verify/policy.js'
import { clearsign, keyRingOf, makeKey, serve, signDetached, type TestKey } from '../verify/keys.js'
import { sha256 } from './hex.js'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const page = readFileSync(new URL('../../../docs/fetch-catalog.md', import.meta.url), 'utf8')
const example = /example distribution[^]*?```yaml\n([^]*?)```/.exec(page)![1]!

describe('catalog', () => {
  let key: TestKey
  before(async () => {
    key = await makeKey('Lab')
  })
  const now = (): Date => new Date(Date.now() + 5000)
  const base = 'https://mirror.lab.example/labos'
  const sums = `${sha256('k')}  vmlinuz-amd64\n${sha256('i')}  initrd-amd64.img\n`
  const index = JSON.stringify({ builds: [{ version: '7.1' }] })

  function labos() {
    const { catalog, diagnostics } = loadCatalog({ files: [{ path: 'labos.yaml', bytes: encode(example) }] })
    assert.deepEqual(diagnostics, [])
    return { ...catalog.findDistribution('labos'), keys: [key.pin] }
  }

  it('takes the distribution that the documentation describes, and its mirror', async () => {
    const signature = await signDetached(key, sums)
    for (const at of [base, 'http://127.0.0.1:8080/copy']) {
      const document = serve({
        [`${at}/stable.json`]: index,
        [`${at}/7.1/SHA256SUMS`]: sums,
        [`${at}/7.1/SHA256SUMS.asc`]: signature,
      })
      const release = await resolveRelease(
        labos(),
        { architecture: 'x86_64', ...(at !== base && { mirror: `${at}/` }) },
        { document, keys: keyRingOf(key), now: now() },
      )
      assert.deepEqual(
        release.files.map((file) => [file.urls, expectedTier(file), file.digestSignedBy]),
        ['vmlinuz-amd64', 'initrd-amd64.img'].map((name) => [
          [`${at}/7.1/${name}`],
          'signed',
          key.pin.fingerprint,
        ]),
      )
    }
  })

  const good = async (): Promise<Record<string, string | Uint8Array | undefined>> => ({
    [`${base}/stable.json`]: index,
    [`${base}/7.1/SHA256SUMS`]: sums,
    [`${base}/7.1/SHA256SUMS.asc`]: await signDetached(key, sums),
  })
  const hostile: [what: string, change: Record<string, string | undefined>, code: string][] = [
    ['an index that is a web page', { 'stable.json': '<html>' }, 'bad-metadata'],
    ['an index without the version', { 'stable.json': '{}' }, 'catalog-value'],
    ['a version that leads out', { 'stable.json': '{"builds":[{"version":"../../x"}]}' }, 'bad-metadata'],
    ['a list that was changed', { '7.1/SHA256SUMS': `${sums}#` }, 'bad-signature'],
    ['a list without its signature', { '7.1/SHA256SUMS.asc': undefined }, 'missing-signature'],
    ['a signature that is a web page', { '7.1/SHA256SUMS.asc': '<html>' }, 'malformed-signature'],
  ]
  for (const [what, change, code] of hostile) {
    it(`refuses ${what}`, async () => {
      const served = await good()
      for (const [path, content] of Object.entries(change)) served[`${base}/${path}`] = content
      const context = { document: serve(served), keys: keyRingOf(key), now: now() }
      await assert.rejects(resolveRelease(labos(), { architecture: 'x86_64' }, context), { code })
    })
  }

  it('--allow-unsigned takes a missing signature, never a bad one', async () => {
    const served = await good()
    const query = { architecture: 'x86_64', allowUnsigned: true } as const
    const resolve = () =>
      resolveRelease(labos(), query, { document: serve(served), keys: keyRingOf(key), now: now() })
    served[`${base}/7.1/SHA256SUMS.asc`] = undefined
    assert.deepEqual([...new Set((await resolve()).files.map(expectedTier))], ['digest'])
    served[`${base}/7.1/SHA256SUMS.asc`] = await signDetached(key, 'other')
    await assert.rejects(resolve(), { code: 'bad-signature' })
  })

  it('refuses a signed list that is past its date, and a list that the signed one does not know', async () => {
    const debian = { ...loadCatalog().catalog.findDistribution('debian'), keys: [key.pin] }
    const dists = 'https://deb.debian.org/debian/dists'
    const folder = 'main/installer-amd64/20250803/images/SHA256SUMS'
    const release = (validUntil: string): Promise<Uint8Array> =>
      clearsign(
        key,
        `Codename: trixie\nValid-Until: ${validUntil}\nSHA256:\n ${sha256('a list')} 6 ${folder}\n`,
      )
    const resolve = async (validUntil: string) => {
      const served = {
        [`${dists}/stable/InRelease`]: await release(validUntil),
        [`${dists}/trixie/${folder}`]: 'another',
      }
      return resolveRelease(
        debian,
        { architecture: 'x86_64' },
        { document: serve(served), keys: keyRingOf(key), now: now() },
      )
    }
    await assert.rejects(resolve('Sat, 01 Jan 2022 00:00:00 UTC'), { code: 'expired-metadata' })
    await assert.rejects(resolve('Sat, 01 Jan 2050 00:00:00 UTC'), { code: 'bad-digest' })
  })

  it('says where a mistake in a file is', () => {
    const wrong =
      'distributions:\n  - id: lab\n    title: Lab\n    kind: linux\n    chanels: {}\n    keys:\n      - fingerprint: 93D2DCB4\n'
    const { diagnostics, distributions } = readCatalogFile('lab.yaml', encode(wrong))
    assert.deepEqual(distributions, [])
    const lines = diagnostics.map(({ place, reason }) => `${place?.start.line ?? 0}: ${reason}`)
    assert.match(lines.join('\n'), /^5: There is no `chanels` here; did you mean `channels`\?$/m)
    assert.match(lines.join('\n'), /^7: .*too short to trust/m)
    assert.equal(readCatalogFile('x', encode('a: [')).diagnostics.length > 0, true)
  })

  it('answers names that are not there', () => {
    const { catalog } = loadCatalog()
    assert.equal(catalog.findDistribution('FCOS').id, 'coreos')
    assert.throws(() => catalog.findDistribution('debain'), /did you mean `debian`/)
    assert.throws(() => catalog.findDistribution('container-linux'), /did you mean `flatcar`/)
  })
})
