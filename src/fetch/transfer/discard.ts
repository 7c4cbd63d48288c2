/**
 * Gives the memory of network buffers back at once. V8 lets some 64 MB of them pile up before it collects; handing
 * one over to a port that nobody listens to frees it now.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads'

let nobody: MessagePort | undefined
/** Smaller ones may be slices of a pool. */
const leastSize = 32 * 1024

export class Discarder {
  #last: Uint8Array | undefined

  /** @param chunk has been copied; it may be taken away when the next one comes, for the parser is still in this one */
  done(chunk: Uint8Array): void {
    const last = this.#last
    this.#last = chunk
    if (last === undefined || last.buffer === chunk.buffer) return
    const { buffer, byteOffset, byteLength } = last
    const isLastOfBuffer = byteOffset + byteLength === buffer.byteLength
    if (!isLastOfBuffer || byteLength < leastSize || !(buffer instanceof ArrayBuffer)) return
    try {
      port().postMessage(undefined, [buffer])
    } catch {
      // one that may not be moved is left to the collector
    }
  }
}

function port(): MessagePort {
  if (nobody === undefined) {
    const { port1, port2 } = new MessageChannel()
    port2.close()
    port1.unref()
    nobody = port1
  }
  return nobody
}
