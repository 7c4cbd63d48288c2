/** What `ipxetool fetch` is told. */
import { IpxetoolError } from '../diagnostics/error.js'
import {
  fetchArchitectures,
  type FetchArchitecture,
  type PinnedKey,
  tiers,
  type Tier,
} from '../fetch/types.js'

export interface FetchOptions {
  arch?: string[]
  version?: string
  mirror?: string
  list?: boolean
  offline?: boolean
  prune?: boolean
  export?: string
  import?: string
  verify?: boolean
  require?: string
  allowUnsigned?: boolean
  allowDowngrade?: boolean
  key?: string[]
  catalog?: string[]
  limitRate?: string
  parallel?: string
  dest?: string
  project?: string
  json?: boolean
  quiet?: boolean
}

export interface Settings {
  architectures: FetchArchitecture[]
  /** Primary fingerprints of keys that the user believes. */
  keys: PinnedKey[]
  require: Tier | undefined
  parallel: number | undefined
  /** Bytes per second. */
  limitRate: number | undefined
}

/** @throws IpxetoolError with exit code 2 */
export function parseOptions(options: FetchOptions): Settings {
  const bad = (option: string, value: string, hint: string): IpxetoolError =>
    new IpxetoolError('bad-option', `${option} ${value} is not possible`, { exitCode: 2, hint })
  const actions = (['list', 'verify', 'prune', 'export', 'import'] as const).filter(
    (name) => options[name] !== undefined && options[name] !== false,
  )
  if (actions.length > 1) {
    const [one, other] = actions
    throw bad(`--${one!}`, `and --${other!} together`, 'run one after the other')
  }
  const architectures = (options.arch ?? []).flatMap((text) => text.split(','))
  for (const name of architectures) {
    if (!(fetchArchitectures as readonly string[]).includes(name))
      throw bad('--arch', name, `possible are ${fetchArchitectures.join(', ')}`)
  }
  const { require, parallel, limitRate } = options
  if (require !== undefined && !(tiers as readonly string[]).includes(require))
    throw bad('--require', require, `possible are ${tiers.join(', ')}`)
  if (parallel !== undefined && !/^[1-9]\d?$/.test(parallel))
    throw bad('--parallel', parallel, 'a number from 1 to 99')
  const rate = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(limitRate ?? '1')
  if (!rate || Number(rate[1]) <= 0) throw bad('--limit-rate', limitRate ?? '', 'bytes per second: 500k, 10M')
  const factor = { '': 1, k: 1e3, M: 1e6, G: 1e9 }[rate[2] as '' | 'k' | 'M' | 'G']
  return {
    architectures: architectures as FetchArchitecture[],
    keys: (options.key ?? []).map((text) => {
      const fingerprint = text.replace(/[\s:]/g, '').toUpperCase()
      if (/^([0-9A-F]{40}|[0-9A-F]{64})$/.test(fingerprint)) return { fingerprint, owner: 'added by you' }
      throw bad(
        '--key',
        text,
        'the full fingerprint of the primary key is wanted: 40 or 64 hex digits, a short id can be forged',
      )
    }),
    require: require as Tier | undefined,
    parallel: parallel === undefined ? undefined : Number(parallel),
    limitRate: limitRate === undefined ? undefined : Number(rate[1]) * factor,
  }
}
