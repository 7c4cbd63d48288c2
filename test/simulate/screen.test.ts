import assert from 'node:assert/strict'
import { Terminal } from '@xterm/headless'
import { keys, simulateSync } from '../../src/simulate/index.js'
import { textToBytes } from '../../src/syntax/bytes.js'
import { bios, host } from './support.js'

/** What a terminal shows after the run has asked for the last key. */
async function screenOf(script: string, pressed: readonly (number | 'none')[]) {
  let output = ''
  const left = [...pressed]
  const report = simulateSync({
    machine: bios,
    script: `#!ipxe\n${script}`,
    host: host(
      {},
      {
        menu: () => ({ draw: true }),
        line: () => ({ draw: true }),
        key: () => left.shift() ?? 'none',
        write: (text) => void (output += text),
      },
    ),
  })
  const terminal = new Terminal({ rows: 25, cols: 80, convertEol: true, allowProposedApi: true })
  await new Promise<void>((resolve) => {
    terminal.write(output, resolve)
  })
  const lines = Array.from(
    { length: 25 },
    (_, row) => terminal.buffer.active.getLine(row)?.translateToString(true).trimEnd() ?? '',
  )
  const backgroundAt = (row: number, column: number) =>
    terminal.buffer.active.getLine(row)?.getCell(column)?.getBgColor()
  return { lines, backgroundAt, report }
}

const menu = 'menu The title\nitem --gap Systems\nitem a Alpha\nitem --key b b Beta\nitem c Gamma\n'

describe('menus on the screen', () => {
  it('are drawn as iPXE draws them', async () => {
    const { lines, backgroundAt, report } = await screenOf(`${menu}choose --timeout 5000 x`, [keys.down])
    assert.deepEqual(lines.slice(0, 7), [
      '',
      `${' '.repeat(35)}The title`,
      '',
      '   Systems',
      '   Alpha',
      '   Beta',
      '   Gamma',
    ])
    // the key stopped the timeout, and nobody presses another one
    assert.deepEqual(report.ending, { kind: 'waiting', for: 'menu', what: 'The title' })
    assert.equal(backgroundAt(5, 3), 1, 'the marked line is red')
    assert.equal(backgroundAt(4, 3), 4, 'the others are blue')
  })

  it('count down, and take what is marked', async () => {
    const { report } = await screenOf(`${menu}choose --timeout 2000 x\necho -n [\${x}]`, ['none'])
    assert.ok(report.output.includes('(2)') && report.output.includes('(1)'))
    assert.match(report.output, /\[a\]$/)
    assert.equal(report.menus[0]!.timedOut, true)
  })

  const moves: [name: string, pressed: number[], takes: string][] = [
    ['Enter', [keys.enter], 'a'],
    ['down and Enter', [keys.down, keys.enter], 'b'],
    ['up at the top stays on an entry', [keys.up, keys.enter], 'a'],
    ['End', [keys.end, keys.enter], 'c'],
    ['Tab wraps', [keys.tab, keys.tab, keys.tab, keys.enter], 'a'],
    ['a shortcut', [98], 'b'],
    ['Page down', [keys.pageDown, keys.enter], 'c'],
    ['Escape', [keys.escape], ''],
  ]
  for (const [name, pressed, takes] of moves) {
    it(`${name} takes ${takes || 'nothing'}`, async () => {
      const { report } = await screenOf(`${menu}choose x ||\necho -n [\${x}]`, pressed)
      assert.ok(report.output.endsWith(`[${takes}]`), JSON.stringify(report.output.slice(-20)))
    })
  }

  it('scroll by screens', async () => {
    const items = Array.from({ length: 45 }, (_, index) => `item i${index} Entry ${index}`).join('\n')
    const { lines } = await screenOf(`menu Long\n${items}\nchoose x`, [keys.end])
    assert.match(lines[2]!, /\.\.\./)
    assert.equal(lines[3]!.trim(), 'Entry 40')
    assert.equal(lines[7]!.trim(), 'Entry 44')
    assert.equal(lines[8]!.trim(), '')
  })

  it('forms are edited and saved', async () => {
    const form = 'form Who\nitem user/name Name\nitem --secret user/word Password\nitem n:int8 Number\n'
    const typed = (text: string) => [...textToBytes(text)]
    const { report, lines } = await screenOf(`${form}present\necho -n \${user/name} \${user/word} \${n}`, [
      ...typed('mex'),
      keys.backspace,
      keys.enter,
      ...typed('pw'),
      keys.enter,
      ...typed('x'),
      keys.enter,
      keys.backspace,
      ...typed('7'),
      keys.enter,
    ])
    assert.match(report.output, /Invalid argument/)
    assert.ok(report.output.endsWith('me pw 7'))
    assert.ok(!report.output.includes('pw '.repeat(2)))
    assert.equal(lines.length, 25)
  })

  it('lines are edited', async () => {
    const { report } = await screenOf('set x old\nread x\necho -n [${x}]', [
      keys.home,
      65,
      keys.end,
      66,
      keys.left,
      keys.delete,
      keys.enter,
    ])
    assert.ok(report.output.endsWith('[Aold]'))
  })
})
