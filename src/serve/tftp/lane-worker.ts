/** A lane in a thread of its own. Files are open in the whole process, so it reads them by their descriptors. */
import { fstat, read } from 'node:fs'
import { promisify } from 'node:util'
import { parentPort } from 'node:worker_threads'
import { CHUNK, Content, type ContentSource } from '../content.js'
import type { ServeEvent } from '../events.js'
import type { FileState } from '../tree.js'
import { errorCode } from '../tree.js'
import { Lane, type Order } from './lane.js'
import type { Phase, Transfer } from './transfer.js'

export type LaneOrder =
  | {
      readonly kind: 'start'
      readonly id: number
      readonly order: Order
      /** The same key is the same version of the same file. Open until `closed` or `failed` comes back. */
      readonly file: FileState & { readonly key: number; readonly fd: number }
    }
  | { readonly kind: 'abort'; readonly id: number; readonly message: string }
  | { readonly kind: 'supersede' | 'repeated'; readonly id: number }

export type LaneReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'event'; readonly event: ServeEvent }
  | { readonly kind: 'phase'; readonly id: number; readonly phase: Phase }
  | { readonly kind: 'again'; readonly id: number }
  /** There was no socket for it. */
  | { readonly kind: 'failed'; readonly id: number; readonly code: string }

/** A loader, a kernel; what is larger passes through. */
const LIMIT = 16 * CHUNK

const readAt = promisify(read)
const stat = promisify(fstat) as (fd: number, options: { bigint: true }) => Promise<FileStat>
type FileStat = Awaited<ReturnType<ContentSource['handle']['stat']>>

interface Kept {
  readonly file: ContentSource
  /** Transfers that read it. */
  users: number
}

const content = new Content(LIMIT)
const port = parentPort!
const tell = (report: LaneReport): void => {
  port.postMessage(report)
}
const lane = new Lane(content, (event) => {
  tell({ kind: 'event', event })
})
const files = new Map<number, Kept>()
const transfers = new Map<number, Promise<Transfer | undefined>>()

port.on('message', (order: LaneOrder) => {
  if (order.kind === 'start') {
    transfers.set(order.id, start(order))
    return
  }
  // in the order in which they came, also while its socket is being opened
  void transfers.get(order.id)?.then((transfer) => {
    if (order.kind === 'abort') transfer?.abort(order.message)
    else if (order.kind === 'supersede') transfer?.supersede()
    else
      transfer?.repeated(() => {
        tell({ kind: 'again', id: order.id })
      })
  })
})
tell({ kind: 'ready' })

async function start({
  id,
  order,
  file: { key, fd, ...state },
}: LaneOrder & { kind: 'start' }): Promise<Transfer | undefined> {
  let kept = files.get(key)
  if (kept === undefined) {
    const handle: ContentSource['handle'] = {
      read: (buffer, offset, length, position) => readAt(fd, buffer, offset, length, position),
      stat: (options) => stat(fd, options),
    }
    kept = { file: { ...state, handle, chunks: new Map() }, users: 0 }
    files.set(key, kept)
  }
  const { file } = kept
  kept.users += 1
  const leave = async (): Promise<void> => {
    transfers.delete(id)
    if (--kept.users > 0) return
    files.delete(key)
    // The descriptor may mean another file as soon as this one is let go.
    const loading = [...file.chunks.values()].flatMap((chunk) => chunk.loading ?? [])
    await Promise.allSettled(loading)
    content.forget(file)
  }
  try {
    const source = { file, release: () => undefined }
    const transfer = await lane.prepare(order, source, (phase) => {
      if (phase !== 'closed') tell({ kind: 'phase', id, phase })
      else
        void leave().then(() => {
          tell({ kind: 'phase', id, phase })
        })
    })
    transfer.start()
    return transfer
  } catch (error) {
    await leave()
    tell({ kind: 'failed', id, code: errorCode(error) })
    return undefined
  }
}
