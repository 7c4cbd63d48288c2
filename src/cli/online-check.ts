/** `--online`: the links of a project that lead to other servers, asked for. */
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import { checkOnline, type OnlineOptions } from '../links/online.js'
import type { Link } from '../links/resolve.js'
import type { Io } from './io.js'
import { OnlineCache, onlineCachePath } from './online-cache.js'

export interface OnlineSettings {
  /** Ask again for what the cache knows. */
  fresh: boolean
  /** No line about what was asked. */
  quiet: boolean
  /** For tests: how long and how often. */
  limits?: Pick<OnlineOptions, 'timeout' | 'retries' | 'interval'>
}

/** Asks for links; `file` is for what concerns the network as a whole. @throws IpxetoolError `interrupted` */
export type Ask = (links: readonly Link[], file: string) => Promise<Diagnostic[]>

/**
 * What the options of a command come to; `undefined` without `--online`.
 * @throws IpxetoolError for `--fresh` alone
 */
export function askerFor(options: OnlineCommandOptions, io: Io): Ask | undefined {
  const settings = onlineSettings(options)
  return settings && ((links, file) => askServers(links, file, settings, io))
}

export interface OnlineCommandOptions {
  online?: boolean
  fresh?: boolean
  quiet?: boolean
  onlineLimits?: OnlineSettings['limits']
}

function onlineSettings(options: OnlineCommandOptions): OnlineSettings | undefined {
  const { online, fresh, quiet, onlineLimits } = options
  if (online !== true) {
    if (fresh !== true) return undefined
    throw new IpxetoolError('fresh-alone', '`--fresh` means something with `--online` only', {
      exitCode: 2,
      hint: 'add --online, or leave --fresh out',
    })
  }
  return { fresh: fresh === true, quiet: quiet === true, ...(onlineLimits && { limits: onlineLimits }) }
}

async function askServers(
  links: readonly Link[],
  file: string,
  { fresh, quiet, limits }: OnlineSettings,
  { env, signal, stderr }: Io,
): Promise<Diagnostic[]> {
  // undici takes a while to load, and most runs ask nobody
  const { httpFetcher, systemClock } = await import('./online.js')
  const path = onlineCachePath(env)
  const cache = await OnlineCache.read(path, systemClock.now(), fresh)
  const fetcher = httpFetcher('ipxetool', { env, signal })
  try {
    const { results, cached, diagnostics } = await checkOnline(links, fetcher, {
      ...limits,
      cache: cache.results,
      clock: systemClock,
      file,
    })
    if (signal.aborted) throw new IpxetoolError('interrupted', 'interrupted')
    const problem = cached === results.size ? undefined : await cache.save(results)
    if (!quiet) {
      const known = cached === 0 ? '' : `, ${cached} of them known for less than a day`
      const number = `${results.size} URL${results.size === 1 ? '' : 's'}`
      stderr.write(`online: ${number} of other servers${known}\n`)
      if (problem !== undefined) {
        stderr.write(`online: ${visible(path)} cannot be written (${problem}), so nothing is remembered\n`)
      }
    }
    return diagnostics
  } finally {
    await fetcher.close()
  }
}
