/**
 * One script that runs many cases, for the simulator and for real iPXE alike: each case is a script of its own, and what
 * it leaves behind is reported before the next one starts.
 */
import { textToBytes } from '../../src/syntax/bytes.js'
import type { Case } from './cases.js'

/** What one case left behind. */
export interface Result {
  /** `0`, or iPXE's error number in hex */
  readonly status: string
  /** `r` in hex digits */
  readonly r: string
  /** what it printed, where that can be read */
  readonly output?: string
}

/** Blocks that cases make, and settings that they set. */
const blocks = ['n', 'n.m', 'f', 'a', 'a.b', 'b', 'nosuch']

/** Every setting that the script may have changed: what follows the names of the commands that store. */
function cleared(script: string): string[] {
  const names = new Set(['r', 'q', 'a', 'b', 'c', 'd', 'l'])
  for (const [, name] of script.matchAll(
    /\b(?:set|inc|choose|clear)\s+(?:-\S+ \d+ )?([^\s:;&|${}\\"'-][^\s:;&|${}\\"']*)/g,
  )) {
    names.add(name!)
  }
  return [...names].filter((name) => !/^builtin|^[#-]/.test(name)).sort()
}

const caseBytes = (script: string) => Buffer.from(textToBytes(`#!ipxe\n${script}`))

/** Cases from `data:` addresses, results on the console between marks. Needs iPXE of 2026-07-16 or later. */
export function consoleDriver(cases: readonly Case[]): string {
  // `b` brought this very script
  const lines = ['#!ipxe', 'clear b', 'echo', 'echo ==8<==']
  cases.forEach(({ script }, index) => {
    const data = caseBytes(script).toString('base64')
    lines.push(
      `imgfetch --quiet --name case data:;base64,${data} ||`,
      'set zs 0',
      `chain case || set zs \${errno}`,
      'echo',
      `echo @@${index} \${zs} [\${r:hexraw}]`,
      'imgfree ||',
      ...cleared(script).map((name) => `clear ${name} ||`),
      ...(/priority/.test(script) ? blocks.map((name) => `clear ${name}/priority ||`) : []),
    )
  })
  return `${lines.join('\n')}\necho @@end\nexit 0\n`
}

/** Cases and results over HTTP, for an iPXE without `data:` addresses, whose console cannot be read. */
export function httpDriver(cases: readonly Case[], base: string): string {
  const lines = ['#!ipxe']
  cases.forEach(({ script }, index) => {
    lines.push(
      'set zs 0',
      `chain ${base}/case/${index} || set zs \${errno}`,
      'imgfree ||',
      `imgfetch ${base}/result/${index}?s=\${zs}&r=\${r:hexraw} ||`,
      'imgfree ||',
      ...cleared(script).map((name) => `clear ${name} ||`),
      ...(/priority/.test(script) ? blocks.map((name) => `clear ${name}/priority ||`) : []),
    )
  })
  return `${lines.join('\n')}\nimgfetch ${base}/end ||\nexit 0\n`
}

/** What the driver's requests get, and what they tell. */
export class DriverServer {
  readonly results = new Map<number, Result>()
  ended = false
  /** how many requests came */
  requests = 0
  private readonly cases: readonly Case[]
  private readonly script: string

  constructor(cases: readonly Case[], base: string) {
    this.cases = cases
    this.script = httpDriver(cases, base)
  }

  /** @param path with its query, as on the wire */
  answer(path: string): Uint8Array | undefined {
    this.requests++
    const [, kind, number] = /^\/(case|result)\/(\d+)/.exec(path) ?? []
    if (path === '/driver.ipxe') return Buffer.from(this.script, 'latin1')
    if (path === '/end') this.ended = true
    if (kind === 'case') return caseBytes(this.cases[Number(number)]!.script)
    if (kind === 'result') {
      const query = new URLSearchParams(path.slice(path.indexOf('?')))
      this.results.set(Number(number), { status: query.get('s') ?? '', r: query.get('r') ?? '' })
    }
    return Buffer.from('\n')
  }
}

/** The results on a console, by index. */
export function readConsole(output: string): Map<number, Result> {
  const results = new Map<number, Result>()
  const plain = output
    .slice(output.indexOf('==8<==') + 6)
    // eslint-disable-next-line no-control-regex
    .replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '')
    .replace(/\r/g, '')
  let from = 0
  for (const match of plain.matchAll(/^@@(\d+) (\S+) \[([0-9a-f]*)\]$/gm)) {
    results.set(Number(match[1]), { status: match[2]!, r: match[3]!, output: plain.slice(from, match.index) })
    from = match.index + match[0].length
  }
  return results
}
