/**
 * Every path through the menus of a tree, without a test being written: each entry of each menu that can be reached is
 * picked once, and where that leads is judged.
 */
import { decodeText } from '../syntax/bytes.js'
import { errorText } from './errors.js'
import { endingWords } from './expect.js'
import { simulateSync } from './simulate.js'
import { treeBase, treeHost, type FileLookup } from './tree-host.js'
import type { Ending, Host, Machine, MenuRequest, RunReport } from './types.js'

export interface PathsOptions {
  readonly files: FileLookup
  readonly entry: string
  readonly machine: Machine
  readonly net: 'offline' | 'tree'
  /** paths at most; default 10,000 */
  readonly limit?: number
}

/**
 * `fine`: it boots, restarts, ends well or opens a menu. `explained`: it fails, and the screen says so. The others are
 * problems: `silent` it fails and nothing says so; `dead-end` the entry does nothing at all; `missing` a file of the own
 * tree is not there; `loop` it never ends. `keyboard`: it asks for a key or a text that nobody may be there to give.
 */
export type Verdict = 'fine' | 'explained' | 'keyboard' | 'silent' | 'dead-end' | 'missing' | 'loop'

export const problemVerdicts: ReadonlySet<Verdict> = new Set(['silent', 'dead-end', 'missing', 'loop'])

export interface Path {
  /** names of the entries that were picked */
  readonly picks: readonly string[]
  readonly verdict: Verdict
  /** where it leads, in words */
  readonly leads: string
  readonly report: RunReport
}

interface Outcome {
  report: RunReport
  /** the menu where it stopped */
  menu: MenuRequest | undefined
  asked: boolean
}

export function allPaths(options: PathsOptions): Path[] {
  const { limit = 10_000 } = options
  const paths: Path[] = []
  const opened = new Set<string>()
  const queue: string[][] = [[]]
  while (queue.length > 0 && paths.length < limit) {
    const picks = queue.shift()!
    const outcome = play(options, picks)
    const { menu } = outcome
    if (menu) {
      const id = identity(menu)
      if (!opened.has(id)) {
        opened.add(id)
        const names = new Set(menu.entries.flatMap(({ name }) => (name === undefined ? [] : [name])))
        for (const name of names) queue.push([...picks, name])
      }
    }
    if (picks.length > 0 || !menu) paths.push(judged(picks, outcome))
  }
  return paths
}

function identity({ script, title, entries }: MenuRequest): string {
  const names = entries.flatMap(({ name }) => (name === undefined ? [] : [name]))
  return JSON.stringify([script?.uri ?? script?.image, script?.line, title, names])
}

function play({ files, entry, machine, net }: PathsOptions, picks: readonly string[]): Outcome {
  let next = 0
  let asked = false
  let menu: MenuRequest | undefined
  const base = treeHost({ files, others: net === 'tree' ? 'assume' : 'offline' })
  const host: Host = {
    ...base,
    menu(request) {
      const pick = picks[next++]
      if (pick !== undefined) return { pick }
      menu = request
      return { stop: true }
    },
    key({ timeout }) {
      if (timeout > 0) return 'none'
      asked = true
      return 13
    },
    line({ for: purpose, value }) {
      if (purpose === 'shell') return { wait: true }
      asked = true
      return { line: value }
    },
  }
  const script = files(entry)
  const report = simulateSync({ machine, host, script: script?.data ?? '', uri: treeBase + entry })
  return { report, menu, asked }
}

function judged(picks: readonly string[], { report, menu, asked }: Outcome): Path {
  const path = (verdict: Verdict, leads: string): Path => ({
    picks: picks.map(decodeText),
    verdict,
    leads,
    report,
  })
  const missing = report.fetched.find(
    ({ ok, reason }) => !ok && reason !== undefined && /^there is no .* in the tree$/.test(reason),
  )
  if (missing) return path('missing', missing.reason!)
  const { ending } = report
  const end = endingWords(report)
  if (ending.kind === 'stopped') return path('loop', end)
  if (ending.kind === 'exit' && ending.status !== 0) {
    return path(report.lastFailure?.said === false ? 'silent' : 'explained', end)
  }
  if (menu) {
    const title = decodeText(menu.title)
    const last = report.menus[report.menus.length - 1]
    const same =
      last !== undefined && last.place?.line === menu.script?.line && last.place?.uri === menu.script?.uri
    const trouble = report.troubles.find(({ menus }) => menus === report.menus.length)
    if (trouble)
      return path('explained', `fails and comes back to the menu "${title}": ${failure(report, trouble)}`)
    if (same && !asked && report.fetched.length === 0 && report.output === '') {
      return path('dead-end', `does nothing and comes back to the menu "${title}"`)
    }
    return path(asked ? 'keyboard' : 'fine', `opens the menu "${title}"`)
  }
  return path(asked || needsSomebody(ending) ? 'keyboard' : 'fine', end)
}

function failure({ fetched }: RunReport, { words, status }: RunReport['troubles'][number]): string {
  const reason = fetched.filter(({ ok }) => !ok).pop()?.reason
  return reason === undefined
    ? `${words.slice(0, 2).map(decodeText).join(' ')}: ${errorText(status)}`
    : decodeText(reason)
}

function needsSomebody({ kind }: Ending): boolean {
  return kind === 'waiting' || kind === 'shell'
}

/** Lines that ran in any of the reports, by the script's address. */
export function coveredLines(reports: readonly Pick<RunReport, 'lines'>[]): Map<string, Set<number>> {
  const covered = new Map<string, Set<number>>()
  for (const { lines } of reports) {
    for (const [script, numbers] of lines) {
      let all = covered.get(script)
      if (!all) covered.set(script, (all = new Set()))
      for (const number of numbers) all.add(number)
    }
  }
  return covered
}
