/** Reads `ipxetool.lock`; a mistake in it has line and column. */
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { lockName, lockSchema, type LockedSet } from '../model/lock.js'
import type { ProjectHost } from './host.js'
import { HostError, readIfThere } from './host.js'
import { underRoot } from './paths.js'
import { readYaml } from './yaml.js'

const sizeLimit = 8 * 2 ** 20
const ruleId = 'lock-file'
const note =
  'It is written by `ipxetool fetch`. Take the last good one from version control, or remove it and fetch again.'

export interface ReadLock {
  /** As the user knows the file. */
  file: string
  /** Empty when there is no lock, or none that can be used. */
  sets: readonly LockedSet[]
  isThere: boolean
  diagnostics: Diagnostic[]
  bytes?: Uint8Array
}

/** @param root folder of the project as the user knows it */
export async function readLock(root: string, host: ProjectHost): Promise<ReadLock> {
  const file = underRoot(root, lockName)
  try {
    const bytes = await readIfThere(host, file, sizeLimit)
    if (bytes === undefined) return { file, sets: [], isThere: false, diagnostics: [] }
    return { file, isThere: true, bytes, ...parseLock(file, bytes) }
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    const problem = new Diagnostic({
      ruleId,
      severity: 'error',
      file,
      reason: `The lock cannot be read: ${error.message}`,
    })
    return { file, sets: [], isThere: true, diagnostics: [problem] }
  }
}

export function parseLock(file: string, bytes: Uint8Array): { sets: LockedSet[]; diagnostics: Diagnostic[] } {
  const yaml = readYaml(file, bytes)
  const { data, diagnostics } = yaml
  if (data === undefined) {
    return {
      sets: [],
      diagnostics: diagnostics.slice(0, 1).map(({ reason, place }) => problem(file, reason, place)),
    }
  }
  const version = data['lock']
  if (typeof version === 'number' && version > 1) {
    const reason = `The lock has the form ${version}, which a newer ipxetool has written`
    return { sets: [], diagnostics: [problem(file, reason, yaml.placeOf(['lock']), 'Use that one.')] }
  }
  const result = lockSchema.safeParse(data)
  if (result.success) {
    const twice = twiceIn(result.data.sets)
    if (twice === undefined) return { sets: result.data.sets, diagnostics: [] }
    const reason = 'The lock names a set twice, as after a merge of two branches'
    return { sets: [], diagnostics: [problem(file, reason, yaml.placeOf(['sets', twice]))] }
  }
  const [issue] = result.error.issues
  const path = (issue?.path ?? []).map((step) => (typeof step === 'symbol' ? String(step) : step))
  const name = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : undefined
  const value = path.reduce<unknown>(
    (at, step) =>
      typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[step] : undefined,
    data,
  )
  const what =
    keys !== undefined
      ? `has the unknown key \`${keys}\``
      : value === undefined
        ? 'is missing'
        : 'is not possible'
  const reason = `\`${name === '' ? 'The lock' : name.slice(1)}\` ${what}`
  const at = keys === undefined ? path : [...path, keys]
  return {
    sets: [],
    diagnostics: [problem(file, reason, yaml.placeOf(at, keys === undefined ? 'value' : 'key'))],
  }
}

function problem(file: string, reason: string, place: Diagnostic['place'], own: string = note): Diagnostic {
  return new Diagnostic({ ruleId, severity: 'error', file, reason, note: own, ...(place && { place }) })
}

function twiceIn(sets: readonly LockedSet[]): number | undefined {
  const seen = new Set<string>()
  for (const [index, { distribution, channel, version, architecture }] of sets.entries()) {
    const key = [distribution, channel ?? `=${version}`, architecture].join(' ')
    if (seen.has(key)) return index
    seen.add(key)
  }
  return undefined
}
