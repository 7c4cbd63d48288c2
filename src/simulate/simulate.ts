/** Starts a run and carries the interpreter's questions to the host. */
import { textToBytes } from '../syntax/bytes.js'
import { commands } from './commands/index.js'
import type { Image } from './images.js'
import { Ended, Run, type Steps } from './run.js'
import type { Host, HostRequest, Limits, Machine, RunReport } from './types.js'
import { parseUri } from './uri.js'

export interface Start {
  readonly machine: Machine
  readonly host: Host
  readonly limits?: Partial<Limits>
  /** bytes, or a byte string */
  readonly script: Uint8Array | string
  /** where it came from: relative addresses resolve against it; absent for an embedded script */
  readonly uri?: string
  /** the image's name; default: the last part of the address */
  readonly name?: string
}

function* main(run: Run, start: Start): Steps<RunReport> {
  const data = typeof start.script === 'string' ? textToBytes(start.script) : start.script
  const uri = start.uri === undefined ? undefined : parseUri(start.uri).uri
  const image: Image = {
    name: start.name ?? start.uri?.split(/[?#]/)[0]!.split('/').pop() ?? 'script',
    uri,
    data,
    size: data.length,
    assumed: false,
    format: undefined,
    cmdline: undefined,
    autofree: false,
    trusted: false,
    replacement: undefined,
  }
  try {
    run.register(image)
    const status = yield* run.exec(image)
    return run.report({ kind: 'exit', status }, status)
  } catch (error) {
    if (error instanceof Ended) return run.report(error.ending, run.errno)
    throw error
  }
}

function answer(host: Host, request: HostRequest): unknown {
  switch (request.type) {
    case 'fetch':
      return host.fetch(request)
    case 'menu':
      return host.menu(request)
    case 'key':
      return host.key(request)
    case 'line':
      return host.line(request)
    case 'dhcp':
      return host.dhcp(request)
    case 'wait':
      return host.wait?.(request)
    case 'resolve':
      return host.resolve?.(request)
    case 'trace':
      return host.trace?.(request.step)
  }
}

/**
 * Runs a script to its end.
 * @throws what the host throws
 */
export async function simulate(start: Start): Promise<RunReport> {
  const run = new Run(start.machine, start.host, commands, start.limits)
  const steps = main(run, start)
  let next = steps.next()
  while (!next.done) {
    let value: unknown
    try {
      value = answer(start.host, next.value)
      if (value instanceof Promise) value = await value
    } catch (error) {
      next = steps.throw(error)
      continue
    }
    next = steps.next(value)
  }
  return next.value
}

/**
 * The same with a host that answers at once: nothing is asynchronous, and thousands of runs take a second.
 * @throws TypeError when the host answers with a promise
 */
export function simulateSync(start: Start): RunReport {
  const run = new Run(start.machine, start.host, commands, start.limits)
  const steps = main(run, start)
  let next = steps.next()
  while (!next.done) {
    const value = answer(start.host, next.value)
    if (value instanceof Promise) {
      throw new TypeError(
        'simulateSync needs a host that answers at once; use simulate() for one that does not',
      )
    }
    next = steps.next(value)
  }
  return next.value
}
