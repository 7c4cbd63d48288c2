import assert from 'node:assert/strict'
import { Ajv } from 'ajv'
import { Diagnostic } from '../../src/diagnostics/diagnostic.js'
import { gnuReport } from '../../src/diagnostics/reporters/gnu.js'
import { jsonReport } from '../../src/diagnostics/reporters/json.js'
import { jsonlReport } from '../../src/diagnostics/reporters/jsonl.js'
import { junitReport } from '../../src/diagnostics/reporters/junit.js'
import { sarifReport } from '../../src/diagnostics/reporters/sarif.js'
import { checkScript } from '../../src/rules/check-script.js'
import { sarifShape } from './sarif-shape.js'

const sources = new Map<string, Uint8Array>([
  ['menus/größe.ipxe', Buffer.from('#!ipxe\ninitrd größe ||shell\nehco <a> & "b"\n')],
  ['clean.ipxe', Buffer.from('#!ipxe\n')],
])
const found = checkScript(sources.get('menus/größe.ipxe')!, { path: 'menus/größe.ipxe' })
const whole = new Diagnostic({ ruleId: 'unreadable', severity: 'info', file: '/srv/a b', reason: 'x\x1b' })

describe('gnu', () => {
  it('is a line for each, columns in code points', () => {
    assert.deepEqual(gnuReport([...found, whole], sources).split('\n'), [
      'menus/größe.ipxe:2:14: warning: `||` in `||shell` is no operator: it needs a blank on both sides [glued-operator]',
      'menus/größe.ipxe:3:1: error: iPXE has no command `ehco`; did you mean `echo`? [unknown-command]',
      '/srv/a b: info: x\\x1b [unreadable]',
      '',
    ])
  })
})

describe('jsonl', () => {
  it('has the objects of json', () => {
    const lines = jsonlReport(found, sources).trimEnd().split('\n')
    const { diagnostics } = JSON.parse(jsonReport(found, sources)) as { diagnostics: unknown[] }
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      diagnostics,
    )
  })
})

describe('junit', () => {
  it('is a suite for each file, with what is wrong as failures', () => {
    const report = junitReport([...found, whole], sources)
    assert.match(
      report,
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="ipxetool check" tests="4" failures="3"/,
    )
    assert.match(
      report,
      /<testsuite name="clean.ipxe" tests="1" failures="0" errors="0">\n {4}<testcase name="no problems"/,
    )
    assert.match(report, /<testcase name="unknown-command 3:1" classname="menus\/größe.ipxe">/)
    assert.match(report, /<failure type="info" message="x\\x1b">/)
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(report, /[\x00-\x09\x0b-\x1f]/)
    const bare = report.replace(/<[^<>]*>/g, '').replace(/&(amp|lt|gt|quot);/g, '')
    assert.doesNotMatch(bare, /[<>&]/)
  })
})

describe('sarif', () => {
  const report = (failures: string[] = []): unknown =>
    JSON.parse(
      sarifReport([...found, whole], sources, {
        version: '1.2.3',
        failures,
        describe: (id) =>
          id === 'unreadable' ? undefined : { summary: `${id}.`, why: 'Because.', severity: 'warning' },
      }),
    )
  it('has the structure that SARIF 2.1.0 asks for', () => {
    const validate = new Ajv({ strict: false }).compile(sarifShape)
    for (const one of [report(), report(['a rule failed'])]) {
      assert.ok(validate(one), JSON.stringify(validate.errors))
    }
  })
  it('names places in code points, and fixes', () => {
    type Run = { results: { ruleId: string; locations: unknown; fixes?: unknown }[] }
    const [first, , last] = (report() as { runs: [Run] }).runs[0].results
    assert.deepEqual(first!.locations, [
      {
        physicalLocation: {
          artifactLocation: { uri: 'menus/gr%C3%B6%C3%9Fe.ipxe' },
          region: { startLine: 2, startColumn: 14, endLine: 2, endColumn: 16 },
        },
      },
    ])
    const region = { startLine: 2, startColumn: 14, endLine: 2, endColumn: 16 }
    assert.deepEqual(first!.fixes, [
      {
        description: { text: 'Put blanks around it' },
        artifactChanges: [
          {
            artifactLocation: { uri: 'menus/gr%C3%B6%C3%9Fe.ipxe' },
            replacements: [{ deletedRegion: region, insertedContent: { text: '|| ' } }],
          },
        ],
      },
    ])
    assert.deepEqual(last!.locations, [
      { physicalLocation: { artifactLocation: { uri: 'file:///srv/a%20b' } } },
    ])
  })
})
