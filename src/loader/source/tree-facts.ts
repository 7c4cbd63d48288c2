/** What a source tree says of itself, and what is a part of it. */
import { IpxetoolError } from '../../diagnostics/error.js'

/** What is known of a source beside its files. */
export interface Origin {
  /** 40 hex digits. */
  readonly commit?: string | undefined
  /** Seconds since 1970, of the commit or of the newest file. */
  readonly time: number
  /** Of the tag, or of the folder: `v1.21.1`, `ipxe-1.21.1`. */
  readonly name?: string | undefined
}

/** Releases whose Makefile asks `git describe` for the version, with their commits; so did all from 2020 to 2025. */
const described = [
  ['1.20.1', '8f1514a00450119b04b08642c55aa674bdf5a4ef', 1_578_005_664],
  ['1.21.1', '988d2c13cdf0f0b4140685af35ced70ac5b3283c', 1_609_448_590],
] as const

/**
 * `src/Makefile` of iPXE: `VERSION_MAJOR := 2` and so on.
 *
 * @param origin tells the version where the Makefile computes it
 * @returns undefined when it is not one, or when it cannot be told
 */
export function versionOf(makefile: string, origin?: Origin): string | undefined {
  const value = (name: string): string | undefined =>
    new RegExp(`^[ \\t]*${name}[ \\t]*[:?]?=[ \\t]*([^\\s#]*)`, 'm').exec(makefile)?.[1]
  const [major, minor, patch] = ['MAJOR', 'MINOR', 'PATCH'].map((part) => value(`VERSION_${part}`))
  if (major === undefined || minor === undefined || patch === undefined) return undefined
  if (major.startsWith('$')) return origin && describedVersion(origin)
  return `${major}.${minor}.${patch}${value('EXTRAVERSION') ?? ''}`
}

function describedVersion({ commit, time, name = '' }: Origin): string {
  const release = described.find(([, id]) => id === commit)?.[0]
  if (release !== undefined) return release
  const named = /(?:^v|[-_]v?)(\d+\.\d+\.\d+)(\+?)/.exec(name)
  if (named) return `${named[1]!}${named[2]!}`
  const [first] = described
  return `${described.findLast(([, , since]) => since <= time)?.[0] ?? first[0]}+`
}

/** What is neither source nor to be carried over: results of make, the user's own headers, history. */
export function isPartOfSource(path: string): boolean {
  const [top, second, third] = path.split('/')
  if (top === '.git') return false
  if (top !== 'src' || second === undefined) return true
  if (second === 'bin' || second.startsWith('bin-')) return false
  return !(second === 'config' && third === 'local')
}

export function noSource(name: string, why: string): IpxetoolError {
  return new IpxetoolError('not-ipxe', `${name} is no source of iPXE: ${why}`, {
    hint: 'it has to hold src/Makefile of iPXE: a clone of https://github.com/ipxe/ipxe.git or an archive of one',
  })
}
