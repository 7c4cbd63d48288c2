import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Diagnostic, type DiagnosticOptions } from '../../src/diagnostics/diagnostic.js'
import { githubReport } from '../../src/diagnostics/reporters/github.js'
import { type JsonReport, jsonReport } from '../../src/diagnostics/reporters/json.js'
import { prettyReport } from '../../src/diagnostics/reporters/pretty.js'
import { sortDiagnostics } from '../../src/diagnostics/sort.js'
import { summaryLine } from '../../src/diagnostics/summary.js'
import { visible } from '../../src/diagnostics/visible.js'
import { checkScript } from '../../src/rules/check-script.js'

/** A diagnostic about the first `«…»` of the only line of a file. */
function marked(
  text: string | Buffer,
  options: Partial<DiagnosticOptions> = {},
): [Diagnostic[], Map<string, Uint8Array>] {
  const all = Buffer.from(text).toString('latin1')
  const open = Buffer.from('«').toString('latin1')
  const close = Buffer.from('»').toString('latin1')
  const start = all.indexOf(open)
  const end = all.indexOf(close) - open.length
  const bytes = Buffer.from(all.replace(open, '').replace(close, ''), 'latin1')
  const point = (offset: number) => ({ line: 1, column: offset + 1, offset })
  const diagnostic = new Diagnostic({
    ruleId: 'a-rule',
    severity: 'error',
    file: 'x.ipxe',
    reason: 'Something is wrong',
    place: { start: point(start), end: point(end) },
    ...options,
  })
  return [[diagnostic], new Map([['x.ipxe', bytes]])]
}

const pretty = (text: string | Buffer, width = 100): string[] =>
  prettyReport(...marked(text), { width }).split('\n')

describe('pretty', () => {
  it('shows place, rule, message, line, underline, expected and help', () => {
    const report = prettyReport(...marked('echo «abc» d\n', { expected: ['a', 'b', 'c'], note: 'Do it.' }))
    assert.equal(
      report,
      [
        'x.ipxe:1:6 error a-rule',
        '  Something is wrong',
        '  1 | echo abc d',
        '    |      ^~~',
        '    = expected: a, b or c',
        '    = help: Do it.',
        '',
      ].join('\n'),
    )
  })

  it('counts columns in code points and underlines by cells', () => {
    assert.deepEqual(pretty('größe «ß»').slice(0, 4), [
      'x.ipxe:1:7 error a-rule',
      '  Something is wrong',
      '  1 | größe ß',
      '    |       ^',
    ])
    assert.deepEqual(pretty('机器 «机器»').slice(2, 4), ['  1 | 机器 机器', '    |      ^~~~'])
    assert.equal(pretty('机器 «x»')[0], 'x.ipxe:1:4 error a-rule')
  })

  it('reads what is no UTF-8 as Latin-1', () => {
    const line = Buffer.concat([
      Buffer.from([0xfc, 0x20]),
      Buffer.from('«'),
      Buffer.from([0xe4]),
      Buffer.from('»'),
    ])
    assert.deepEqual(pretty(line).slice(0, 4), [
      'x.ipxe:1:3 error a-rule',
      '  Something is wrong',
      '  1 | ü ä',
      '    |   ^',
    ])
  })

  it('spells what would steer a terminal', () => {
    const [, , source, underline] = pretty('\x1b[2J\ta\u202e«b»\x9b')
    assert.equal(source, '  1 | \\x1b[2J→a\\u202eb\\x9b')
    assert.equal(underline, `    | ${' '.repeat('\\x1b[2J→a\\u202e'.length)}^`)
    const report = prettyReport(
      ...marked('«a»', { file: 'x\x1b.ipxe', reason: 'a\x07b', note: 'c\nd', expected: ['\x1b'] }),
    )
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(report.replaceAll('\n', ''), /[\0-\x1f\x7f-\x9f]/)
    assert.match(report, /c\\x0ad/)
  })

  it('cuts long lines around the place', () => {
    for (const text of [
      `${'a'.repeat(500)} «bad» ${'z'.repeat(500)}`,
      `«bad» ${'z'.repeat(500)}`,
      `${'机'.repeat(500)} «bad»`,
    ]) {
      const [, , source, underline] = pretty(text, 60)
      assert.ok(source!.length <= 60, source)
      assert.ok(source!.includes('bad') && source!.includes('…'))
      if (!text.includes('机')) assert.equal(source!.indexOf('bad'), underline!.indexOf('^'))
    }
  })

  it('points past the end of a line, into an empty file, and at a whole file', () => {
    assert.deepEqual(pretty('abc«»').slice(2, 4), ['  1 | abc', '    |    ^'])
    assert.deepEqual(pretty('«»').slice(2, 4), ['  1 | ', '    | ^'])
    const whole = new Diagnostic({
      ruleId: 'r-r',
      severity: 'warning',
      file: 'x',
      reason: 'Bad',
      note: 'Do.',
    })
    assert.equal(prettyReport([whole], new Map()), 'x warning r-r\n  Bad\n    = help: Do.\n')
  })

  it('underlines the first line of a place that goes on', () => {
    const [diagnostic] = checkScript('#!ipxe\necho a\\\n').filter(
      ({ ruleId }) => ruleId === 'unfinished-continuation',
    )
    const report = prettyReport([diagnostic!], new Map([['script.ipxe', Buffer.from('#!ipxe\necho a\\\n')]]))
    assert.match(report, /2 \| echo a\\\n {4}\| {7}\^\n/)
  })

  it('colours only on request, and counts what is too much', () => {
    const [diagnostics, sources] = marked('«a»')
    assert.ok(prettyReport(diagnostics, sources, { color: true }).includes('\x1b[1;31merror\x1b[0m'))
    const many = Array.from({ length: 12 }, () => diagnostics[0]!)
    assert.match(prettyReport(many, sources, { limit: 10 }), /… and 2 more/)
  })

  it('takes linear time on one long line', () => {
    const line = Buffer.from(`#!ipxe\n${'ä\0b '.repeat(1 << 17)}`)
    const place = (column: number) => ({ line: 2, column, offset: column + 6 })
    const diagnostics = Array.from(
      { length: 1000 },
      (_, index) =>
        new Diagnostic({
          ruleId: 'r',
          severity: 'info',
          file: 'x',
          reason: 'r',
          place: { start: place(index * 500 + 1), end: place(index * 500 + 9) },
        }),
    )
    const report = prettyReport(diagnostics, new Map([['x', line]]))
    assert.equal(report.split('\n').filter((row) => row.startsWith('x:')).length, diagnostics.length)
  })
})

