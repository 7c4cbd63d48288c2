/** The body of a response, chunk by chunk as it comes from the socket. */
import type { Dispatcher } from 'undici'
import type { Headers } from './http-rules.js'

/** Takes a chunk; a promise holds the next one back. */
export type Sink = (chunk: Buffer) => Promise<void> | undefined

/**
 * Memory for the next bytes; it has room for one at least. Asked for while the sink makes the network wait, it is
 * written to only after that; undefined: the sink cannot say yet.
 */
export type Space = () => Uint8Array | undefined

export interface Body {
  /**
   * Hands over every chunk that has come, also those before a connection broke: a Node stream would throw away what
   * it holds when it fails, and those bytes would have to be sent again.
   * @param space a body that {@link reuses} memory may put chunks there; they are views of it then
   * @returns after the last one was taken. @throws what the network or the sink threw
   */
  consume(sink: Sink, space?: Space): Promise<void>
  /** A chunk is the sink's only until it returns, or its promise is fulfilled. */
  readonly reuses: boolean
  /** Ends the connection. */
  destroy(reason?: Error): void
  /** Is called once, when nothing more comes. */
  onClose(listener: () => void): void
}

export interface RawResponse {
  status: number
  headers: Headers
  body: Body
}

/** One request. @throws what undici throws */
export function dispatch(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  signal: AbortSignal | undefined,
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const reader = new Reader()
    let started = false
    const onAbort = (): void => {
      const reason: unknown = signal?.reason
      reader.destroy(reason instanceof Error ? reason : new Error('aborted'))
    }
    const over = (): void => signal?.removeEventListener('abort', onAbort)
    signal?.throwIfAborted()
    signal?.addEventListener('abort', onAbort, { once: true })
    dispatcher.dispatch(options, {
      onRequestStart: (controller) => {
        reader.attach(controller)
      },
      onResponseStart: (controller, status, headers) => {
        if (status < 200) return
        started = true
        // until somebody consumes
        controller.pause()
        resolve({ status, headers, body: reader })
      },
      onResponseData: (_controller, chunk) => {
        reader.push(chunk)
      },
      onResponseEnd: () => {
        over()
        reader.end(undefined)
      },
      onResponseError: (_controller, error) => {
        over()
        if (started) reader.end(error)
        else reject(error)
      },
    })
  })
}

/** What a reader does to its connection. */
export interface Flow {
  pause(): void
  resume(): void
  abort(reason: Error): void
}

export class Reader implements Body {
  readonly reuses: boolean
  #controller: Flow | undefined
  #space: Space | undefined
  #sink: Sink | undefined
  readonly #queue: Buffer[] = []
  #busy = false
  #ended = false
  #error: unknown
  #destroyed: Error | undefined
  #resolve: (() => void) | undefined
  #reject: ((error: unknown) => void) | undefined
  #closeListener: (() => void) | undefined

  constructor(reuses = false) {
    this.reuses = reuses
  }

  /** Nothing more is wanted for now. */
  get paused(): boolean {
    return this.#sink === undefined || this.#busy
  }

  /** Where the consumer wants the next bytes, if it can say. */
  space(): Uint8Array | undefined {
    return this.#ended || this.#destroyed ? undefined : this.#space?.()
  }

  attach(controller: Flow): void {
    this.#controller = controller
    if (this.#destroyed) controller.abort(this.#destroyed)
  }

  push(chunk: Buffer): void {
    if (this.#sink === undefined || this.#busy) this.#queue.push(chunk)
    else this.#give(chunk)
  }

  #give(chunk: Buffer): void {
    let wait: Promise<void> | undefined
    try {
      wait = this.#sink!(chunk)
    } catch (error) {
      this.#fail(error)
      return
    }
    if (wait === undefined) return
    this.#busy = true
    this.#controller?.pause()
    wait.then(
      () => {
        // not within the turn that paused: undici's parser would still be in the chunk, and never go on
        setImmediate(() => {
          this.#busy = false
          this.#drain()
        })
      },
      (error: unknown) => {
        this.#fail(error)
      },
    )
  }

  #drain(): void {
    while (this.#queue.length > 0 && !this.#busy) this.#give(this.#queue.shift()!)
    if (this.#busy) return
    if (!this.#ended) this.#controller?.resume()
    else if (this.#error === undefined) this.#resolve?.()
    else this.#reject?.(this.#error)
  }

  #fail(error: unknown): void {
    this.#queue.length = 0
    this.#reject?.(error)
    this.destroy(error instanceof Error ? error : new Error(String(error)))
  }

  onClose(listener: () => void): void {
    if (this.#ended || this.#destroyed) listener()
    else this.#closeListener = listener
  }

  #closed(): void {
    this.#closeListener?.()
    this.#closeListener = undefined
  }

  end(error: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#closed()
    this.#error = error
    if (this.#sink !== undefined && !this.#busy) this.#drain()
  }

  consume(sink: Sink, space?: Space): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sink = sink
      this.#space = space
      this.#resolve = resolve
      this.#reject = reject
      this.#drain()
    })
  }

  destroy(reason: Error = new Error('the response is not wanted')): void {
    if (this.#destroyed || this.#ended) return
    this.#destroyed = reason
    this.#closed()
    this.#controller?.abort(reason)
  }
}
