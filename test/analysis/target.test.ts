import assert from 'node:assert/strict'
import { isNewer, parseTarget } from '../../src/analysis/target.js'

describe('a target', () => {
  it('is a version, a day, a platform, or both', () => {
    assert.equal(parseTarget('1.21.1')?.date, '2020-12-31')
    assert.equal(parseTarget('debian12')?.date, '2019-01-25')
    assert.equal(parseTarget('v1.20.1+')?.date, '2020-01-02')
    assert.deepEqual(parseTarget('2.0.0/efi')?.platforms, ['efi'])
    assert.deepEqual(parseTarget('latest')?.platforms, ['pcbios', 'efi'])
    assert.equal(parseTarget('bios')?.name, 'latest on pcbios')
    assert.equal(parseTarget('2023-05-22 uefi')?.date, '2023-05-22')
    for (const wrong of ['', ' ', '3.0', 'ubuntu', '1.21.1 arm']) assert.equal(parseTarget(wrong), undefined)
  })

  it('has what is older than it', () => {
    const old = parseTarget('1.21.1')!
    assert.ok(isNewer('post-1.21.1 (2021-01-26)', old))
    assert.ok(!isNewer('2013-08-01', old))
    assert.ok(!isNewer('gPXE era (<=1.0.0)', old))
    assert.ok(!isNewer('2013-11', old))
    assert.ok(!isNewer('post-2.0.0 (2026-07-17)', parseTarget('latest')!))
    assert.ok(isNewer('post-2.0.0 (2026-07-17)', parseTarget('2.0.0')!))
  })
})
