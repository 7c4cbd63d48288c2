import assert from 'node:assert/strict'
import { loadCatalog } from '../../../src/fetch/catalog/load.js'
import { latestVersion, resolveRelease } from '../../../src/fetch/catalog/resolve.js'
import { expectedTier } from '../../../src/fetch/verify/policy.js'
import { tiers, type Release, type Tier } from '../../../src/fetch/types.js'
import { keyRingOf, makeKey, serve, type TestKey } from '../verify/keys.js'
import { rows } from './table.js'

const now = new Date('2026-11-21T12:00:00Z')

describe('distributions', () => {
  let key: TestKey
  before(async () => {
    key = await makeKey('Publisher', { date: new Date('2020-01-01T00:00:00Z') })
  })
  const { catalog, diagnostics } = loadCatalog()

  it('are shipped without a mistake, and each has a row here', () => {
    assert.deepEqual(diagnostics, [])
    const missing = catalog.distributions
      .filter(({ files }) => files.length > 0)
      .map(({ id }) => id)
      .filter((id) => !rows.some((row) => row.id === id))
    assert.deepEqual(missing, [])
  })

  for (const row of rows) {
    it([row.id, row.channel, row.version, row.architecture].filter(Boolean).join(' '), async () => {
      // the publisher's private key is not here: one of ours is pinned instead, where one is pinned
      const shipped = catalog.findDistribution(row.id)
      const distribution = { ...shipped, ...((shipped.keys ?? []).length > 0 && { keys: [key.pin] }) }
      const context = { document: serve(await row.served(key)), keys: keyRingOf(key), now: later(now) }
      const query = { channel: row.channel, architecture: row.architecture ?? 'x86_64' } as const
      const release = await resolveRelease(distribution, { ...query, version: row.version }, context)
      const { expected } = row
      assert.equal(release.version, expected.version)
      assert.deepEqual(release.files.map(fileLine), expected.files)
      assert.deepEqual([...new Set(release.files.map(expectedTier))], [worst(release)])
      assert.equal(worst(release), expected.tier)
      if (expected.arguments) assert.deepEqual(release.arguments, expected.arguments)
      if (expected.fields) assert.deepEqual(release.fields, expected.fields)
      if (expected.note) assert.match(release.notes.join('\n'), expected.note)
      else assert.deepEqual(release.notes, [])
      if (row.version === undefined)
        assert.equal(await latestVersion(distribution, query, context), expected.version)
    })
  }
})

/** The signatures of the tests were made just now. */
function later(date: Date): Date {
  return new Date(Math.max(date.getTime(), Date.now() + 5000))
}

function fileLine({ role, name, urls, size }: Release['files'][number]): string {
  return `${role} ${name} ${urls[0]!}${size === undefined ? '' : ` ${size}`}`
}

function worst(release: Release): Tier {
  return release.files.map(expectedTier).sort((a, b) => tiers.indexOf(b) - tiers.indexOf(a))[0]!
}