describe('json', () => {
  it('has everything, columns in code points and offsets in bytes', () => {
    const fix = { description: 'Do', edits: [{ start: 7, end: 9, text: 'x' }] }
    const report = JSON.parse(
      jsonReport(...marked('größe «ß» x', { expected: ['ss'], note: 'N', fix })),
    ) as JsonReport
    assert.deepEqual(report, {
      diagnostics: [
        {
          file: 'x.ipxe',
          line: 1,
          column: 7,
          endLine: 1,
          endColumn: 8,
          offset: 8,
          endOffset: 10,
          severity: 'error',
          rule: 'a-rule',
          message: 'Something is wrong',
          expected: ['ss'],
          note: 'N',
          fix,
        },
      ],
      summary: { errors: 1, warnings: 0, infos: 0, files: 1 },
    })
  })
})

describe('github', () => {
  it('writes workflow commands that text cannot break out of', () => {
    const report = githubReport(
      ...marked('größe «ß» x', { file: 'a,b:c%.ipxe', reason: '100 %\n::error::x', note: 'N.' }),
    )
    assert.equal(
      report,
      '::error file=a%2Cb%3Ac%25.ipxe,line=1,endLine=1,col=9,endColumn=10,title=a-rule::100 %25\\x0a::error::x. N.\n',
    )
    const info = marked('«ab»', { severity: 'info' })
    assert.equal(
      githubReport(...info),
      '::notice file=x.ipxe,line=1,endLine=1,col=1,endColumn=2,title=a-rule::Something is wrong\n',
    )
  })
})

describe('summaryLine', () => {
  it('counts', () => {
    const of = (severity: 'error' | 'warning' | 'info', file: string) =>
      new Diagnostic({ ruleId: 'r', severity, file, reason: 'r' })
    assert.equal(summaryLine([]), '')
    assert.equal(
      summaryLine([of('error', 'a'), of('error', 'b'), of('warning', 'a')]),
      '2 errors, 1 warning in 2 files',
    )
    assert.equal(summaryLine([of('info', 'a')]), '1 info in 1 file')
  })
})

describe('sortDiagnostics', () => {
  it('orders by file and place and drops what is said twice', () => {
    const at = (file: string, offset: number, reason = 'r') =>
      new Diagnostic({
        ruleId: 'r',
        severity: 'info',
        file,
        reason,
        place: { start: { line: 1, column: 1, offset }, end: { line: 1, column: 1, offset } },
      })
    const whole = new Diagnostic({ ruleId: 'r', severity: 'info', file: 'b', reason: 'whole' })
    const sorted = sortDiagnostics([
      at('b', 9),
      at('a', 20),
      at('a', 3),
      at('a', 20),
      at('a', 3, 'other'),
      whole,
    ])
    assert.deepEqual(
      sorted.map(({ file, place, reason }) => [file, place?.start.offset, reason]),
      [
        ['a', 3, 'r'],
        ['a', 3, 'other'],
        ['a', 20, 'r'],
        ['b', undefined, 'whole'],
        ['b', 9, 'r'],
      ],
    )
  })
})

describe('reports of any bytes', () => {
  it('never throw and never let a control character through', () => {
    const text = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: 'binary' }).map((value) => Buffer.from(`#!ipxe\n${value}`)),
    )
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 200 }), (bytes, width) => {
        const sources = new Map([['script.ipxe', bytes]])
        const diagnostics = checkScript(bytes)
        const report = prettyReport(diagnostics, sources, { width })
        assert.equal(report.split('\n').map(visible).join('\n'), report)
        JSON.parse(jsonReport(diagnostics, sources))
        const github = githubReport(diagnostics, sources)
        assert.equal(github.split('\n').length, diagnostics.length + 1)
      }),
      { numRuns: 800 },
    )
  })
})
