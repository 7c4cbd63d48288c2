/**
 * Everything a command may touch of the outside world, handed in by `bin/ipxetool.js` through
 * {@link ../cli/main.ts}. Tests give their own. Nothing below `cli` reads argv, env, stdout or exits.
 */
export interface Io {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadableStream
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  /** Aborted on SIGINT or SIGTERM; long-running commands stop cleanly and exit 0. */
  readonly signal: AbortSignal
  /** The whole process is this command's: it may give up rights for good. */
  readonly ownsProcess?: boolean
}

export interface OutputStream {
  write(text: string | Uint8Array): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}
