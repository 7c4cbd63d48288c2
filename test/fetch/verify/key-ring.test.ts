import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadCatalog } from '../../../src/fetch/catalog/load.js'
import { KeyRing, readKeyBundle } from '../../../src/fetch/verify/key-ring.js'
import { makeKey, serve, servedKeys, type TestKey } from './keys.js'

const fixtures = fileURLToPath(new URL('../../../../shared/fixtures/keys/', import.meta.url))

describe('key ring', () => {
  let one: TestKey
  let two: TestKey
  let folder: string
  before(async () => {
    one = await makeKey('One')
    two = await makeKey('Two')
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-test-'))
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })
  const idsOf = (key: TestKey) => [key.publicKey.getKeyID()]
  const fingerprints = (keys: { getFingerprint(): string }[]): string[] =>
    keys.map((key) => key.getFingerprint().toUpperCase())

  it('reads all of several armored blocks, and binary ones', async () => {
    const bundle = `${one.publicKey.armor()}\n\n${two.publicKey.armor()}`
    const both = [one.pin.fingerprint, two.pin.fingerprint]
    assert.deepEqual(fingerprints(await readKeyBundle(new TextEncoder().encode(bundle))), both)
    const binary = Buffer.concat([one.publicKey.write(), two.publicKey.write()])
    assert.deepEqual(fingerprints(await readKeyBundle(binary)), both)
    await assert.rejects(readKeyBundle(new TextEncoder().encode('<html>')), { code: 'malformed-key' })
  })

  it('keeps what it fetched, and needs no network for it then', async () => {
    const online = new KeyRing({ document: serve(servedKeys(one)), folder })
    assert.equal((await online.keysFor(idsOf(one), [one.pin])).length, 1)
    assert.deepEqual(readdirSync(folder), [`${one.pin.fingerprint}.asc`])
    const offline = new KeyRing({ document: serve({}), folder, offline: true })
    assert.equal((await offline.keysFor(idsOf(one), [one.pin])).length, 1)
    await assert.rejects(offline.keysFor(idsOf(two), [two.pin]), { code: 'key-unreachable' })
  })

  it('asks for a kept key again after a week, and goes on with it when nobody answers', async () => {
    const day = 24 * 3600 * 1000
    const asked: string[] = []
    const at = async (now: number, there: boolean): Promise<number> => {
      const inner = serve(there ? servedKeys(one) : {})
      const document: typeof inner = (url, options) => {
        asked.push(url)
        return inner(url, options)
      }
      const ring = new KeyRing({ document, folder, now: () => now })
      return (
        (await ring.keysFor(idsOf(one), [one.pin])).length +
        (await ring.keysFor(idsOf(one), [one.pin])).length
      )
    }
    assert.equal(await at(Date.now(), true), 2)
    asked.length = 0
    assert.equal(await at(Date.now() + 6 * day, true), 2)
    assert.equal(asked.length, 0)
    assert.equal(await at(Date.now() + 8 * day, false), 2)
    assert.equal(await at(Date.now() + 8 * day, true), 2)
    assert.equal(asked.length, 2)
  })

  it('does not believe another key in the place of a pinned one, from the server or from the disk', async () => {
    const served = serve({ [one.pin.url!]: two.publicKey.armor() })
    await assert.rejects(new KeyRing({ document: served }).keysFor(idsOf(two), [one.pin]), {
      code: 'key-unreachable',
    })
    writeFileSync(join(folder, `${one.pin.fingerprint}.asc`), two.publicKey.armor())
    const keyRing = new KeyRing({ document: serve(servedKeys(one)), folder })
    assert.deepEqual(fingerprints(await keyRing.keysFor(idsOf(one), [one.pin])), [one.pin.fingerprint])
  })

  it("has the publishers' real keys under the pins of the catalog", async function () {
    if (!existsSync(fixtures)) this.skip()
    const { catalog } = loadCatalog()
    const fedora = await readKeyBundle(readFileSync(join(fixtures, 'fedora-signing-keys.asc')))
    assert.equal(fedora.length, 4)
    for (const { fingerprint } of catalog.findDistribution('coreos').keys!) {
      assert.ok(fingerprints(fedora).includes(fingerprint), fingerprint)
    }
    const [flatcar] = await readKeyBundle(readFileSync(join(fixtures, 'Flatcar_Image_Signing_Key.asc')))
    const pin = catalog.findDistribution('flatcar').keys![0]!
    assert.deepEqual(fingerprints([flatcar!]), [pin.fingerprint])
    // at a time in the life of each subkey: two were revoked as compromised, which no time makes good
    const states = await Promise.all(
      flatcar!.subkeys.map(async (subkey) => {
        const inItsTime = new Date(subkey.getCreationTime().getTime() + 86_400_000)
        return flatcar!.getSigningKey(subkey.getKeyID(), inItsTime).then(
          () => 'good',
          () => 'bad',
        )
      }),
    )
    assert.deepEqual(states, ['bad', 'bad', ...Array<string>(7).fill('good')])
    const ring = new KeyRing({
      document: serve({ [pin.url!]: readFileSync(join(fixtures, 'Flatcar_Image_Signing_Key.asc')) }),
    })
    const found = await ring.keysFor([flatcar!.subkeys[8]!.getKeyID()], [{ ...pin, url: pin.url! }])
    assert.deepEqual(fingerprints(found), [pin.fingerprint])
  })
})
