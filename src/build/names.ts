/** Siblings of an output tree that a build needs while it works. */
import { basename, dirname, join } from 'node:path'

export interface TreePaths {
  out: string
  /** The new tree until it is whole. */
  staged: string
  /** The old tree until the new one is in its place. */
  old: string
  lock: string
}

export function treePaths(out: string): TreePaths {
  const sibling = (what: string): string => join(dirname(out), `.${basename(out)}.ipxetool-${what}`)
  return { out, staged: sibling('new'), old: sibling('old'), lock: sibling('lock') }
}

/** The code of a system error, or ''. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : ''
}
