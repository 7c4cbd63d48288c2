/** The tool itself as a child process, from source: a stale dist cannot pass for it. */
import { fileURLToPath } from 'node:url'

export const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url))

const RUNNER = fileURLToPath(new URL('run-cli.ts', import.meta.url))

/** The arguments for node that run `ipxetool ARGS`. */
export function cliArguments(args: readonly string[]): string[] {
  return ['--import', import.meta.resolve('tsx'), RUNNER, ...args]
}
