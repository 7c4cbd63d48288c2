import assert from 'node:assert/strict'
import { missingFrom, nodeProblem } from '../../scripts/ensure.mjs'

describe('scripts/ensure.mjs', () => {
  it('says in one line that Node is too old', () => {
    assert.equal(nodeProblem('20.19.0'), undefined)
    assert.equal(nodeProblem('22.0.1'), undefined)
    for (const version of ['20.18.3', '18.20.0', '8.0.0']) {
      assert.match(
        nodeProblem(version) ?? '',
        /^ipxetool needs Node 20\.19 or later, this is \S+: https:\S+$/,
      )
    }
  })

  it('finds what is missing from node_modules', () => {
    const a = { version: '1.0.0', integrity: 'sha512-a' }
    const lock = {
      packages: {
        '': { version: '0.1.0' },
        'node_modules/a': a,
        'node_modules/a/node_modules/@s/b': { version: '2.0.0' },
        'node_modules/other-platform': { version: '1.0.0', optional: true },
      },
    }
    assert.deepEqual(missingFrom(lock, undefined), ['a', '@s/b'])
    assert.deepEqual(missingFrom(lock, { packages: { 'node_modules/a': a } }), ['@s/b'])
    const whole = { ...lock.packages, 'node_modules/extra': { version: '1.0.0' } }
    assert.deepEqual(missingFrom(lock, { packages: whole }), [])
    const older = { ...whole, 'node_modules/a': { ...a, version: '0.9.0' } }
    assert.deepEqual(missingFrom(lock, { packages: older }), ['a'])
    const changed = { ...whole, 'node_modules/a': { ...a, integrity: 'sha512-b' } }
    assert.deepEqual(missingFrom(lock, { packages: changed }), ['a'])
  })
})
