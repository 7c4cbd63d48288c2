/** One file, from the first of its URLs that gives it, verified, into the store. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { isIpxetoolError } from '../../diagnostics/error.js'
import type { Store, StoredFile } from '../store.js'
import type { Digest, DigestAlgorithm } from '../types.js'
import type { HttpClient } from './client.js'
import { Attempt } from './attempt.js'
import { cancelled, networkFailure, shown, TransferFailure } from './failure.js'
import type { Limiter } from './limiter.js'
import { PartialFile } from './partial.js'
import type { Pass } from './pass.js'
import { InspectionFailed, type Inspect } from './pass.js'
import { backOff } from './retry.js'

export interface DownloadRequest {
  /** What messages call it: `vmlinuz`. Default: the end of the first URL. */
  name?: string
  /** The publisher's own first, then mirrors. All serve the same bytes. */
  urls: readonly string[]
  size?: number
  /** Checked before the bytes get a final name. All of them; one SHA-256 or SHA-512 pins the content. */
  digests?: readonly Digest[]
  /** Computed too. SHA-256 always is. */
  algorithms?: readonly DigestAlgorithm[]
  /** Is called once per pass over the file; throws when it is not to be trusted: a bad signature. */
  inspect?: Inspect
  /** A page of HTML is what was asked for. */
  html?: boolean
}

export interface Downloaded {
  name: string
  /** The URL of the request that gave the last bytes, before redirects. */
  url: string
  sha256: string
  sha512?: string
  digests: Digest[]
  size: number
  /** In the store. */
  path: string
  etag?: string
  lastModified?: string
  /** It was in the store already. */
  reused: boolean
}

export type TransferEvent = { name: string } & (
  | { type: 'start'; url: string; total?: number }
  /** Bytes of the file that are here; at most ten times a second. */
  | { type: 'progress'; received: number; total?: number }
  /** It goes on from there. */
  | { type: 'resumed'; url: string; at: number }
  /** One more connection brings the bytes from there on. */
  | { type: 'parallel'; url: string; at: number; connections: number }
  /** Bytes that were here cannot be used. */
  | { type: 'restart'; url: string; reason: string }
  | { type: 'retry'; url: string; reason: string; delay: number }
  | { type: 'mirror'; from: string; to: string; reason: string }
  /** Somebody else is downloading it. */
  | { type: 'waiting'; pid: number }
  | { type: 'verified'; digests: Digest[] }
  | { type: 'done'; sha256: string; size: number; path: string; reused: boolean }
  | { type: 'failed'; error: Error }
)

export interface DownloadContext {
  client: HttpClient
  store: Store
  events?: (event: TransferEvent) => void
  signal?: AbortSignal
  limiter?: Limiter
  /** Somebody else downloads the same file: wait for it (default) or fail with `locked`. */
  wait?: boolean
}

/** What every try of a download shares. */
export interface Job {
  request: DownloadRequest
  name: string
  context: DownloadContext
  partial: PartialFile
  /** The digests say what the bytes are, wherever they come from. */
  pinned: boolean
  algorithms: readonly DigestAlgorithm[]
  signal: AbortSignal | undefined
  emit: (event: TransferEventBody) => void
  /** URLs that bytes in the partial file came from; `earlier` for those of an earlier run. */
  origins: Set<string>
  pass: Pass | undefined
}

type TransferEventBody = TransferEvent extends infer E
  ? E extends { name: string }
    ? Omit<E, 'name'>
    : never
  : never

interface Source {
  url: string
  failures: number
  /** Said its last word. */
  failure: TransferFailure | undefined
  spent: boolean
}

/**
 * @throws IpxetoolError when no URL gave it: `not-found`, `network`, `dns`, `tls`, `proxy-refused`, `digest-mismatch`,
 *   what `inspect` threw, …; `disk-full`, `not-writable`, `cancelled`, `locked`. What has come is kept for the next
 *   time, unless it was wrong.
 */
