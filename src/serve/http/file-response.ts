/**
 * Sends one open file as an HTTP response. `send` does the protocol (ranges, preconditions); it is given the file that
 * the path policy opened, so nothing can change between the check and the transfer. Requests without any of that, which
 * is what firmware and iPXE send, get the same head without it: for a file of 1 MiB the rest is a quarter of the work.
 * The octets are {@link Body}'s.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import send from 'send'
import type { Content } from '../content.js'
import type { SharedFile } from '../files.js'
import { Body } from './body.js'
import { settleConditions } from './conditions.js'
import { contentType } from './content-type.js'

/** The part of `send` that is used here, once the caller has looked the file up itself. */
interface Sender {
  on(event: 'error', listener: (error: Error & { readonly status?: number }) => void): unknown
  send(path: string, stat: { readonly size: number; readonly mtime: Date }): void
  /** What it calls when all headers are set; `end` is the last octet. Ours takes its place. */
  stream: (path: string, range: { readonly start: number; readonly end: number }) => void
}

export interface FileResponse {
  /** False when it was answered by `onRefused` instead. */
  accepted(): boolean
  /** Octets of the file handed over so far for this response. */
  bytes(): number
  /** Why the response was cut off by us, once it was. */
  problem(): string | undefined
  /** The connection is gone or the response is over: lets go of the octets. */
  closed(): void
}

/** What is the same in every response with this version of a file. */
interface Head {
  readonly etag: string
  readonly mtime: Date
  readonly lastModified: string
  /** Name, value, name, value … of a 200. */
  readonly fields: readonly string[]
}

const heads = new WeakMap<SharedFile, Head>()

function headOf(file: SharedFile, etag: string): Head {
  let head = heads.get(file)
  if (head?.etag === etag) return head
  const mtime = new Date(file.mtimeMs)
  const lastModified = mtime.toUTCString()
  const fields = [
    ...['Content-Type', contentType(file.name), 'Last-Modified', lastModified, 'ETag', etag],
    // Copies may be kept, but ask first: a rebuilt menu has to reach the machine that boots next.
    ...['Cache-Control', 'no-cache', 'X-Content-Type-Options', 'nosniff'],
  ]
  head = { etag, mtime, lastModified, fields }
  heads.set(file, head)
  return head
}

function isPlain(headers: IncomingHttpHeaders): boolean {
  return (
    headers.range === undefined &&
    headers['if-none-match'] === undefined &&
    headers['if-modified-since'] === undefined &&
    headers['if-match'] === undefined &&
    headers['if-unmodified-since'] === undefined &&
    headers['if-range'] === undefined
  )
}

const OPTIONS = {
  etag: false,
  lastModified: false,
  cacheControl: false,
  index: false,
  dotfiles: 'allow',
} as const

/**
 * @param onStart the body is about to flow (not for HEAD, 304, 412, 416)
 * @param onRefused `send` answers with this error status; headers such as Content-Range are already set
 */
export function respondWithFile(
  req: IncomingMessage,
  res: ServerResponse,
  file: SharedFile,
  content: Content,
  etag: string,
  onStart: () => void,
  onRefused: (status: number) => void,
): FileResponse {
  const { mtime, lastModified, fields } = headOf(file, etag)
  let body: Body | undefined
  let accepted = true
  const response: FileResponse = {
    accepted: () => accepted,
    bytes: () => body?.bytes ?? 0,
    problem: () => body?.problem,
    closed: () => body?.release(),
  }
  if (isPlain(req.headers)) {
    res.writeHead(200, [...fields, 'Accept-Ranges', 'bytes', 'Content-Length', String(file.size)])
    if (req.method === 'HEAD') res.end()
    else {
      onStart()
      body = new Body(res, content, file, 0, file.size)
      body.send()
    }
    return response
  }

  for (let at = 0; at < fields.length; at += 2) res.setHeader(fields[at]!, fields[at + 1]!)
  settleConditions(req.method ?? 'GET', req.headers, { etag, lastModified })
  const sending = Object.assign(send(req, file.name, OPTIONS), { res }) as unknown as Sender
  sending.on('error', (error) => {
    accepted = false
    onRefused(error.status ?? 500)
  })
  sending.stream = (_path, { start, end }) => {
    onStart()
    body = new Body(res, content, file, start, file.size === 0 ? start : end + 1)
    body.send()
  }
  sending.send(file.name, { size: file.size, mtime })
  return response
}
