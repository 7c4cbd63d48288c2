/** From a channel of a distribution to the files of one version, with all that can be known before the download. */
import type { Distribution } from '../../data/catalog/schema.js'
import { IpxetoolError } from '../../diagnostics/error.js'
import type { KeyRing } from '../verify/key-ring.js'
import type { FetchArchitecture, FetchDocument, PinnedKey, Release } from '../types.js'
import { checkArchitecture, findChannel } from './catalog.js'
import { resolveFile } from './resolve-file.js'
import { isSafeName } from './safe-name.js'
import { Scope } from './scope.js'
import { runStep } from './steps.js'

export interface ReleaseQuery {
  /** Default: the first of the distribution, or the one that {@link version} belongs to. */
  channel?: string | undefined
  /** One version, instead of the newest of the channel. */
  version?: string | undefined
  architecture: FetchArchitecture
  /** Takes the place of the distribution's `base`; may hold `{channel}` and the like. */
  mirror?: string | undefined
  /** Keys of the user's beside those of the distribution. */
  keys?: readonly PinnedKey[] | undefined
  /** Lists of digests may be without the signature that they should have. A bad one is never taken. */
  allowUnsigned?: boolean | undefined
}

export interface ResolveContext {
  document: FetchDocument
  keys: KeyRing
  now: Date
}

/**
 * Reads the publisher's metadata, checks its signatures, and says which files make up the release.
 *
 * @throws IpxetoolError `unknown-channel`, `ended-channel`, `unknown-architecture`, `unknown-version`,
 *   `bad-metadata`, `catalog-value`, `expired-metadata`, `bad-digest`; what the transfer throws; what
 *   `verifyClearsigned` throws
 */
export async function resolveRelease(
  distribution: Distribution,
  query: ReleaseQuery,
  context: ResolveContext,
): Promise<Release> {
  const { scope, channel, notes, keys, version } = await walk(distribution, query, context)
  const files = distribution.files
    .filter(({ architectures }) => architectures?.includes(query.architecture) ?? true)
    .map((file, index) => resolveFile(file, `files[${index}]`, { distribution, scope, keys, notes }))
  const names = new Set(files.map(({ name }) => name.toLowerCase()))
  if (names.size < files.length) {
    throw new IpxetoolError('bad-metadata', `${distribution.id} ${version}: two files have the same name`)
  }

  scope.literal = new Set(files.map(({ role }) => role))
  const expandAll = (templates: readonly string[], field: string): string[] =>
    templates.map((template, index) => scope.expand(template, `${field}[${index}]`))
  const args = expandAll(distribution.arguments, 'arguments')
  const modes = Object.fromEntries(
    Object.entries(distribution.modes ?? {}).map(([mode, list]) => [mode, expandAll(list, `modes.${mode}`)]),
  )
  scope.literal = new Set()
  const released =
    distribution.released === undefined ? undefined : dateOf(tryExpand(scope, distribution.released))
  return {
    distribution: distribution.id,
    ...(query.version === undefined && { channel }),
    version,
    architecture: query.architecture,
    kind: distribution.kind,
    files,
    arguments: args,
    modes,
    fields: Object.fromEntries(
      Object.entries(distribution.fields ?? {}).map(([name, value]) => [
        name,
        scope.expand(value, `fields.${name}`),
      ]),
    ),
    ...(released !== undefined && { released }),
    notes: [...notes, ...expandAll(distribution.notes ?? [], 'notes')],
  }
}

/** The newest version of a channel; reads the same metadata as {@link resolveRelease}, and checks it as far. */
export async function latestVersion(
  distribution: Distribution,
  query: Omit<ReleaseQuery, 'version'>,
  context: ResolveContext,
): Promise<string> {
  return (await walk(distribution, query, context)).version
}

interface Walked {
  scope: Scope
  channel: string
  version: string
  keys: PinnedKey[]
  notes: string[]
}

async function walk(
  distribution: Distribution,
  query: ReleaseQuery,
  context: ResolveContext,
): Promise<Walked> {
  const channel = findChannel(distribution, query)
  checkArchitecture(distribution, query.architecture)
  if (query.version !== undefined && !isSafeName(query.version)) {
    throw new IpxetoolError('unknown-version', `\`${query.version}\` is no version of ${distribution.title}`)
  }
  const scope = new Scope(distribution, { ...query, channel })
  const keys = [...(distribution.keys ?? []), ...(query.keys ?? [])].map(toPin)
  const notes: string[] = []
  const { ended } = distribution.channels[channel] ?? {}
  if (ended !== undefined) notes.push(`${distribution.title} ${channel}: ${ended}`)
  if (distribution.status === 'ended') notes.push(`${distribution.title} ${distribution.note ?? 'has ended'}`)

  for (const [index, step] of distribution.steps.entries()) {
    if (step.when !== undefined && (step.when === 'pinned') !== (query.version !== undefined)) continue
    if (step.channels?.includes(channel) === false) continue
    if (step.architectures?.includes(query.architecture) === false) continue
    await runStep(step, step.id ?? `steps[${index}]`, {
      distribution,
      scope,
      keys,
      notes,
      context,
      allowUnsigned: query.allowUnsigned === true,
      asked: query.version,
    })
  }
  const version = scope.expand(distribution.version, 'version')
  if (query.version !== undefined && version !== query.version) {
    throw new IpxetoolError(
      'unknown-version',
      `${distribution.title} ${query.version} is not there any more: the publisher has ${version}`,
      { hint: 'What was fetched before is still in the store: `ipxetool.lock` builds from it.' },
    )
  }
  if (!isSafeName(version)) {
    throw new IpxetoolError('bad-metadata', `${distribution.id}: \`${version}\` cannot be a version`)
  }
  return { scope, channel, version, keys, notes }
}

function toPin({ fingerprint, owner, url }: PinnedKeyLike): PinnedKey {
  return { fingerprint: fingerprint.toUpperCase(), owner, ...(url !== undefined && { url }) }
}
interface PinnedKeyLike {
  fingerprint: string
  owner: string
  url?: string | undefined
}

/** For what only informs. */
function tryExpand(scope: Scope, template: string): string | undefined {
  try {
    return scope.expand(template, 'released')
  } catch {
    return undefined
  }
}

/** RFC 3339, from that or from the date of a mail header. */
function dateOf(text: string | undefined): string | undefined {
  const seconds = /^\d{9,11}(\.\d+)?$/.test(text ?? '') ? Number(text) * 1000 : undefined
  const time = new Date(seconds ?? text ?? '')
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString().replace('.000Z', 'Z')
}
