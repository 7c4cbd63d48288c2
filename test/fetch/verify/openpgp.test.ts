import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { enums } from 'openpgp'
import { KeyRing } from '../../../src/fetch/verify/key-ring.js'
import {
  textOfClearsigned,
  verifyClearsigned,
  verifyDetached,
  type SignatureCheck,
} from '../../../src/fetch/verify/openpgp.js'
import {
  clearsign,
  compromised,
  keyRingOf,
  makeKey,
  serve,
  servedKeys,
  signDetached,
  type TestKey,
} from './keys.js'

const day = 86_400_000
const years = (date: string): Date => new Date(`${date}T12:00:00Z`)
const data = new TextEncoder().encode('a kernel, as far as anybody here can tell\n'.repeat(500))

describe('OpenPGP', () => {
  let key: TestKey
  let other: TestKey
  before(async () => {
    key = await makeKey('Test publisher')
    other = await makeKey('Somebody else')
  })
  const check = (more: Partial<SignatureCheck> = {}): SignatureCheck => ({
    keys: [key.pin],
    keyRing: keyRingOf(key, other),
    now: new Date(Date.now() + 5000),
    subject: 'vmlinuz',
    ...more,
  })

  it('takes a good signature, armored or binary, over bytes, a stream or a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ipxetool-test-'))
    try {
      const path = join(folder, 'vmlinuz')
      writeFileSync(path, data)
      const pieces = (async function* () {
        for (let at = 0; at < data.length; at += 1000) yield await Promise.resolve(data.slice(at, at + 1000))
      })()
      const sources = [data, path, pieces, new Blob([data]).stream(), new Uint8Array(0)]
      for (const [index, source] of sources.entries()) {
        const signed = index === 4 ? new Uint8Array(0) : data
        const signature = await signDetached(key, signed, { armor: index % 2 === 1 })
        const good = await verifyDetached(signature, source, check())
        assert.equal(good.fingerprint, key.pin.fingerprint)
        assert.equal(good.owner, 'Test publisher')
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('refuses other bytes, the signature of another file, and what is no signature', async () => {
    const signature = await signDetached(key, data)
    const changed = Uint8Array.from(data)
    changed[1234]! ^= 1
    await assert.rejects(verifyDetached(signature, changed, check()), { code: 'bad-signature' })
    await assert.rejects(verifyDetached(signature, data.slice(1), check()), { code: 'bad-signature' })
    await assert.rejects(verifyDetached(await signDetached(key, 'initrd'), data, check()), {
      code: 'bad-signature',
    })
    for (const text of ['<html>404</html>', '', '-----BEGIN PGP SIGNATURE-----\n\nAAAA\n']) {
      await assert.rejects(verifyDetached(new TextEncoder().encode(text), data, check()), {
        code: 'malformed-signature',
      })
    }
  })

  it('refuses a key that is not pinned, naming it and how to add it', async () => {
    const signature = await signDetached(other, data)
    await assert.rejects(
      verifyDetached(signature, data, check()),
      (error: Error & Record<string, string>) => {
        assert.equal(error['code'], 'unknown-key')
        const subkey = other.publicKey.subkeys[0]!.getFingerprint().toUpperCase()
        assert.ok(error.message.includes(subkey), error.message)
        assert.ok(error['hint']!.includes(`--key ${subkey}`))
        assert.ok(error['hint']!.includes(key.pin.fingerprint))
        return true
      },
    )
    // from the publisher's own bundle the primary key is known, which is what one pins
    const bundle = `${key.publicKey.armor()}\n${other.publicKey.armor()}`
    const keyRing = new KeyRing({ document: serve({ [key.pin.url!]: bundle }) })
    await assert.rejects(verifyDetached(signature, data, check({ keyRing })), (error: Error) => {
      assert.ok(error.message.includes(other.pin.fingerprint), error.message)
      return true
    })
  })

  it('one good signature of a pinned key is enough, beside one of a key that nobody knows', async () => {
    const both = Buffer.concat([await signDetached(other, data), await signDetached(key, data)])
    assert.equal((await verifyDetached(both, data, check())).fingerprint, key.pin.fingerprint)
  })

  it('a broken signature of a pinned key counts, whatever stands beside it', async () => {
    const both = Buffer.concat([await signDetached(key, 'other'), await signDetached(key, data)])
    await assert.rejects(verifyDetached(both, data, check()), { code: 'bad-signature' })
  })

  describe('when keys end', () => {
    const made = years('2020-01-01')
    const before2021 = years('2020-06-01')
    const after2021 = years('2021-06-01')
    const now = years('2026-01-01')

    for (const [what, options] of [
      ['key', { lifetime: (366 * day) / 1000 }],
      ['subkey', { subkeyLifetime: (366 * day) / 1000 }],
    ] as const) {
      it(`a ${what} that expired since: good when signed before, bad when signed after`, async () => {
        const old = await makeKey('Old release', { date: made, ...options })
        // who still has the private key can sign at any time: it is made to look valid for that
        const signature = await signDetached(old, data, { date: before2021 })
        const judged = check({ keys: [old.pin], keyRing: keyRingOf(old), now })
        assert.equal((await verifyDetached(signature, data, judged)).fingerprint, old.pin.fingerprint)
        await assert.rejects(verifyDetached(signature, data.slice(1), judged), { code: 'bad-signature' })

        const late = await lateSignature(old, after2021)
        await assert.rejects(verifyDetached(late, data, judged), { code: 'expired-key' })
      })
    }

    it('a signature from the future is not good', async () => {
      const signature = await signDetached(key, data, { date: new Date(Date.now() + 30 * day) })
      await assert.rejects(verifyDetached(signature, data, check()), { code: 'bad-signature' })
    })

    it('a compromised key is bad for all time, and so is a compromised subkey', async () => {
      const old = await makeKey('Stolen', { date: made })
      const signature = await signDetached(old, data, { date: before2021 })
      const revoked = await compromised(old)
      await assert.rejects(
        verifyDetached(signature, data, check({ keys: [old.pin], keyRing: keyRingOf(revoked), now })),
        { code: 'revoked-key' },
      )
      const subkey = old.privateKey.subkeys[0]!
      old.privateKey.subkeys[0] = await subkey.revoke(old.privateKey.keyPacket as never, {
        flag: enums.reasonForRevocation.keyCompromised,
      })
      await assert.rejects(
        verifyDetached(
          signature,
          data,
          check({ keys: [old.pin], keyRing: keyRingOf(old.privateKey.toPublic()), now }),
        ),
        { code: 'revoked-key' },
      )
    })

    it('a key that was retired is good for what it signed before', async () => {
      const old = await makeKey('Retired', { date: made })
      const signature = await signDetached(old, data, { date: before2021 })
      const subkey = old.privateKey.subkeys[0]!
      old.privateKey.subkeys[0] = await subkey.revoke(
        old.privateKey.keyPacket as never,
        { flag: enums.reasonForRevocation.keyRetired },
        after2021,
      )
      const judged = check({ keys: [old.pin], keyRing: keyRingOf(old.privateKey.toPublic()), now })
      assert.equal((await verifyDetached(signature, data, judged)).fingerprint, old.pin.fingerprint)
    })

    /** Made with the same key packets under self-signatures that do not expire. */
    async function lateSignature(old: TestKey, date: Date): Promise<Uint8Array> {
      const { reformatKey } = await import('openpgp')
      const { privateKey } = await reformatKey({
        privateKey: old.privateKey,
        userIDs: [{ name: 'Old release' }],
        date: made,
        format: 'object',
      })
      return signDetached({ ...old, privateKey }, data, { date })
    }
  })

  describe('clear-signed text', () => {
    const text = 'Suite: stable\nSHA256:\n abc 12 main/x\n- dashed\n'

    it('gives the signed text and nothing else', async () => {
      const signed = new TextDecoder().decode(await clearsign([other, key], text))
      const around = `Codename: forged\n${signed}\nCodename: forged\n`
      const good = await verifyClearsigned(new TextEncoder().encode(around), check())
      assert.equal(good.text, text)
      assert.equal(good.fingerprint, key.pin.fingerprint)
    })

    it('refuses a changed body', async () => {
      const signed = new TextDecoder().decode(await clearsign(key, text)).replace('stable', 'stab1e')
      await assert.rejects(verifyClearsigned(new TextEncoder().encode(signed), check()), {
        code: 'bad-signature',
      })
    })

    it('tells a text without a signature from one with a broken one', async () => {
      await assert.rejects(verifyClearsigned(new TextEncoder().encode(text), check()), {
        code: 'missing-signature',
      })
      const signed = new TextDecoder().decode(await clearsign(key, text))
      for (const broken of [
        signed.slice(0, -60),
        signed.slice(0, signed.indexOf('-----BEGIN PGP SIGNATURE')),
      ]) {
        await assert.rejects(verifyClearsigned(new TextEncoder().encode(broken), check()), {
          code: 'malformed-signature',
        })
      }
      assert.equal(await textOfClearsigned(new TextEncoder().encode(signed), 'x'), text)
    })
  })

  it('hands on what a stream fails with', async () => {
    const signature = await signDetached(key, data)
    const failing = (async function* () {
      yield data.slice(0, 10)
      await Promise.resolve()
      throw Object.assign(new Error('the wire was cut'), { code: 'ECONNRESET' })
    })()
    await assert.rejects(verifyDetached(signature, failing, check()), /the wire was cut/)
  })

  it('fetches no key twice, and none that it does not need', async () => {
    const asked: string[] = []
    const keyRing = new KeyRing({ document: serve(servedKeys(key, other), asked) })
    const both = check({ keys: [key.pin, other.pin], keyRing })
    await verifyDetached(await signDetached(key, data), data, both)
    await verifyDetached(await signDetached(key, data), data, both)
    assert.deepEqual(asked, [key.pin.url])
  })
})
