/**
 * An expected failure: bad input, a missing file, a port in use. The command line prints it as one line
 * (plus the hint) and exits with `exitCode`; it never prints a stack trace for it.
 */
export class IpxetoolError extends Error {
  /** Stable machine-readable id, kebab-case: `port-in-use`. */
  readonly code: string
  /** 1: a problem in what the user gave; 2: the command was called wrongly. */
  readonly exitCode: 1 | 2
  /** What to do about it, one sentence. */
  readonly hint: string | undefined

  constructor(
    code: string,
    message: string,
    options: { exitCode?: 1 | 2; hint?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'IpxetoolError'
    this.code = code
    this.exitCode = options.exitCode ?? 1
    this.hint = options.hint
  }
}

/** By name: a program may hold two copies of this module (a worker, a bundler), and `instanceof` knows one. */
export function isIpxetoolError(error: unknown): error is IpxetoolError {
  return error instanceof Error && error.name === 'IpxetoolError'
}
