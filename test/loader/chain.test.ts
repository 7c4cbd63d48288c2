import assert from 'node:assert/strict'
import { configureChain } from '../../src/loader/chain.js'
import { bytes, textOf } from './support.js'

const chain = `#!ipxe
# which options: set option-9 is only talk
set option-0 224
set option-1 175.201
# own names
set own-0 undionly.kpxe
set own-1 ipxe.efi
clear signed
set number \${option-\${index}}
:own
set own \${own-\${index}}
isset \${x} && set option-7 keep ||
`
const configured = (settings: Parameters<typeof configureChain>[1], text = chain): string =>
  textOf(configureChain(bytes(text), settings))

describe('configureChain', () => {
  it('changes nothing that is not asked for', () => {
    assert.equal(configured({}), chain)
  })

  it('rewrites the declared lines alone', () => {
    assert.equal(
      configured({ options: ['129'], ownNames: ['a.efi', 'b.efi', 'c.efi'], verify: true }),
      chain
        .replace('set option-0 224\nset option-1 175.201\n', 'set option-0 129\n')
        .replace(
          'set own-0 undionly.kpxe\nset own-1 ipxe.efi\n',
          'set own-0 a.efi\nset own-1 b.efi\nset own-2 c.efi\n',
        )
        .replace('clear signed', 'set signed 1'),
    )
    const signed = configured({ verify: true })
    assert.equal(configured({ verify: false }, signed), chain)
  })

  for (const option of ['0', '255', '0224', '175.0201', '224;shell', '', '175.', '1.2.3', '-1', '${x}']) {
    it(`refuses the option ${JSON.stringify(option)}`, () => {
      assert.throws(() => configured({ options: [option] }), /is no DHCP option/)
    })
  }

  it('refuses names that are more than a word', () => {
    assert.throws(() => configured({ ownNames: ['a b'] }), /cannot be the name of a boot file/)
  })

  it('refuses a script without the lines', () => {
    assert.throws(() => configured({ options: ['129'] }, '#!ipxe\nshell\n'), /has no line "set option-0"/)
    assert.throws(() => configured({ verify: true }, '#!ipxe\nshell\n'), /has no line "clear signed"/)
  })
})
