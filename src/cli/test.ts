/** `ipxetool test`: menu tests, and every path through the menus. */
import { resolve } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import {
  allPaths,
  Answers,
  coveredLines,
  judge,
  makeMachine,
  problemVerdicts,
  runnableLines,
  simulateSync,
  treeBase,
  treeHost,
  type MenuTest,
  type Path,
  type RunReport,
} from '../simulate/index.js'
import { encodeText } from '../syntax/bytes.js'
import { ExitCode } from './exit-codes.js'
import type { Io } from './io.js'
import { simulatedTree, type SimulatedTree } from './simulated-tree.js'
import { findTestFiles, readTestFile } from './test-files.js'
import { parseVariables } from './variables.js'

export interface TestOptions {
  project?: string
  var?: string[]
  allPaths?: boolean
  coverage?: boolean
  /** only tests whose name holds this text */
  grep?: string
  json?: boolean
  quiet?: boolean
  verbose?: boolean
  color?: boolean
}

interface TestResult {
  readonly file: string
  readonly name: string
  readonly problems: readonly string[]
  readonly report: RunReport
}

interface Scenario {
  readonly platform: 'efi' | 'pcbios'
  readonly net: 'tree' | 'offline'
  readonly paths: readonly Path[]
}

/**
 * @returns 1 when a test failed, or a path is a dead end, fails without a word, misses a file of the tree or never ends
 * @throws IpxetoolError for test files that are none, and when there is nothing to test
 */
export async function runTest(target: string | undefined, options: TestOptions, io: Io): Promise<number> {
  const tree = await simulatedTree(target, { ...options, variables: parseVariables(options.var ?? []) }, io)
  const root = tree.project ?? resolve(io.cwd, target ?? '.')
  const files = tree.project === undefined ? [] : await findTestFiles(root, resolve(root, 'out'))
  const results: TestResult[] = []
  for (const full of files) {
    const { path, tests } = await readTestFile(full, io)
    for (const test of tests) {
      if (options.grep !== undefined && !test.name.includes(options.grep)) continue
      results.push(runOne(tree, path, test))
    }
  }
  const scenarios = options.allPaths === true ? allScenarios(tree) : []
  if (results.length === 0 && scenarios.length === 0) {
    throw new IpxetoolError('no-tests', `there are no tests in ${visible(target ?? tree.title)}`, {
      exitCode: 2,
      hint: 'write menus/NAME.test.yaml (docs/try.md), or let `ipxetool test --all-paths` try every entry',
    })
  }
  const reports = [
    ...results.map(({ report }) => report),
    ...scenarios.flatMap(({ paths }) => paths.map(({ report }) => report)),
  ]
  const coverage = coverageOf(tree, reports)
  const failed = results.filter(({ problems }) => problems.length).length
  const bad = scenarios.reduce((sum, { paths }) => sum + paths.filter(isProblem).length, 0)
  if (options.json === true) io.stdout.write(json(results, scenarios, coverage))
  else tell(results, scenarios, coverage, options, io)
  return failed + bad > 0 ? ExitCode.problems : ExitCode.ok
}

function runOne(tree: SimulatedTree, file: string, test: MenuTest): TestResult {
  const entry = test.script ?? tree.entry
  const script = tree.files(entry)
  if (!script) {
    throw new IpxetoolError(
      'bad-test',
      `${visible(file)}, test "${visible(test.name)}": there is no ${visible(entry)} in the tree`,
    )
  }
  const attended = test.answers !== undefined || test.choose !== undefined
  const answers = new Answers([...(test.choose ?? []), ...(test.answers ?? [])], attended ? 'stop' : 'wait')
  const host = treeHost({ files: tree.files, others: test.net === 'offline' ? 'offline' : 'assume', answers })
  const report = simulateSync({
    machine: makeMachine(test.machine ?? {}),
    host,
    script: script.data,
    uri: treeBase + encodeText(entry),
  })
  const unused = answers.unused.map((left) => (typeof left === 'string' ? left : JSON.stringify(left)))
  const problems = judge(report, test.expect)
  if (unused.length) problems.push(`nobody asked for: ${unused.join(', ')}`)
  return { file, name: test.name, problems, report }
}

function allScenarios(tree: SimulatedTree): Scenario[] {
  const { files, entry } = tree
  return (['efi', 'pcbios'] as const).flatMap((platform) =>
    (['tree', 'offline'] as const).map((net) => ({
      platform,
      net,
      paths: allPaths({ files, entry, machine: makeMachine({ platform }), net }),
    })),
  )
}