export async function download(request: DownloadRequest, context: DownloadContext): Promise<Downloaded> {
  const name = request.name ?? nameOf(request.urls[0] ?? '')
  const emit: Job['emit'] = (event) => context.events?.({ name, ...event })
  const signals = [context.signal, context.client.signal].filter((one) => one !== undefined)
  const signal = signals.length === 0 ? undefined : AbortSignal.any(signals)
  try {
    return await locked(request, context, name, emit, signal)
  } catch (thrown) {
    const isOurs = isIpxetoolError(thrown) || thrown instanceof TransferFailure
    const error = signal?.aborted && !isOurs ? cancelled() : thrown
    const final = error instanceof TransferFailure ? error.toError() : (error as Error)
    emit({ type: 'failed', error: final })
    throw final
  }
}

async function locked(
  request: DownloadRequest,
  context: DownloadContext,
  name: string,
  emit: Job['emit'],
  signal: AbortSignal | undefined,
): Promise<Downloaded> {
  const { store } = context
  const digests = request.digests ?? []
  const stored = await store.find(digests)
  if (stored) return reuse(request, name, stored, emit)
  const key = keyOf(request)
  const unlock = await store.lock(key, {
    wait: context.wait ?? true,
    ...(signal && { signal }),
    onWait: (holder) => {
      emit({ type: 'waiting', pid: holder.pid })
    },
  })
  try {
    const meanwhile = await store.find(digests)
    if (meanwhile) return await reuse(request, name, meanwhile, emit)
    const partial = await PartialFile.open(join(store.partialFolder, `${key}.part`))
    const job: Job = {
      request,
      name,
      context,
      partial,
      pinned: digests.some(({ algorithm }) => algorithm === 'sha256' || algorithm === 'sha512'),
      algorithms: [
        ...new Set<DigestAlgorithm>([
          'sha256',
          ...digests.map((one) => one.algorithm),
          ...(request.algorithms ?? []),
        ]),
      ],
      signal,
      emit,
      origins: new Set(partial.length > 0 ? ['earlier'] : []),
      pass: undefined,
    }
    let kept = true
    try {
      const result = await run(job)
      kept = false
      return result
    } finally {
      if (job.pass) await job.pass.drop().catch(() => undefined)
      if (kept) await partial.keep().catch(() => undefined)
    }
  } finally {
    await unlock()
  }
}

async function run(job: Job): Promise<Downloaded> {
  const { request, context, partial, emit } = job
  const { client } = context
  const sources: Source[] = request.urls.map((url) => ({
    url,
    failures: 0,
    failure: undefined,
    spent: false,
  }))
  // who gave the first part can go on most cheaply
  let source = sources.find(({ url }) => url === partial.url && partial.length > 0) ?? sources[0]
  if (source === undefined) {
    throw new TransferFailure('no-url', `there is no URL for ${job.name}`, { remedy: 'never' })
  }
  emit({ type: 'start', url: source.url, ...(request.size !== undefined && { total: request.size }) })
  for (;;) {
    const before = partial.length
    let failure: TransferFailure
    try {
      const attempt = new Attempt(job, source.url)
      await attempt.run()
      const result = await verified(job, source.url, attempt)
      if ('downloaded' in result) return result.downloaded
      failure = result.failure
      if (result.again) continue
    } catch (error) {
      if (job.signal?.aborted) throw cancelled()
      if (error instanceof TransferFailure) failure = error
      else if (isNetworkError(error)) failure = networkFailure(error, source.url)
      else throw error
    }
    if (failure.remedy === 'never') throw failure
    // a try that got ahead is not one of a row of failures; a few bytes are no progress
    const gained = partial.length - before
    if (gained >= Math.max(1, Math.min(65_536, (partial.total ?? Infinity) / 100))) source.failures = 0
    source.failures++
    source.failure = failure
    const wait =
      failure.remedy === 'again'
        ? backOff(source.failures, failure.retryAfter, client.retry, client.random)
        : undefined
    source.spent ||= wait === undefined
    const next: Source | undefined = choose(sources, source, failure)
    if (next === undefined) throw allFailed(sources, job.name)
    if (next !== source) {
      emit({ type: 'mirror', from: source.url, to: next.url, reason: failure.message })
      source = next
    } else {
      emit({ type: 'retry', url: source.url, reason: failure.message, delay: wait ?? 0 })
      await client.sleep(wait ?? 0, job.signal)
    }
  }
}

