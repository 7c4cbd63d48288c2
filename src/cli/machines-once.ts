/** What `ipxetool serve` remembers of machines with `boot: once`, for `ipxetool machines`. */
import { resolve } from 'node:path'
import { suggest } from '../data/suggest.js'
import { IpxetoolError } from '../diagnostics/error.js'
import type { MachineReport } from '../project/machines.js'
import type { Project } from '../project/project.js'
import { defaultStateFile, type OnceRecord, OnceState } from '../serve/once/index.js'
import { ExitCode } from './exit-codes.js'
import type { Io } from './io.js'

/** By id of the machine. */
export type OnceRecords = ReadonlyMap<string, OnceRecord>

interface Options {
  readonly install?: string[]
  readonly installed?: string[]
  readonly state?: string
}

/**
 * Does what `--install` and `--installed` say, then reads.
 *
 * @throws IpxetoolError `not-once` (exit code 2); `bad-state`, `state-not-written`
 */
export async function onceStates(
  { root, config }: Project,
  reports: readonly MachineReport[],
  { install = [], installed = [], state: file }: Options,
  io: Io,
): Promise<OnceRecords> {
  const ids = reports.filter(({ boot }) => boot.value === 'once').map(({ id }) => id)
  for (const [option, names] of [
    ['--install', install],
    ['--installed', installed],
  ] as const) {
    const wrong = names.find((name) => !ids.includes(name))
    if (wrong === undefined) continue
    const near = suggest(wrong, ids)
    throw new IpxetoolError('not-once', `${option} ${wrong}: no machine of that id has \`boot: once\``, {
      exitCode: ExitCode.usage,
      hint:
        near !== undefined
          ? `did you mean ${near}?`
          : ids.length === 0
            ? 'no machine of this project has'
            : `these have: ${ids.join(', ')}`,
    })
  }
  const both = install.find((id) => installed.includes(id))
  if (both !== undefined) {
    throw new IpxetoolError('not-once', `${both} cannot be both, --install and --installed`, {
      exitCode: ExitCode.usage,
    })
  }
  if (ids.length === 0) return new Map()
  const path =
    file === undefined ? defaultStateFile(resolve(io.cwd, root, config.out)) : resolve(io.cwd, file)
  const state = new OnceState(path)
  if (install.length > 0) await state.set(install, 'waiting')
  if (installed.length > 0) await state.set(installed, 'done')
  return state.records()
}

export function onceText(record: OnceRecord | undefined): string {
  if (record === undefined) return 'once: to be installed'
  const time = record.since.replace(/^(.*)T(.*:.*):.*$/, '$1 $2 UTC')
  return record.state === 'done' ? `once: installed ${time}` : `once: begun ${time}`
}

/** ISO 8601, or null when it is not. */
export function installedSince(record: OnceRecord | undefined): string | null {
  return record?.state === 'done' ? record.since : null
}
