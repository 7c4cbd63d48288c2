/**
 * Sends one open file as an HTTP response. `send` does the protocol (ranges, preconditions); it is given the
 * handle that the path policy opened, so nothing can change between the check and the transfer.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FileHandle } from 'node:fs/promises'
import send from 'send'
import type { TreeFile } from '../tree.js'
import { settleConditions } from './conditions.js'
import { contentType } from './content-type.js'

/** Measured (boot-servers.md section 8): at 64 KiB a chunk, a 1 MiB file goes out three times slower. */
const CHUNK = 1024 * 1024

/** `send` hands its options on to `fs.createReadStream`, which takes an open file. */
interface SendOptions extends send.SendOptions {
  readonly fd: FileHandle
  readonly highWaterMark: number
}

/** The part of `send` that is used here, once the caller has looked the file up itself. */
interface Sender {
  on(event: 'error', listener: (error: Error & { readonly status?: number }) => void): unknown
  on(event: 'stream', listener: (stream: FileStream) => void): unknown
  send(path: string, stat: { readonly size: number; readonly mtime: Date }): void
}

type FileStream = NodeJS.ReadableStream & { readonly bytesRead: number }

export interface FileResponse {
  /** False when it was answered by `onRefused` instead. */
  accepted(): boolean
  /** Octets of the file read so far for this response. */
  bytes(): number
  /** Why the response was cut off by us, once it was. */
  problem(): string | undefined
}

/**
 * @param onStart the body is about to flow (not for HEAD, 304, 412, 416)
 * @param onRefused `send` answers with this error status; headers such as Content-Range are already set
 */
export function respondWithFile(
  req: IncomingMessage,
  res: ServerResponse,
  file: TreeFile,
  etag: string,
  onStart: () => void,
  onRefused: (status: number) => void,
): FileResponse {
  const lastModified = new Date(file.mtimeMs).toUTCString()
  res.setHeader('Content-Type', contentType(file.name))
  res.setHeader('Last-Modified', lastModified)
  res.setHeader('ETag', etag)
  // Copies may be kept, but ask first: a rebuilt menu has to reach the machine that boots next.
  res.setHeader('Cache-Control', 'no-cache')
  settleConditions(req.method ?? 'GET', req.headers, { etag, lastModified })

  let read: FileStream | undefined
  let accepted = true
  let problem: string | undefined
  const options: SendOptions = {
    fd: file.handle,
    highWaterMark: CHUNK,
    etag: false,
    lastModified: false,
    cacheControl: false,
    index: false,
    dotfiles: 'allow',
  }
  const sending = Object.assign(send(req, file.name, options), { res }) as unknown as Sender
  sending.on('error', (error) => {
    if (res.headersSent) {
      problem = 'the file could not be read to its end'
      res.destroy()
    } else {
      accepted = false
      onRefused(error.status ?? 500)
    }
  })
  sending.on('stream', (stream) => {
    read = stream
    onStart()
    stream.on('end', () => {
      // Fewer octets than promised: on a kept-alive connection the client would wait for the rest for ever, and
      // take the next response for it.
      if (stream.bytesRead >= Number(res.getHeader('Content-Length'))) return
      problem = 'the file became shorter while it was being sent'
      res.destroy()
    })
  })
  res.once('close', () => {
    // Where no stream was made, nobody else closes the file; where one was, a second close does nothing.
    void file.handle.close().catch(() => undefined)
  })
  sending.send(file.name, { size: file.size, mtime: new Date(file.mtimeMs) })
  return { accepted: () => accepted, bytes: () => read?.bytesRead ?? 0, problem: () => problem }
}
