/** Hashes in a thread. Blocks are shared memory: nothing is copied, and the disk can have them at the same time. */
import { createHash, type Hash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'

export type HashOrder =
  | { id: number; kind: 'open'; algorithms: readonly string[] }
  | { id: number; kind: 'update'; block: SharedArrayBuffer; length: number }
  | { id: number; kind: 'digest' }
  | { id: number; kind: 'drop' }

/** In the order of the orders: of an `update` that it is done, of a `digest` the digests. */
export interface HashAnswer {
  id: number
  digests?: Record<string, string>
}

const open = new Map<number, Hash[]>()
const names = new Map<number, readonly string[]>()

parentPort?.on('message', (order: HashOrder) => {
  const { id } = order
  if (order.kind === 'open') {
    open.set(
      id,
      order.algorithms.map((algorithm) => createHash(algorithm)),
    )
    names.set(id, order.algorithms)
  } else if (order.kind === 'update') {
    for (const hash of open.get(id) ?? []) hash.update(new Uint8Array(order.block, 0, order.length))
    parentPort?.postMessage({ id } satisfies HashAnswer)
  } else {
    if (order.kind === 'digest') {
      const digests: Record<string, string> = {}
      open.get(id)?.forEach((hash, index) => {
        digests[names.get(id)![index]!] = hash.digest('hex')
      })
      parentPort?.postMessage({ id, digests } satisfies HashAnswer)
    }
    open.delete(id)
    names.delete(id)
  }
})
