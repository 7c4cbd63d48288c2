/** The script in our loaders and the menus that it starts share their settings: none may mislead the other. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { makeMachine, simulateSync } from '../../src/simulate/index.js'
import { host } from './support.js'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url))

describe('the embedded script', () => {
  it('starts a menu that does not tell of problems that there were none of', () => {
    const target = 'http://192.0.2.1/boot.ipxe'
    const machine = makeMachine({ dhcp: { '224': target } })
    const shown: string[] = []
    const { output } = simulateSync({
      machine: { ...machine, booted: false },
      host: host(
        { [target]: read('test/golden/model/boot.ipxe') },
        {
          dhcp: () => machine.lease,
          menu: ({ entries }) => {
            shown.push(...entries.map(({ text }) => text))
            return { stop: true }
          },
        },
      ),
      script: read('embed/chain.ipxe'),
    })
    assert.match(output, /option 224 says/)
    assert.ok(shown.length > 3, output)
    assert.deepEqual(
      shown.filter((text) => text.includes('Failed')),
      [],
    )
  })
})
