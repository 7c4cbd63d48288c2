#!/usr/bin/env node
/**
 * npm test: everything, from a fresh clone.
 *
 *   npm test                     install, system packages, build, types, lint, format, unit tests, end-to-end tests
 *   npm test -- --unit           without the end-to-end tests (real firmware)
 *   npm test -- --verbose        the output of the tests as it comes
 *   npm test -- -g pattern       further arguments go to mocha
 *
 * A stage that fails shows its whole output, and the later ones run all the same, so that one run shows all there is.
 * The last line is `N passed, N failed[, N skipped]`; a failed stage other than tests counts as one failure. Exit code
 * 1 when anything failed. With CI set, a test that cannot run fails by itself (test/support/not-run.ts).
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, filesBelow } from './build.mjs'
import { ensure } from './ensure.mjs'
import { root, runNode, stopwatch } from './processes.mjs'

const args = process.argv.slice(2)
const unitOnly = takeFlag('--unit')
const verbose = takeFlag('--verbose')
const totals = { passed: 0, failed: 0, skipped: [], failures: [] }
const failedStages = []

await main()
if (totals.skipped.length > 0) {
  const { notRunLines } = createRequire(import.meta.url)('./mocha-reporter.cjs')
  for (const line of notRunLines(totals.skipped)) console.log(line)
}
// Once more: their own place is thousands of lines further up, and a log may be kept by its end only.
for (const { title, message } of totals.failures) console.log(`FAILED: ${title}: ${firstLines(message)}`)
if (failedStages.length > 0) console.log(`FAILED: ${failedStages.join(', ')}`)
const skipped = totals.skipped.length
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failedStages.length > 0 ? 1 : 0

function firstLines(message) {
  return message.trim().split('\n').slice(0, 8).join('\n    ')
}

function takeFlag(flag) {
  const index = args.indexOf(flag)
  if (index >= 0) args.splice(index, 1)
  return index >= 0
}

async function main() {
  // Without packages nothing else can run.
  if (!(await stage('install', ensureStage))) return
  await stage('system packages', systemPackages)
  const built = await stage('build', async () => note(await build()))
  await Promise.all([
    stage('lint', () => tool('node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0')),
    stage('types', () => tool('node_modules/typescript/bin/tsc', '--noEmit')).then(() =>
      stage('format', () =>
        tool('node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
      ),
    ),
  ])
  await tests('unit', 'test/**/*.test.ts', '--ignore', 'test/e2e/**')
  if (unitOnly || !filesBelow(join(root, 'test', 'e2e')).some((file) => file.endsWith('.test.ts'))) return
  if (built) await tests('end to end', 'test/e2e/**/*.test.ts')
  else console.log(`${'end to end'.padEnd(16)} not run: it needs the build`)
}

/**
 * Runs one stage and prints its line with the seconds it took.
 *
 * @param {string} name
 * @param {() => Promise<{ ok: boolean, output?: string, note?: string }>} work `output` is shown when it fails,
 *   `note` at the end of its line
 * @param {boolean} [counts] add a failure to the total; stages that count their tests do that themselves
 */
async function stage(name, work, counts = true) {
  const elapsed = stopwatch()
  const { ok, output = '', note = '' } = await work()
  const line = `${name.padEnd(16)} ${ok ? 'ok    ' : 'FAILED'} ${elapsed().padStart(8)}`
  console.log(note ? `${line}  ${note}` : line)
  if (ok) return true
  if (output) console.log(`${output.trimEnd()}\n`)
  failedStages.push(name)
  if (counts) totals.failed++
  return false
}

/** What ensure and build return: one line when it went well, else all there is to say. */
function note({ ok, message }) {
  return ok ? { ok, note: message } : { ok, output: message }
}

async function ensureStage() {
  return note(await ensure())
}

async function systemPackages() {
  const script = join(root, 'scripts', 'system-packages.mjs')
  if (!existsSync(script)) return { ok: true, note: 'none needed' }
  const { ensureSystemPackages } = await import('./system-packages.mjs')
  const mayInstall = Boolean(process.env.CI) || process.getuid?.() === 0
  const { message } = await ensureSystemPackages({ install: mayInstall && !unitOnly })
  // Nothing fails here: a test that needs one of them says that it did not run, and in CI it fails.
  return { ok: true, note: message }
}

async function tool(script, ...toolArgs) {
  const { code, output } = await runNode([script, ...toolArgs])
  return { ok: code === 0, output }
}

/** Runs mocha and adds its summary to the totals; when it leaves none, it crashed, and that is one failure. */
async function tests(name, ...mochaArgs) {
  const work = mkdtempSync(join(tmpdir(), 'ipxetool-test-'))
  const file = join(work, 'summary.json')
  const run = async () => {
    // --exit: what a failed hook leaves open, a server say, must not keep a finished run from ending
    const mocha = ['node_modules/mocha/bin/mocha.js', '--exit', ...mochaArgs, ...args]
    const { code, output } = await runNode(mocha, {
      show: verbose,
      env: { IPXETOOL_TEST_SUMMARY: file },
    })
    if (!existsSync(file)) {
      totals.failed++
      return { ok: false, output }
    }
    const summary = JSON.parse(readFileSync(file, 'utf8'))
    totals.passed += summary.passed
    totals.failed += summary.failed
    totals.skipped.push(...summary.skipped)
    totals.failures.push(...summary.failures)
    // What real firmware did is worth seeing when all went well, too.
    if (code === 0 && !verbose) {
      for (const line of output.split('\n')) if (line.startsWith('boot: ')) console.log(`  ${line}`)
    }
    // It can fail without a failed test, too: an error outside of any test.
    if (code !== 0 && summary.failed === 0) totals.failed++
    const counts = `${summary.passed} passed, ${summary.failed} failed, ${summary.skipped.length} skipped`
    return { ok: code === 0, output, note: counts }
  }
  await stage(name, run, false)
  rmSync(work, { recursive: true })
}
