/** The distributions by name: shipped ones, and those of the user, which come first. */
import type { Distribution } from '../../data/catalog/schema.js'
import { suggest } from '../../data/suggest.js'
import { IpxetoolError } from '../../diagnostics/error.js'
import type { FetchArchitecture, PinnedKey } from '../types.js'

export class Catalog {
  readonly distributions: readonly Distribution[]
  /** Keys that the user pins, for whatever distribution. */
  readonly keys: readonly PinnedKey[]
  readonly #byName = new Map<string, Distribution>()

  /** @param distributions later ones replace earlier ones of the same id */
  constructor(distributions: readonly Distribution[], keys: readonly PinnedKey[] = []) {
    const byId = new Map(distributions.map((distribution) => [distribution.id, distribution]))
    this.distributions = [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
    this.keys = keys
    for (const distribution of this.distributions) {
      for (const alias of distribution.aliases ?? []) this.#byName.set(alias, distribution)
    }
    // an id always wins over somebody's alias
    for (const distribution of this.distributions) this.#byName.set(distribution.id, distribution)
  }

  /**
   * By id or alias, in any case.
   *
   * @throws IpxetoolError `unknown-distribution` with what was probably meant, `ended-distribution`
   */
  findDistribution(name: string): Distribution {
    const distribution = this.#byName.get(name.toLowerCase())
    if (distribution === undefined) throw this.#unknown(name)
    if (distribution.status === 'ended' && distribution.files.length === 0) {
      throw new IpxetoolError(
        'ended-distribution',
        `${distribution.title} ${distribution.note ?? 'has ended'}${meant(distribution.replacedBy)}`,
        hintOf(distribution.replacedBy),
      )
    }
    return distribution
  }

  #unknown(name: string): IpxetoolError {
    const near = suggest(name.toLowerCase(), this.#byName.keys())
    const known = this.distributions.filter(({ status }) => status === 'active').map(({ id }) => id)
    return new IpxetoolError(
      'unknown-distribution',
      `There is no distribution \`${name}\` in the catalog${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
      { hint: `Known are: ${known.join(', ')}. Others go under \`distributions:\` in ipxetool.yaml.` },
    )
  }
}

/**
 * The channel that is meant, and whether a version belongs to it.
 *
 * @throws IpxetoolError `unknown-channel`, `ended-channel`
 */
export function findChannel(
  distribution: Distribution,
  query: { channel?: string | undefined; version?: string | undefined },
): string {
  const names = Object.keys(distribution.channels)
  const { channel } = query
  if (channel === undefined) {
    const ofVersion =
      query.version === undefined
        ? undefined
        : distribution.channelOf?.find(({ match }) => new RegExp(match).test(query.version!))?.channel
    return ofVersion ?? distribution.default ?? names[0] ?? 'stable'
  }
  if (Object.hasOwn(distribution.channels, channel)) return channel
  const ended = distribution.endedChannels?.[channel]
  if (ended !== undefined) {
    throw new IpxetoolError(
      'ended-channel',
      `${distribution.id} ${channel}: ${ended.note}${meant(ended.replacedBy, channel)}`,
      hintOf(ended.replacedBy, channel),
    )
  }
  const near = suggest(channel, names)
  throw new IpxetoolError(
    'unknown-channel',
    `${distribution.title} has no channel \`${channel}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
    { hint: `It has ${names.join(', ')}. One version of it is chosen with \`--version\`.` },
  )
}

/** @throws IpxetoolError `unknown-architecture` */
export function checkArchitecture(distribution: Distribution, architecture: FetchArchitecture): void {
  if (distribution.architectures[architecture] !== undefined) return
  throw new IpxetoolError('unknown-architecture', `${distribution.title} has nothing for ${architecture}`, {
    hint: `It is there for ${Object.keys(distribution.architectures).join(', ')}.`,
  })
}

function meant(replacedBy: readonly string[] | undefined, channel?: string): string {
  if (replacedBy === undefined || replacedBy.length === 0) return ''
  const names = replacedBy.map((id) => `\`${channel === undefined ? id : `${id} ${channel}`}\``)
  return `; did you mean ${names.join(' or ')}?`
}

function hintOf(replacedBy: readonly string[] | undefined, channel = ''): { hint?: string } {
  return replacedBy?.[0] === undefined
    ? {}
    : { hint: `\`ipxetool fetch ${`${replacedBy[0]} ${channel}`.trim()}\`` }
}