/** Stays for a second try; then whoever was asked least, in the order that they were given. */
function choose(sources: readonly Source[], current: Source, failure: TransferFailure): Source | undefined {
  const alive = sources.filter(({ spent }) => !spent)
  const others = alive.filter((one) => one !== current && one.failures < current.failures)
  const stays =
    !current.spent && ((current.failures < 2 && failure.retryAfter === undefined) || others.length === 0)
  if (stays) return current
  return others.sort((a, b) => a.failures - b.failures)[0] ?? alive[0]
}

function allFailed(sources: readonly Source[], name: string): TransferFailure {
  const tried = sources.filter(({ failure }) => failure !== undefined)
  const last =
    tried.at(-1)?.failure ??
    new TransferFailure('network', `${name} could not be fetched`, { remedy: 'never' })
  if (tried.length === 1) return withName(last, name)
  // bytes that lie are worse than no bytes: they decide the code
  const grave = tried.find(
    ({ failure }) => failure!.code === 'digest-mismatch' || isIpxetoolError(failure!.cause),
  )
  const worst = grave?.failure ?? last
  const reasons = tried.map(({ failure }) => failure!.message).join('; ')
  return new TransferFailure(worst.code, `no mirror has a good ${name}: ${reasons}`, {
    remedy: 'never',
    ...(worst.hint !== undefined && { hint: worst.hint }),
    cause: worst,
  })
}

function withName(failure: TransferFailure, name: string): TransferFailure {
  const { code, message, hint } = failure
  if (message.includes(name)) return failure
  return new TransferFailure(code, `${name}: ${message}`, {
    remedy: 'never',
    ...(hint !== undefined && { hint }),
    cause: failure,
  })
}

type Verdict = { downloaded: Downloaded } | { failure: TransferFailure; again: boolean }

/** All bytes are here: are they the right ones? Only then they get their name. */
async function verified(job: Job, url: string, attempt: Attempt): Promise<Verdict> {
  const { request, partial, context, emit, name } = job
  const pass = job.pass!
  const size = pass.position
  let digests: Awaited<ReturnType<Pass['finish']>>
  let failure: TransferFailure | undefined
  try {
    // the disk and the hash work at the same time
    const [found] = await Promise.all([pass.finish(), partial.sync()])
    digests = found
    failure = mismatch(request, digests, size, url)
  } catch (error) {
    if (!(error instanceof InspectionFailed)) throw error
    const { cause } = error
    const known = isIpxetoolError(cause)
    failure = new TransferFailure(known ? cause.code : 'bad-signature', error.message, {
      remedy: 'elsewhere',
      ...(known && cause.hint !== undefined && { hint: cause.hint }),
      cause,
    })
  }
  job.pass = undefined
  if (failure) {
    const { origins } = job
    const pure = origins.size === 1 && origins.has(url)
    const others = [...origins].filter((one) => one !== url && one !== 'earlier')
    const mixed = pure
      ? ''
      : others.length > 0
        ? ` (parts came from ${others.map(shown).join(', ')})`
        : ' (a part is from an earlier run)'
    emit({ type: 'restart', url, reason: `${failure.message}${mixed}` })
    await partial.reset({ url })
    origins.clear()
    // whoever gave only a part is not to blame yet
    return { failure, again: !pure }
  }
  const list = job.algorithms.map((algorithm) => ({ algorithm, hex: digests![algorithm]! }))
  emit({ type: 'verified', digests: list })
  const sha256 = digests!.sha256!
  const { path } = await context.store.adopt(partial.path, { sha256, size, others: list })
  await partial.done()
  emit({ type: 'done', sha256, size, path, reused: false })
  const { etag, lastModified } = attempt
  return {
    downloaded: {
      ...resultOf(name, { sha256, size, path }, list),
      url,
      ...(etag !== undefined && { etag }),
      ...(lastModified !== undefined && { lastModified }),
      reused: false,
    },
  }
}

