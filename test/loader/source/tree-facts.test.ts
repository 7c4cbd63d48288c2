import assert from 'node:assert/strict'
import { versionOf } from '../../../src/loader/source/tree-facts.js'

const written = 'VERSION_MAJOR\t:= 2\nVERSION_MINOR\t:= 0\nVERSION_PATCH\t:= 0\nEXTRAVERSION\t:= +\n'
/** As from v1.20.1 to January 2026. */
const described = `ifneq ($(wildcard ../.git),)
VERSION_MAJOR\t:= $(word 1,$(VERSION_TUPLE))
VERSION_MINOR\t:= $(word 2,$(VERSION_TUPLE))
VERSION_PATCH\t:= $(word 3,$(VERSION_TUPLE))
EXTRAVERSION\t:= +
else
VERSION_MAJOR\t= 1
VERSION_MINOR\t= 0
VERSION_PATCH\t= 0
EXTRAVERSION\t= +
endif
`

describe('versionOf', () => {
  it('reads what is written', () => {
    assert.equal(versionOf(written), '2.0.0+')
    assert.equal(versionOf('VERSION_MAJOR = 1\nVERSION_MINOR = 0\nVERSION_PATCH = 0\n'), '1.0.0')
    assert.equal(versionOf('all:\n\ttrue\n'), undefined)
  })

  it('tells by commit, tag, folder or time what a Makefile asks git for', () => {
    const time = 1_700_000_000
    assert.equal(versionOf(described), undefined)
    assert.equal(versionOf(described, { commit: '988d2c13cdf0f0b4140685af35ced70ac5b3283c', time }), '1.21.1')
    assert.equal(versionOf(described, { time, name: 'v1.20.1' }), '1.20.1')
    assert.equal(versionOf(described, { time, name: 'top/ipxe-1.21.1' }), '1.21.1')
    assert.equal(versionOf(described, { time, name: 'ipxe_1.21.1+git20250501.dad20602' }), '1.21.1+')
    assert.equal(versionOf(described, { time, name: 'master' }), '1.21.1+')
    assert.equal(versionOf(described, { time: 1_600_000_000, name: 'ipxe' }), '1.20.1+')
    assert.equal(versionOf(described, { time: 0 }), '1.20.1+')
  })
})
