/**
 * The simulator against iPXE itself: one script that runs all cases, in the simulator and in a Linux build of iPXE. The
 * error number, the bytes of the result and the printed text of each case must be the same.
 *
 * IPXETOOL_IPXE_ORACLE names the build (see syntax.test.ts); CI has none. IPXETOOL_ORACLE_RUNS: how many random programs.
 */
import assert from 'node:assert/strict'
import xterm from '@xterm/headless'
import { execa } from 'execa'
import fc from 'fast-check'
import { simulateSync, type Host } from '../../src/simulate/index.js'
import { Run } from '../../src/simulate/run.js'
import { notRun } from '../support/not-run.js'
import { confirmCases, type Case } from './cases.js'
import { differences } from './differences.js'
import { consoleDriver, readConsole, type Result } from './driver.js'
import { program } from './programs.js'
import { screenScripts } from './screens.js'

const oracle = process.env.IPXETOOL_IPXE_ORACLE

/** As many as fit into one argument of a process. */
const batchSize = 100

/** The console of iPXE. Its standard input is an open, silent pipe: at an end of file it would read keys for ever. */
async function ask(driver: string): Promise<string> {
  const settings = `b=${Buffer.from(driver, 'latin1').toString('base64')}`
  const { stdout } = await execa(oracle!, ['--settings', settings], {
    stdin: 'pipe',
    encoding: 'latin1',
    reject: false,
    timeout: 60_000,
    maxBuffer: 10_000_000,
  })
  return stdout.slice(stdout.indexOf('==8<==') + 6)
}

const host: Host = {
  fetch: () => ({ error: 'unreachable', reason: 'no network' }),
  menu: () => ({ draw: true }),
  key: () => 'none',
  line: () => ({ wait: true }),
  dhcp: () => undefined,
}

export function simulated(driver: string): string {
  return simulateSync({
    machine: { platform: 'linux', arch: 'x86_64', version: '2.0.0+', interfaces: [] },
    host,
    script: driver,
    name: 'script',
    limits: { steps: 1_000_000 },
  }).output
}

/** Beside the point: the spelling of usage lines, cursor movements, and a reset that iPXE misspells. */
function tidy({ status, r, output }: Result): Result {
  return {
    status,
    r,
    output: (output ?? '')
      // eslint-disable-next-line no-control-regex
      .replace(/\x1b0m/g, '')
      // eslint-disable-next-line no-control-regex
      .replace(/(.\x08| \x08|\x08)/g, '')
      .replace(/^Usage:\n\n.*\n/gm, 'Usage\n')
      // the end of a screen line is blank whether it was written or not
      .replace(/ {2,}/g, '  ')
      .trim(),
  }
}

/** Each row with the colours of its text: one letter for each run of one background. */
async function rendered(output: string): Promise<string[]> {
  const terminal = new xterm.Terminal({ rows: 25, cols: 80, convertEol: true, allowProposedApi: true })
  await new Promise<void>((resolve) => {
    // the end of the menu moves to the last row; what comes behind is the end of the process
    const end = output.lastIndexOf('\x1b[25;1H')
    assert.ok(end > 0, 'the menu was not shown')
    terminal.write(Buffer.from(output.slice(0, end), 'latin1'), resolve)
  })
  const buffer = terminal.buffer.active
  return Array.from({ length: 25 }, (_, row) => {
    const line = buffer.getLine(buffer.baseY + row)!
    const colours = Array.from({ length: 80 }, (_unused, column) => {
      const cell = line.getCell(column)!
      return `${cell.getFgColor()}/${cell.getBgColor()}/${cell.isBold()}`
    })
    return `${line.translateToString(true).trimEnd()} ${[...new Set(colours)].sort().join(' ')}`
  })
}

