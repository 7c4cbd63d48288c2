/**
 * A process of its own that keeps one dnsmasq running: it stays root, which `serve` does not, and it ends when `serve`
 * does, however that happens, because then nobody holds the other end of its standard input.
 *
 * argv: the program and its arguments. Passes on what dnsmasq says; exits with 1 when it cannot be kept running.
 */
import { spawn, type ChildProcess } from 'node:child_process'

/** Ending so often within {@link SOON_MS} of its start it will not get better. */
const ATTEMPTS = 3
const SOON_MS = 5000
const PAUSE_MS = 500

const [program = 'dnsmasq', ...args] = process.argv.slice(2)
let child: ChildProcess | undefined
let stopping = false
let failures = 0

function start(): void {
  const started = performance.now()
  child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  child.once('error', (error) => {
    process.stderr.write(`dnsmasq: ${error.message}\n`)
    process.exit(1)
  })
  child.once('exit', (code, signal) => {
    if (stopping) process.exit(0)
    failures = performance.now() - started < SOON_MS ? failures + 1 : 1
    process.stderr.write(`dnsmasq: ended (${signal ?? `exit code ${code}`})\n`)
    if (failures >= ATTEMPTS) process.exit(1)
    setTimeout(start, PAUSE_MS)
  })
}

function stop(): void {
  stopping = true
  if (child?.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
  else process.exit(0)
}

// Ctrl-C reaches the whole group: the end of the input says when.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
process.stdin.on('end', stop)
process.stdin.on('error', stop)
process.stdin.resume()
start()
