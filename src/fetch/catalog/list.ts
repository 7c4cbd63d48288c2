/** What there is to fetch, as far as the catalog alone can say. */
import type { CatalogFile, CatalogStep, Distribution } from '../../data/catalog/schema.js'
import type { FetchArchitecture, Tier } from '../types.js'
import type { Catalog } from './catalog.js'

export interface ListedDistribution {
  id: string
  title: string
  aliases: readonly string[]
  kind: Distribution['kind']
  status: 'active' | 'ended'
  note?: string
  /** The one meant when none is named is first. */
  channels: readonly string[]
  architectures: readonly FetchArchitecture[]
  /** What its least trusted file can reach when all is as the catalog says; undefined when there is nothing to fetch. */
  tier?: Tier
  homepage?: string
}

export function listDistributions(catalog: Catalog): ListedDistribution[] {
  return catalog.distributions.map((distribution) => {
    const { id, title, aliases, kind, status, note, channels, homepage } = distribution
    const tier = reachableTier(distribution)
    const first = distribution.default
    return {
      id,
      title,
      aliases: aliases ?? [],
      kind,
      status,
      ...(note !== undefined && { note }),
      channels: [
        ...(first === undefined ? [] : [first]),
        ...Object.keys(channels).filter((channel) => channel !== first),
      ],
      architectures: Object.keys(distribution.architectures) as FetchArchitecture[],
      ...(tier !== undefined && { tier }),
      ...(homepage !== undefined && { homepage }),
    }
  })
}

const worstFirst: readonly Tier[] = ['none', 'tls', 'digest', 'signed']

/** The best that the least trusted file can reach. */
export function reachableTier(distribution: Distribution): Tier | undefined {
  const reached = distribution.files.map((file) => tierOf(file, distribution))
  return worstFirst.find((tier) => reached.includes(tier))
}

function tierOf(file: CatalogFile, distribution: Distribution): Tier {
  const hasKeys = (distribution.keys ?? []).length > 0
  if (file.signature !== undefined && hasKeys) return 'signed'
  if (file.cms !== undefined && distribution.certificate !== undefined) return 'signed'
  const { digest } = file
  if (typeof digest === 'object') {
    const lists = distribution.steps.filter(({ id }) => id === digest.list)
    return lists.length > 0 && lists.every((step) => isSigned(step, distribution, hasKeys))
      ? 'signed'
      : 'digest'
  }
  if (digest !== undefined || file.sha256 !== undefined || file.sha512 !== undefined) return 'digest'
  const urls = [file.url].flat().map((url) => url.replace('{base}', distribution.base ?? ''))
  return urls.some((url) => url.startsWith('http:')) ? 'none' : 'tls'
}

function isSigned(step: CatalogStep, distribution: Distribution, hasKeys: boolean): boolean {
  if (hasKeys && (step.cleartext === true || step.signature !== undefined)) return true
  const { within } = step
  if (within === undefined) return false
  const lists = distribution.steps.filter((other) => other !== step && other.id === within.list)
  return lists.length > 0 && lists.every((list) => isSigned(list, distribution, hasKeys))
}
