/** One file of a catalog entry: its URLs, name, digests and signature. */
import type { CatalogFile, Distribution } from '../../data/catalog/schema.js'
import { IpxetoolError } from '../../diagnostics/error.js'
import type { DetachedSignature, Digest, PinnedKey, ReleaseFile } from '../types.js'
import { readDigest } from '../verify/digest-lists.js'
import { isSafeName } from './safe-name.js'
import type { DocumentTier, Scope } from './scope.js'

export interface FileContext {
  distribution: Distribution
  scope: Scope
  keys: readonly PinnedKey[]
  /** What a person should know is added here. */
  notes: string[]
}

/** @throws IpxetoolError `catalog-value`, `bad-metadata`, `missing-digest` when a signed list does not have the file */
export function resolveFile(file: CatalogFile, field: string, context: FileContext): ReleaseFile {
  const { scope, distribution } = context
  const own = [file.url]
    .flat()
    .map((template) => webUrl(scope.onMirror(scope.expand(template, `${field}.url`)), distribution.id))
  const others = own.flatMap((url) =>
    (distribution.mirrors ?? []).flatMap((base) => scope.elsewhere(url, base) ?? []),
  )
  const url = own[0]!
  const path = file.member?.path === undefined ? undefined : scope.expand(file.member.path, `${field}.member`)
  const name = file.name === undefined ? lastPart(path ?? url) : scope.expand(file.name, `${field}.name`)
  if (!isSafeName(name)) {
    throw new IpxetoolError('bad-metadata', `${distribution.id}: \`${name}\` cannot be the name of a file`, {
      hint: 'A name is one part of a path: letters, digits and . _ + ~ @ = -, beginning with a letter or digit.',
    })
  }
  const size = file.size === undefined ? undefined : sizeOf(scope, file.size)
  const digests = digestsOf(file, field, name, context)
  const signature = scope.with('url', url, () => signatureOf(file, field, name, context))
  return {
    role: file.role,
    name,
    urls: [...new Set([...own, ...others])],
    ...((size ?? digests.size) !== undefined && { size: size ?? digests.size }),
    digests: digests.digests,
    ...(digests.digests.length > 0 && { digestTier: digests.tier }),
    ...(digests.signedBy !== undefined && { digestSignedBy: digests.signedBy }),
    ...(signature && { signature }),
    ...(file.member && {
      member: { format: file.member.format, ...(path !== undefined && { path }) },
    }),
  }
}

interface FoundDigests {
  digests: Digest[]
  tier: DocumentTier
  signedBy?: string
  size?: number
}

function digestsOf(file: CatalogFile, field: string, name: string, context: FileContext): FoundDigests {
  const { scope, distribution, notes } = context
  scope.asked.clear()
  const digests: Digest[] = []
  let size: number | undefined
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const template = file[algorithm]
    if (template === undefined) continue
    const text = scope.expand(template, `${field}.${algorithm}`)
    digests.push(usable(readDigest(`${algorithm}:${text}`), text, distribution.id))
  }
  if (typeof file.digest === 'string') {
    const text = scope.expand(file.digest, `${field}.digest`)
    digests.push(usable(readDigest(text), text, distribution.id))
  } else if (file.digest !== undefined) {
    const list = scope.documents.get(file.digest.list)
    const before = new Set(scope.asked)
    const wanted = scope.expand(file.digest.name, `${field}.digest.name`)
    // where the name came from says nothing about who vouches for the digest
    scope.asked.clear()
    for (const document of before) scope.asked.add(document)
    const found = list?.read.digests?.find(wanted) ?? []
    if (list) scope.asked.add(list)
    if (found.length === 0) {
      if (list?.tier === 'signed') {
        throw new IpxetoolError('missing-digest', `${list.url} is signed, but does not list ${wanted}`, {
          hint: 'The publisher does not vouch for this file.',
        })
      }
      notes.push(`${name}: ${list?.url ?? 'the list of digests'} has no digest of it`)
    }
    // MD5 and SHA-1 can be forged: they are not taken where there is a better one
    const strong = found.filter(({ algorithm }) => algorithm === 'sha256' || algorithm === 'sha512')
    digests.push(...(strong.length > 0 ? strong : found).map(({ algorithm, hex }) => ({ algorithm, hex })))
    size = found.find((entry) => entry.size !== undefined)?.size
  }
  const documents = [...scope.asked]
  const signers = documents.flatMap(({ signedBy }) => signedBy ?? [])
  const forgeable = digests.every(({ algorithm }) => algorithm === 'md5' || algorithm === 'sha1')
  const tiers = documents.map(({ tier }) => tier)
  // a digest that is written in the catalog itself came with ipxetool
  const tier: DocumentTier =
    (digests.length > 0 && forgeable) || tiers.includes('none')
      ? 'none'
      : tiers.includes('digest') || tiers.length === 0
        ? 'digest'
        : 'signed'
  if (tier === 'none' && digests.length > 0) {
    notes.push(
      forgeable
        ? `${name}: its only digest is ${digests[0]!.algorithm}, which can be forged`
        : `${name}: its digest came over plain HTTP: it shows damage, not forgery`,
    )
  }
  return {
    digests,
    tier,
    ...(tier === 'signed' && signers[0] !== undefined && { signedBy: signers[0] }),
    ...(size !== undefined && { size }),
  }
}

function usable(digest: Digest | undefined, text: string, where: string): Digest {
  if (digest) return digest
  throw new IpxetoolError('bad-metadata', `${where}: \`${text.slice(0, 140)}\` is no digest`)
}

function signatureOf(
  file: CatalogFile,
  field: string,
  name: string,
  { scope, distribution, keys, notes }: FileContext,
): DetachedSignature | undefined {
  if (file.signature !== undefined) {
    if (keys.length > 0) {
      const url = webUrl(scope.onMirror(scope.expand(file.signature, `${field}.signature`)), distribution.id)
      return { kind: 'openpgp', url, keys }
    }
    notes.push(`${name}: it has a signature, but no key is pinned to check it with (\`keys:\`, \`--key\`)`)
  }
  if (file.cms !== undefined) {
    if (distribution.certificate !== undefined) {
      const url = webUrl(scope.onMirror(scope.expand(file.cms, `${field}.cms`)), distribution.id)
      return { kind: 'cms', url, keys: [], certificate: distribution.certificate }
    }
    notes.push(`${name}: it has a CMS signature, but no certificate is pinned to check it with`)
  }
  return undefined
}

/** @throws IpxetoolError `bad-metadata`: metadata is not to make us read `file:` */
export function webUrl(text: string, where: string): string {
  let url: URL | undefined
  try {
    url = new URL(text)
  } catch {
    url = undefined
  }
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return text
  throw new IpxetoolError('bad-metadata', `${where}: \`${text.slice(0, 200)}\` is no http or https URL`)
}

/** Only for the progress and the space on the disk: nothing fails without it. */
function sizeOf(scope: Scope, template: string): number | undefined {
  try {
    const text = scope.expand(template, 'size')
    return /^\d{1,15}$/.test(text) ? Number(text) : undefined
  } catch {
    return undefined
  }
}

function lastPart(path: string): string {
  const last =
    path
      .replace(/[?#].*$/, '')
      .split('/')
      .at(-1) ?? ''
  try {
    return decodeURIComponent(last)
  } catch {
    return last
  }
}
