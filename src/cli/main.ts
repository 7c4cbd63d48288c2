import { readFileSync } from 'node:fs'
import { CommanderError } from 'commander'
import { isIpxetoolError } from '../diagnostics/error.js'
import { ExitCode } from './exit-codes.js'
import type { Io } from './io.js'
import { createProgram } from './program.js'

/** Runs one command line in this process; resolves to the exit code and never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  const stop = new AbortController()
  const onSignal = (): void => {
    stop.abort()
  }
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  // a reader that went away (`ipxetool check | head`) is no failure of ours
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(ExitCode.ok)
      throw error
    })
  }
  try {
    return await run(argv, {
      cwd: process.cwd(),
      env: process.env,
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      signal: stop.signal,
      ownsProcess: true,
    })
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

/** As {@link main}, in a world of the caller's. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = ExitCode.ok
  try {
    const program = createProgram(packageVersion(), io, (code) => {
      exitCode = code
    })
    if (argv.length === 0) {
      program.outputHelp({ error: true })
      return ExitCode.usage
    }
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage
    if (isIpxetoolError(error)) {
      io.stderr.write(`ipxetool: ${error.message}\n${error.hint ? `  ${error.hint}\n` : ''}`)
      return error.exitCode
    }
    const problem = error instanceof Error ? error : new Error(String(error))
    io.stderr.write(
      `ipxetool: internal failure: ${problem.message}\n  This is a bug in ipxetool; please report it with what you ran.\n`,
    )
    if (io.env.IPXETOOL_DEBUG) io.stderr.write(`${problem.stack ?? ''}\n`)
    else io.stderr.write('  IPXETOOL_DEBUG=1 prints where it happened.\n')
    return ExitCode.internal
  }
}

export function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
