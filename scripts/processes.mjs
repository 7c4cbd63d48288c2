/** Starting child processes for the scripts in this folder: always an argument list, never a shell. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Runs a program in the repository and waits for its end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ show?: boolean, env?: Record<string, string> }} [options] `show`: its output goes to ours as it comes;
 *   otherwise it is collected
 * @returns {Promise<{ code: number, output: string }>} the exit code, or 128 + the number of the signal that ended it;
 *   never rejects: a program that cannot be started gives 127 and the reason as its output
 */
export function run(command, args, { show = false, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
      env: { ...process.env, ...env },
    })
    const chunks = []
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => chunks.push(chunk))
    child.once('error', (error) => {
      resolve({ code: 127, output: `cannot start ${command}: ${error.message}` })
    })
    child.once('close', (code, signal) => {
      resolve({ code: code ?? exitCodeOfSignal(signal), output: Buffer.concat(chunks).toString() })
    })
  })
}

/** Runs a Node program of this repository or of a package: `node node_modules/typescript/bin/tsc …`. */
export function runNode(args, options) {
  return run(process.execPath, args, options)
}

export function exitCodeOfSignal(signal) {
  return { SIGHUP: 129, SIGINT: 130, SIGKILL: 137, SIGTERM: 143 }[signal] ?? 128
}

/** Starts a clock; each call of the result gives the time since then as `3.2 s`. */
export function stopwatch() {
  const start = Date.now()
  return () => `${((Date.now() - start) / 1000).toFixed(1)} s`
}