const isProblem = ({ verdict }: Path): boolean => problemVerdicts.has(verdict)

interface Coverage {
  readonly script: string
  readonly lines: number
  readonly missed: readonly number[]
}

function coverageOf(tree: SimulatedTree, reports: readonly RunReport[]): Coverage[] {
  const covered = coveredLines(reports)
  return tree.scripts.map((script) => {
    const lines = runnableLines(tree.files(script)?.data ?? new Uint8Array())
    const ran = covered.get(treeBase + encodeText(script)) ?? new Set()
    return { script, lines: lines.length, missed: lines.filter((line) => !ran.has(line)) }
  })
}

function json(
  results: readonly TestResult[],
  scenarios: readonly Scenario[],
  coverage: readonly Coverage[],
): string {
  const document = {
    tests: results.map(({ file, name, problems }) => ({
      file,
      name,
      passed: problems.length === 0,
      problems,
    })),
    scenarios: scenarios.map(({ platform, net, paths }) => ({
      platform,
      net,
      paths: paths.map(({ picks, verdict, leads }) => ({ picks, verdict, leads })),
    })),
    coverage,
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

const verdictWords: Readonly<Record<Path['verdict'], string>> = {
  fine: 'fine',
  explained: 'fails, and says why',
  keyboard: 'needs a keyboard',
  silent: 'fails without a word',
  'dead-end': 'does nothing',
  missing: 'misses a file',
  loop: 'never ends',
}

function tell(
  results: readonly TestResult[],
  scenarios: readonly Scenario[],
  coverage: readonly Coverage[],
  options: TestOptions,
  { stdout }: Io,
): void {
  const quiet = options.quiet === true
  for (const { file, name, problems } of results) {
    if (problems.length === 0 && quiet) continue
    stdout.write(`${problems.length ? 'FAILED' : 'ok    '} ${visible(file)}: ${visible(name)}\n`)
    for (const problem of problems) stdout.write(`         ${visible(problem)}\n`)
  }
  for (const { platform, net, paths } of scenarios) {
    const counts = new Map<Path['verdict'], number>()
    for (const { verdict } of paths) counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
    const words = [...counts].map(([verdict, count]) => `${count} ${verdictWords[verdict]}`)
    const servers = net === 'tree' ? 'with other servers' : 'offline'
    if (!quiet) stdout.write(`${platform}, ${servers}: ${paths.length} paths: ${words.join(', ')}\n`)
    for (const { picks, verdict, leads } of paths) {
      if (!problemVerdicts.has(verdict) && options.verbose !== true) continue
      const mark = problemVerdicts.has(verdict) ? 'FAILED' : '      '
      const where = picks.length ? picks.join(' > ') : 'the start'
      stdout.write(`${mark}   ${visible(where)}: ${verdictWords[verdict]}: ${visible(leads)}\n`)
    }
  }
  if (!quiet) tellCoverage(coverage, options, stdout)
  const failed = results.filter(({ problems }) => problems.length).length
  const bad = scenarios.reduce((sum, { paths }) => sum + paths.filter(isProblem).length, 0)
  const parts = [
    ...(results.length ? [`${results.length - failed} passed, ${failed} failed`] : []),
    ...(scenarios.length ? [`${bad} bad ${bad === 1 ? 'path' : 'paths'}`] : []),
  ]
  stdout.write(`${parts.join('; ')}\n`)
}

function tellCoverage(coverage: readonly Coverage[], options: TestOptions, stdout: Io['stdout']): void {
  const lines = coverage.reduce((sum, one) => sum + one.lines, 0)
  const missed = coverage.reduce((sum, one) => sum + one.missed.length, 0)
  if (lines === 0) return
  stdout.write(`${lines - missed} of ${lines} lines of ${coverage.length} scripts ran\n`)
  if (options.coverage !== true) return
  for (const { script, missed: numbers } of coverage) {
    if (numbers.length) stdout.write(`         ${visible(script)}: not lines ${ranges(numbers)}\n`)
  }
}

/** `3-5, 8` */
function ranges(numbers: readonly number[]): string {
  const parts: [number, number][] = []
  for (const number of numbers) {
    const last = parts[parts.length - 1]
    if (last?.[1] === number - 1) last[1] = number
    else parts.push([number, number])
  }
  return parts.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(', ')
}
