/**
 * Mocha's Spec reporter, which also knows why a test did not run: `notRun` in test/support/not-run.ts leaves the
 * reason on the test or hook. With IPXETOOL_TEST_SUMMARY set, a JSON summary is written to that path at the end:
 *
 *   { passed, failed, skipped: [{ suite, title, reason }], failures: [{ title, message }] }
 */
const { writeFileSync } = require('node:fs')
const Mocha = require('mocha')

const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } = Mocha.Runner.constants

class SpecWithReasons extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    const summary = { passed: 0, failed: 0, skipped: [], failures: [] }

    runner.on(EVENT_TEST_PASS, () => {
      summary.passed++
    })
    // Also for a failing hook, which mocha hands over in place of a test.
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      summary.failed++
      summary.failures.push({ title: test.fullTitle(), message: String(error?.message ?? error) })
    })
    runner.on(EVENT_TEST_PENDING, (test) => {
      const reason = reasonOf(test)
      summary.skipped.push({ suite: test.parent?.fullTitle() ?? '', title: test.title, reason })
    })
    runner.once(EVENT_RUN_END, () => {
      for (const line of notRunLines(summary.skipped)) Mocha.reporters.Base.consoleLog('  %s', line)
      const path = process.env.IPXETOOL_TEST_SUMMARY
      if (path) writeFileSync(path, JSON.stringify(summary))
    })
  }
}

/** A skip in a "before all" hook skips every test of its suite, and of the suites in it. */
function reasonOf(test) {
  if (test.skipReason) return test.skipReason
  for (let suite = test.parent; suite; suite = suite.parent) {
    const hook = suite._beforeAll?.find((candidate) => candidate.skipReason)
    if (hook) return hook.skipReason
  }
  return 'no reason given'
}

/** `NOT RUN: <suite>: 3 tests: <reason>`, one line for each suite and reason. */
function notRunLines(skipped) {
  const counts = new Map()
  for (const { suite, reason } of skipped) {
    const key = JSON.stringify([suite, reason])
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts].map(([key, count]) => {
    const [suite, reason] = JSON.parse(key)
    return `NOT RUN: ${suite}: ${count} ${count === 1 ? 'test' : 'tests'}: ${reason}`
  })
}

module.exports = SpecWithReasons
module.exports.notRunLines = notRunLines
