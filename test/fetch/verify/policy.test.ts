import assert from 'node:assert/strict'
import fc from 'fast-check'
import { IpxetoolError } from '../../../src/diagnostics/error.js'
import { compareVersions } from '../../../src/fetch/catalog/version-order.js'
import {
  judgeFile,
  refuseDowngrade,
  refuseLessTrust,
  type FileFacts,
} from '../../../src/fetch/verify/policy.js'
import { tiers, type Tier } from '../../../src/fetch/types.js'

const digest = { algorithm: 'sha256', hex: 'a'.repeat(64) } as const
const https = ['https://mirror.test/vmlinuz']
const facts = (more: Partial<FileFacts['file']> = {}, rest: Partial<FileFacts> = {}): FileFacts => ({
  file: { name: 'vmlinuz', digests: [], ...more },
  urls: https,
  ...rest,
})
const bad = { kind: 'bad', error: new IpxetoolError('bad-signature', 'no') } as const
const missing = { kind: 'missing', url: 'https://mirror.test/vmlinuz.sig' } as const

describe('trust policy', () => {
  const table: [FileFacts, Tier][] = [
    [facts({}, { signature: { kind: 'good', fingerprint: 'F' } }), 'signed'],
    [facts({ digests: [digest], digestTier: 'signed', digestSignedBy: 'F' }), 'signed'],
    [facts({ digests: [digest], digestTier: 'digest' }), 'digest'],
    [facts({ digests: [digest], digestTier: 'digest' }, { urls: ['http://mirror.test/x'] }), 'digest'],
    [facts({ digests: [digest], digestTier: 'none' }), 'tls'],
    [facts({ digests: [digest], digestTier: 'none' }, { urls: ['http://mirror.test/x'] }), 'none'],
    [facts({ digests: [], digestTier: 'signed' }), 'tls'],
    [facts(), 'tls'],
    [facts({}, { urls: ['http://a.test/x', 'https://b.test/x'] }), 'none'],
    [facts({}, { signature: { kind: 'unchecked', reason: 'no openssl' } }), 'tls'],
  ]
  for (const [given, tier] of table) {
    it(`${tier}: ${JSON.stringify(given).slice(0, 90)}`, () => {
      assert.equal(judgeFile(given, {}).tier, tier)
      for (const require of tiers) {
        const enough = tiers.indexOf(tier) <= tiers.indexOf(require)
        if (enough) judgeFile(given, { require })
        else assert.throws(() => judgeFile(given, { require }), { code: 'not-trusted' })
      }
    })
  }

  it('a missing signature can be waived, a bad one never', () => {
    assert.throws(() => judgeFile(facts({}, { signature: missing }), {}), { code: 'missing-signature' })
    assert.equal(judgeFile(facts({}, { signature: missing }), { allowUnsigned: true }).tier, 'tls')
    for (const require of [undefined, ...tiers]) {
      const waived = { require, allowUnsigned: true }
      assert.throws(
        () => judgeFile(facts({ digests: [digest], digestTier: 'signed' }, { signature: bad }), waived),
        {
          code: 'bad-signature',
        },
      )
    }
  })

  it('does not go back behind the lock, unless one asks for it by number', () => {
    assert.throws(() => {
      refuseDowngrade('coreos stable', { locked: '44.20260707.3.1', found: '44.20260622.3.0' })
    }, /older than 44\.20260707\.3\.1/)
    refuseDowngrade('x', { locked: '44.1', found: '43.9' }, { asked: true })
    refuseDowngrade('x', { locked: '44.1', found: '44.1' })
    refuseDowngrade('x', { locked: undefined, found: '1' })
    assert.throws(() => {
      refuseLessTrust('vmlinuz', { locked: 'signed', found: 'digest' }, {})
    }, /signed/)
    refuseLessTrust('vmlinuz', { locked: 'digest', found: 'signed' }, {})
  })

  it('orders versions', () => {
    const orders: [string[], boolean][] = [
      [['33.20201201.3.0', '44.20260622.3.0', '44.20260707.3.1', '44.20260707.10.0'], false],
      [['20230607', '20230607+deb12u1', '20230607+deb12u11', '20250803'], false],
      [['9', '9.6', '9.10', '10.0'], false],
      [['2.0~rc1', '2.0', '2.0.1'], false],
      [['3.24.0_alpha1', '3.24.0_rc1', '3.24.0', '3.24.1'], true],
      [['1.0.0-alpha', '1.0.0-rc.1', '1.0.0'], true],
      [['rawhide.202607211407', 'rawhide.202607211408'], false],
    ]
    for (const [versions, prerelease] of orders) {
      for (const [i, x] of versions.entries()) {
        for (const [j, y] of versions.entries()) {
          assert.equal(Math.sign(compareVersions(x, y, { prerelease })), Math.sign(i - j), `${x} ${y}`)
        }
      }
    }
    const version = fc.stringMatching(/^[0-9a-z.~+-]{0,12}$/)
    fc.assert(
      fc.property(version, version, version, (x, y, z) => {
        assert.equal(Math.sign(compareVersions(x, y)) + Math.sign(compareVersions(y, x)), 0)
        if (compareVersions(x, y) <= 0 && compareVersions(y, z) <= 0) assert.ok(compareVersions(x, z) <= 0)
      }),
    )
  })
})
