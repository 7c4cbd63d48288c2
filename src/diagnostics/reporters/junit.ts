/** Diagnostics as JUnit XML, which CI systems show as tests: a file is a suite, a diagnostic a failed test. */
import type { Diagnostic } from '../diagnostic.js'
import { Sources } from '../source-text.js'
import { escapeXml } from '../xml.js'

/** @param sources files without a diagnostic are suites with one test that passed */
export function junitReport(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, Uint8Array>,
): string {
  const texts = new Sources(sources)
  const byFile = new Map<string, Diagnostic[]>([...sources.keys()].sort().map((file) => [file, []]))
  for (const diagnostic of diagnostics) {
    const list = byFile.get(diagnostic.file)
    if (list) list.push(diagnostic)
    else byFile.set(diagnostic.file, [diagnostic])
  }
  const suites = [...byFile].map(([file, found]) => suite(file, found, texts))
  const tests = [...byFile.values()].reduce((sum, { length }) => sum + Math.max(1, length), 0)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="ipxetool check" tests="${tests}" failures="${diagnostics.length}" errors="0">`,
    ...suites,
    '</testsuites>\n',
  ].join('\n')
}

function suite(file: string, found: readonly Diagnostic[], texts: Sources): string {
  const name = attribute(file)
  const open = `  <testsuite name=${name} tests="${Math.max(1, found.length)}" failures="${found.length}" errors="0">`
  if (found.length === 0)
    return `${open}\n    <testcase name="no problems" classname=${name}/>\n  </testsuite>`
  return [open, ...found.map((diagnostic) => testcase(diagnostic, texts)), '  </testsuite>'].join('\n')
}

function testcase({ file, place, severity, ruleId, reason, note }: Diagnostic, texts: Sources): string {
  const column = place && (texts.get(file)?.column(place.start) ?? place.start.column)
  const where = place ? ` ${place.start.line}:${column}` : ''
  const text = `${file}${where.replace(' ', ':')}: ${reason}${note === undefined ? '' : `\n${note}`}`
  return [
    `    <testcase name=${attribute(`${ruleId}${where}`)} classname=${attribute(file)}>`,
    `      <failure type="${severity}" message=${attribute(reason)}>${escapeXml(text)}</failure>`,
    '    </testcase>',
  ].join('\n')
}

function attribute(text: string): string {
  return `"${escapeXml(text).replaceAll('\n', ' ')}"`
}
