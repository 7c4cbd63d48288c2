import assert from 'node:assert/strict'
import { Terminal } from '@xterm/headless'
import fc from 'fast-check'
import { screenColumns, screenRows, SerialScreen } from '../../src/boot/screen.js'

describe('the screen of a serial line', () => {
  const shown = (...parts: string[]) => {
    const screen = new SerialScreen()
    for (const part of parts) screen.write(part)
    return screen
  }

  it('shows what is written where', () => {
    assert.equal(shown('a\x1b[3;5Hb\x1b[Hc').text().trimEnd(), 'c\n\n    b')
    assert.equal(shown('abc\x1b[2J\x1b[1;1Hd').text().trimEnd(), 'd')
    assert.equal(shown('abcdef\x1b[1;3H\x1b[Kx').text().trimEnd(), 'abx')
    assert.equal(shown('ab\rc\n\rd\be').text().trimEnd(), 'cb\ne')
  })

  it('takes sequences in pieces, and wraps', () => {
    assert.equal(shown('a\x1b', '[2', ';1Hb').text().trimEnd(), 'a\nb')
    const wide = shown('x'.repeat(78) + 'needle')
    assert.ok(wide.has('needle'))
    assert.equal(wide.text().split('\n')[1], 'edle')
  })

  it('remembers lines that have gone', () => {
    const screen = shown(...Array.from({ length: 40 }, (_, index) => `line ${index} end\r\n`))
    assert.ok(screen.has('line 3 end'))
    assert.ok(!screen.text().includes('line 3 end'))
    assert.ok(!screen.has('line 41'))
  })

  it('knows the bar of a menu that was drawn out of order', () => {
    const screen = shown(
      '\x1b[2J\x1b[5;4H\x1b[37;44mfirst\x1b[7;4H\x1b[41mthird \x1b[0m',
      '\x1b[6;4Hsec\x1b[6;7Hond',
    )
    assert.deepEqual(
      screen.rows().filter(({ text }) => text !== ''),
      [
        { index: 4, text: '   first', isHighlighted: false },
        { index: 5, text: '   second', isHighlighted: false },
        { index: 6, text: '   third', isHighlighted: true },
      ],
    )
    assert.equal(shown('a\x1b[2J').text().trim(), '')
  })

  it('shows what a terminal shows, whatever is written', async () => {
    const number = fc.integer({ min: 0, max: 90 }).map(String)
    const sequence = fc
      .tuple(fc.array(number, { maxLength: 2 }), fc.constantFrom('H', 'A', 'B', 'C', 'D', 'J', 'K', 'm'))
      .filter(([numbers, final]) => final !== 'J' || numbers.every((one) => one !== '1' && one !== '3'))
      .map(([numbers, final]) => `\x1b[${(final === 'm' ? ['41'] : numbers).join(';')}${final}`)
    const piece = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', 'b', ' ', '.', '|'), maxLength: 100 }),
      fc.constantFrom('\r', '\n', '\r\n', '\b', '\x1b[0m'),
      sequence,
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
        const terminal = new Terminal({
          cols: screenColumns,
          rows: screenRows,
          allowProposedApi: true,
          scrollback: 0,
        })
        const written = pieces.join('')
        await new Promise<void>((resolve) => {
          terminal.write(written, resolve)
        })
        const { active } = terminal.buffer
        const expected = Array.from({ length: screenRows }, (_, index) =>
          active
            .getLine(active.baseY + index)!
            .translateToString(true)
            .trimEnd(),
        )
        terminal.dispose()
        assert.deepEqual(
          shown(...pieces)
            .rows()
            .map(({ text }) => text),
          expected,
        )
      }),
      { numRuns: 300 },
    )
  })
})
