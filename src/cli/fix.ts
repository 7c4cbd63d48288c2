/** `ipxetool check --fix`: applies the repairs of rules, and looks again whether they were right. */
import { resolve } from 'node:path'
import { applyFixes } from '../diagnostics/apply-fixes.js'
import type { Diagnostic, Fix } from '../diagnostics/diagnostic.js'
import { configName } from '../project/config.js'
import type { ProjectHost } from '../project/host.js'
import { CheckRun, type RunSettings } from './check-run.js'
import type { Inputs } from './check-inputs.js'
import type { Io } from './io.js'
import type { Rewrite } from './rewrite.js'

export interface Fixed {
  /** Not written yet. */
  rewrites: Rewrite[]
  /** Repairs that were applied. */
  count: number
  /** Files of which a repair would have brought a new error. */
  refused: string[]
}

const maxPasses = 10

/**
 * Repairs in memory, at most {@link maxPasses} times: one repair may make another one possible, and those that overlap
 * wait for the next pass. After each pass everything is checked again; a file with an error that was not there before
 * goes back to what it was, and is left alone.
 */
export async function fixInputs(
  host: ProjectHost,
  io: Io,
  { inputs, settings }: { inputs: Inputs; settings: RunSettings },
): Promise<Fixed> {
  const before = new Map<string, Uint8Array>()
  let after = new Map<string, Uint8Array>()
  const counts = new Map<string, number>()
  const refused = new Set<string>()
  const key = (path: string): string => resolve(io.cwd, path)
  const check = async (): Promise<CheckRun> => {
    const overlay = new Map([...after].map(([path, bytes]) => [key(path), bytes]))
    const stdin = async (): Promise<Uint8Array> =>
      overlay.get(key(settings.stdinFilename)) ?? (await settings.stdin())
    const run = new CheckRun(withOverlay(host, overlay, key), io, {
      ...settings,
      stdin,
      ask: undefined,
      types: false,
    })
    await run.checkAll(inputs)
    return run
  }

  let run = await check()
  for (let pass = 0; pass < maxPasses; pass++) {
    const next = new Map(after)
    const changed = new Map<string, number>()
    for (const [path, fixes] of fixesByFile(run)) {
      const bytes = run.sources.get(path)
      if (!bytes || refused.has(path)) continue
      const applied = applyFixes(bytes, fixes)
      if (applied.count === 0) continue
      if (!before.has(path)) before.set(path, bytes)
      next.set(path, applied.bytes)
      changed.set(path, applied.count)
    }
    if (changed.size === 0) break
    const last = after
    after = next
    const checked = await check()
    const worse = filesWithNewErrors(run.diagnostics, checked.diagnostics)
    if (worse.size === 0) {
      for (const [path, count] of changed) counts.set(path, (counts.get(path) ?? 0) + count)
      run = checked
      continue
    }
    // the error may show in another file than the one that was changed
    const guilty = [...changed.keys()].filter((path) => worse.has(path))
    for (const path of guilty.length > 0 ? guilty : changed.keys()) refused.add(path)
    after = last
  }
  const rewrites = [...after].map(([path, bytes]) => ({ path, before: before.get(path)!, after: bytes }))
  return {
    rewrites: rewrites.filter((one) => !Buffer.from(one.before).equals(one.after)),
    count: [...counts.values()].reduce((sum, count) => sum + count, 0),
    refused: [...refused],
  }
}

/** Scripts only: a fix in a file that a script was made from would write lines of a script there. */
function fixesByFile({ diagnostics }: CheckRun): Map<string, Fix[]> {
  const byFile = new Map<string, Fix[]>()
  for (const { file, fix } of diagnostics) {
    if (!fix || file.endsWith(configName) || file.endsWith('.ts')) continue
    const list = byFile.get(file)
    // a file that two scripts include has its fixes twice
    if (!list) byFile.set(file, [fix])
    else if (!list.some((other) => JSON.stringify(other.edits) === JSON.stringify(fix.edits))) list.push(fix)
  }
  return byFile
}

function filesWithNewErrors(before: readonly Diagnostic[], after: readonly Diagnostic[]): Set<string> {
  const known = new Map<string, number>()
  const name = ({ file, ruleId, reason }: Diagnostic): string => `${file}\0${ruleId}\0${reason}`
  for (const diagnostic of before) known.set(name(diagnostic), (known.get(name(diagnostic)) ?? 0) + 1)
  const worse = new Set<string>()
  for (const diagnostic of after) {
    if (diagnostic.severity !== 'error') continue
    const left = known.get(name(diagnostic)) ?? 0
    if (left === 0) worse.add(diagnostic.file)
    else known.set(name(diagnostic), left - 1)
  }
  return worse
}

function withOverlay(
  host: ProjectHost,
  overlay: ReadonlyMap<string, Uint8Array>,
  key: (path: string) => string,
): ProjectHost {
  const loadMenuFile = host.loadMenuFile?.bind(host)
  return {
    readFile: async (path, limit) => overlay.get(key(path)) ?? (await host.readFile(path, limit)),
    list: (path) => host.list(path),
    realpath: (path) => host.realpath(path),
    digest: (path) => host.digest(path),
    ...(loadMenuFile && { loadMenuFile }),
  }
}