function resultOf(name: string, file: StoredFile, digests: Digest[]): Omit<Downloaded, 'url' | 'reused'> {
  const sha512 = digests.find(({ algorithm }) => algorithm === 'sha512')?.hex
  return { name, ...file, digests, ...(sha512 !== undefined && { sha512 }) }
}

function mismatch(
  request: DownloadRequest,
  digests: Partial<Record<DigestAlgorithm, string>>,
  size: number,
  url: string,
): TransferFailure | undefined {
  if (request.size !== undefined && size !== request.size) {
    return new TransferFailure('wrong-size', `${shown(url)} has ${size} bytes, not ${request.size}`, {
      remedy: 'elsewhere',
    })
  }
  for (const { algorithm, hex } of request.digests ?? []) {
    const found = digests[algorithm]
    if (found === hex.toLowerCase()) continue
    return new TransferFailure(
      'digest-mismatch',
      `${shown(url)} gave other bytes than it should: ${algorithm} ${found ?? 'unknown'}, expected ${hex}`,
      { remedy: 'elsewhere', hint: 'the mirror is broken or was tampered with; nothing of it was kept' },
    )
  }
  return undefined
}

/** It is in the store: nothing to fetch, but whoever wants to see the bytes still does. */
async function reuse(
  request: DownloadRequest,
  name: string,
  file: StoredFile,
  emit: Job['emit'],
): Promise<Downloaded> {
  if (request.inspect) {
    const stream = createReadStream(file.path, { highWaterMark: 1 << 20 })
    try {
      await request.inspect(Readable.toWeb(stream) as ReadableStream<Uint8Array>)
    } finally {
      stream.destroy()
    }
  }
  const { sha256, size, path } = file
  const digests: Digest[] = [{ algorithm: 'sha256', hex: sha256 }]
  for (const one of request.digests ?? []) {
    // the store finds by SHA-256, else by a SHA-512 that it computed itself
    if (one.algorithm === 'sha512' && !request.digests?.some(({ algorithm }) => algorithm === 'sha256'))
      digests.push(one)
  }
  emit({ type: 'done', sha256, size, path, reused: true })
  return { ...resultOf(name, file, digests), url: request.urls[0] ?? '', reused: true }
}

/** One name for one content: a digest where there is one, else the publisher's URL. */
function keyOf({ digests = [], urls }: DownloadRequest): string {
  const pin =
    digests.find(({ algorithm }) => algorithm === 'sha256') ??
    digests.find(({ algorithm }) => algorithm === 'sha512')
  if (pin && /^[0-9a-f]+$/i.test(pin.hex)) return `${pin.algorithm}-${pin.hex.toLowerCase().slice(0, 64)}`
  return `url-${createHash('sha256')
    .update(urls[0] ?? '')
    .digest('hex')}`
}

/** For messages only; never a name on the disk. */
function nameOf(url: string): string {
  if (!URL.canParse(url)) return url
  return decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '') || new URL(url).host
}

function isNetworkError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return (
    error instanceof Error &&
    (error.name === 'AggregateError' ||
      (typeof code === 'string' &&
        /^(UND_ERR|HPE_|ECONN|ETIMEDOUT|EPIPE|ENET|EHOST|EAI_|ENOTFOUND|ERR_SSL|ERR_TLS|CERT_)/.test(code)))
  )
}