async function compare(cases: readonly Case[]): Promise<string[]> {
  const driver = consoleDriver(cases)
  const real = readConsole(await ask(driver))
  const own = readConsole(simulated(driver))
  return cases.flatMap(({ name }, index) => {
    const [theirs, ours] = [real.get(index), own.get(index)]
    if (!theirs) return [`${name}: iPXE did not get there`]
    if (!ours) return [`${name}: the simulator did not get there`]
    const [expected, actual] = [JSON.stringify(tidy(theirs)), JSON.stringify(tidy(ours))]
    return expected === actual ? [] : [`${name}\n  iPXE      ${expected}\n  simulator ${actual}`]
  })
}

describe('the simulator against real iPXE', function () {
  this.timeout(3_600_000)

  it('runs every case of the table to its mark', () => {
    assert.ok(confirmCases.length >= 400)
    assert.equal(new Set(confirmCases.map(({ name }) => name)).size, confirmCases.length, 'names are unique')
    assert.equal(readConsole(simulated(consoleDriver(confirmCases))).size, confirmCases.length)
    for (const { cases, reason } of differences) {
      assert.ok(
        confirmCases.some(({ name }) => cases.test(name)),
        `no case has the difference: ${reason}`,
      )
    }
  })

  it('has cases that a wrong order of operators changes', () => {
    const right = readConsole(simulated(consoleDriver(confirmCases)))
    // `a || b && c` as `a || (b && c)`: what is skipped takes the rest of the line with it
    // eslint-disable-next-line @typescript-eslint/unbound-method
    const { line } = Run.prototype
    Run.prototype.line = function (pieces) {
      const groups = pieces.map((piece) => ({ ...piece }))
      const run = line.bind(this)
      return (function* () {
        let status = 0
        for (const piece of groups) {
          const { operator } = piece
          if ((operator === '||' && status === 0) || (operator === '&&' && status !== 0)) return status
          status = yield* run([{ ...piece, operator: '' as const }])
        }
        return status
      })()
    }
    try {
      const wrong = readConsole(simulated(consoleDriver(confirmCases)))
      const changed = confirmCases.filter((_, index) => {
        const [a, b] = [right.get(index), wrong.get(index)]
        return a?.r !== b?.r || a?.status !== b?.status
      })
      assert.ok(changed.length >= 5, `only ${changed.length} cases notice`)
    } finally {
      Run.prototype.line = line
    }
  })

  describe('in userspace', () => {
    before(function () {
      if (!oracle) {
        notRun(this, 'no real iPXE to compare with: set IPXETOOL_IPXE_ORACLE (see the head of the test)', {
          allowedInCi: true,
        })
      }
    })

    it('leaves the same behind for the table', async () => {
      const skipped = differences.filter(({ judge, kind }) => judge === 'userspace' && kind === 'skip')
      const cases = confirmCases.filter(({ name }) => !skipped.some(({ cases }) => cases.test(name)))
      const found: string[] = []
      for (let at = 0; at < cases.length; at += batchSize) {
        found.push(...(await compare(cases.slice(at, at + batchSize))))
      }
      assert.deepEqual(found, [])
    })

    it('shows the same menus', async () => {
      for (const script of screenScripts) {
        const driver = `#!ipxe\nclear b\necho\necho ==8<==\n${script}\nexit 0\n`
        const theirs = await rendered(await ask(driver))
        const own = simulated(driver)
        const ours = await rendered(own.slice(own.indexOf('==8<==') + 6))
        assert.deepEqual(ours, theirs, script)
      }
    })

    it('leaves the same behind for random programs', async () => {
      const runs = Number(process.env.IPXETOOL_ORACLE_RUNS ?? 300)
      const sample = fc.sample(program, { numRuns: runs })
      const found: string[] = []
      for (let at = 0; at < sample.length; at += batchSize) {
        const cases = sample
          .slice(at, at + batchSize)
          .map((script) => ({ name: JSON.stringify(script), script }))
        found.push(...(await compare(cases)))
      }
      assert.deepEqual(found.slice(0, 5), [], `${found.length} of ${runs} programs differ`)
    })
  })
})
