/** The command line inside the test's own process. */
import { Readable } from 'node:stream'
import type { Io } from '../../src/cli/io.js'
import { run } from '../../src/cli/main.js'

export interface Ran {
  /** Exit code. */
  code: number
  stdout: string
  stderr: string
}

/** What `act` writes, which is no terminal, and the exit code that it returns. */
export async function ran(
  act: (io: Io) => Promise<number>,
  { cwd, env = {} }: { cwd: string; env?: Io['env'] },
): Promise<Ran> {
  const found: Ran = { code: -1, stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (text: string | Uint8Array): void => {
      found[name] += typeof text === 'string' ? text : new TextDecoder().decode(text)
    },
  })
  found.code = await act({
    cwd,
    env,
    stdin: Readable.from([]),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    signal: new AbortController().signal,
  })
  return found
}

/** `ipxetool ARGS` in the folder `cwd`, with `env` for its environment: by default an empty one. */
export function ranCli(args: readonly string[], where: { cwd: string; env?: Io['env'] }): Promise<Ran> {
  return ran((io) => run([...args], io), where)
}
