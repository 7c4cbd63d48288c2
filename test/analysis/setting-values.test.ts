import assert from 'node:assert/strict'
import { valueProblem } from '../../src/analysis/setting-values.js'

describe('values of types', () => {
  it('are what core/settings.c accepts', () => {
    const good = {
      int32: ['5', '-5', '0x1f', '010', '0', '0x', ' 7'],
      ipv4: ['10.0.0.1', '0xa.1.2.3'],
      ipv6: ['fe80::1', '::'],
      hex: ['1b', '1b:5B', ''],
      hexhyp: ['1b-5b'],
      hexraw: ['1b5b', ''],
      uuid: ['00112233-4455-6677-8899-aabbccddeeff', '00112233445566778899aabbccddeeff'],
      string: ['anything'],
    } as const
    const bad = {
      int32: ['08', '5x', 'five', '', '1 2'],
      ipv4: ['10.0.0', '10.0.0.256', 'x', '10.0.0.1/24'],
      ipv6: ['10.0.0.1', 'x:y'],
      hex: ['1b5b', '1', 'xx', '41 42'],
      hexhyp: ['1b:5b'],
      hexraw: ['1b:5b', '1b5'],
      uuid: ['0011'],
    } as const
    for (const [type, texts] of Object.entries(good)) {
      for (const text of texts) assert.equal(valueProblem(text, type as 'hex'), undefined, `${type} ${text}`)
    }
    for (const [type, texts] of Object.entries(bad)) {
      for (const text of texts) assert.ok(valueProblem(text, type as 'hex'), `${type} ${text}`)
    }
  })
})
