import assert from 'node:assert/strict'
import fc from 'fast-check'
import { commands } from '../../src/data/commands.js'
import { simulateSync, type Ending } from '../../src/simulate/index.js'
import { bios, host, kernel, uefi } from './support.js'

const endings: ReadonlySet<Ending['kind']> = new Set([
  ...(['boot', 'sanboot', 'reboot', 'poweroff', 'exit', 'shell', 'waiting', 'stopped'] as const),
])

const files = {
  'http://10.0.0.1/menus/k': kernel(),
  'http://10.0.0.1/menus/s': '#!ipxe\necho child\n',
  'http://10.0.0.1/menus/t': 'text',
}

const names = commands.flatMap(({ name, aliases }) => [name, ...aliases])
const options = commands.flatMap((command) => command.options.map(({ long }) => `--${long}`))
const word = fc.oneof(
  fc.constantFrom(...options),
  fc.constantFrom(
    'k',
    's',
    't',
    'x',
    '1',
    '-1',
    '0x80',
    'net0',
    'netX',
    'a:int32',
    'b/c:hex',
    'data:,abc',
    'data:;base64,!',
    'http://h/x?y#z',
    '##params',
    '${a}',
    '${ip}',
    '${x:hexraw}',
    '||',
    '&&',
    '#',
    '--',
    '-',
    '',
  ),
  fc.string({ maxLength: 6, unit: 'binary' }).map((text) => text.replace(/[^\0-\xff]/g, 'u')),
)
const line = fc
  .tuple(fc.constantFrom(...names), fc.array(word, { maxLength: 4 }))
  .map(([name, words]) => `${[name, ...words].join(' ')} ||`)

const withAll = { with: new Set(names) }

describe('laws of the simulator', () => {
  it('every script of any commands comes to an end that has a name', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), fc.constantFrom(bios, uefi), (lines, machine) => {
        const { ending } = simulateSync({
          machine: { ...machine, ...withAll },
          host: host(files),
          script: `#!ipxe\n${lines.join('\n')}\n`,
          uri: 'http://10.0.0.1/menus/a.ipxe',
          limits: { steps: 500 },
        })
        assert.ok(endings.has(ending.kind), ending.kind)
      }),
      { numRuns: 2000 },
    )
  })

  it('every sequence of bytes does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const script = Buffer.concat([Buffer.from('#!ipxe\n'), bytes])
        const { ending } = simulateSync({ machine: uefi, host: host(), script, limits: { steps: 500 } })
        assert.ok(endings.has(ending.kind))
      }),
      { numRuns: 1000 },
    )
  })
})
