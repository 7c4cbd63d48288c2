/** Which source `--source` and `--ref` mean. */
import { readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { IpxetoolError } from '../../diagnostics/error.js'
import type { PreparedSource, SourceContext } from './types.js'

export type { PreparedSource, SourceContext }

export interface PinnedSource {
  readonly url: string
  readonly commit: string
  readonly version: string
  /** Seconds, of the commit. */
  readonly time: number
}

/** `ipxe-build/source.json` of this package. */
export function pinnedSource(): PinnedSource {
  return JSON.parse(
    readFileSync(new URL('../../../ipxe-build/source.json', import.meta.url), 'utf8'),
  ) as PinnedSource
}

export interface SourceWish {
  /** A folder, an archive or a URL of git; undefined: the pinned commit of upstream. */
  readonly source?: string | undefined
  /** Only with git. */
  readonly ref?: string | undefined
  readonly cwd: string
}

/** @throws IpxetoolError `no-source`, `bad-ref` and as the kinds do */
export async function prepareSource(wish: SourceWish, context: SourceContext): Promise<PreparedSource> {
  const { source, ref, cwd } = wish
  if (source === undefined) {
    const { url, commit } = pinnedSource()
    return byGit(url, ref ?? commit, context)
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source) || /^[\w.-]+@[\w.-]+:/.test(source))
    return byGit(source, ref, context)
  const path = resolve(cwd, source)
  const info = await stat(path).catch(() => undefined)
  if (info === undefined) {
    throw new IpxetoolError('no-source', `there is no ${source}`, {
      exitCode: 2,
      hint: '--source takes a folder, an archive or a URL of git with iPXE in it',
    })
  }
  const exists = async (name: string): Promise<boolean> =>
    (await stat(join(path, name)).catch(() => undefined)) !== undefined
  const isBare = info.isDirectory() && (await exists('HEAD')) && (await exists('objects'))
  if (isBare || (ref !== undefined && info.isDirectory() && (await exists('.git'))))
    return byGit(path, ref, context)
  if (ref !== undefined) {
    throw new IpxetoolError('bad-ref', `--ref ${ref} needs a source with history, and ${source} has none`, {
      exitCode: 2,
      hint: 'leave --ref away, or give a clone of iPXE or its URL as --source',
    })
  }
  // each with its own libraries, which the others do without
  if (info.isDirectory()) return (await import('./directory.js')).directorySource(path, source, context)
  return (await import('./tarball.js')).tarballSource(path, source, context)
}

async function byGit(url: string, ref: string | undefined, context: SourceContext): Promise<PreparedSource> {
  return (await import('./git.js')).gitSource(url, ref, context)
}
