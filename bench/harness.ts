/**
 * One harness for all benchmarks.
 *
 * It refuses to time what does not work: before the first round and in every round a peer has to succeed and give the
 * output it is known for, compared by digest. Peers take turns, each round begins with another one, and there are at
 * least five rounds; so a machine that slows down while it runs slows all of them.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'

export const leastRounds = 5

/** What one run of a peer gave; everything but `seconds` is worked out after the clock has stopped. */
export interface Run {
  readonly seconds: number
  /** Of the processors, by all the processes that it ran: on a shared machine it says more than the clock. */
  readonly cpu?: number | undefined
  /** what it printed or returned, for the check */
  readonly output: Uint8Array | string
}

export interface Peer {
  readonly name: string
  /** exact version, with the options that matter */
  readonly version: string
  /** @throws BenchmarkRefused when it fails */
  run(): Promise<Run>
  /** The right output, or a test of it; all runs must then give the same. */
  readonly expect: Uint8Array | string | ((output: string) => boolean)
}

export interface Benchmark {
  readonly name: string
  /** what is counted per run, for the rate: `lines`, `MB`; absent: no rate */
  readonly work?: { readonly amount: number; readonly unit: string }
  /** the first one is what the others are compared with */
  readonly peers: readonly Peer[]
  readonly rounds?: number
}

export interface PeerResult {
  readonly peer: Peer
  readonly seconds: readonly number[]
  /** seconds of CPU that this process, the load client, spent meanwhile; per round */
  readonly ownCpu: readonly number[]
  /** of the processes that the peer ran; empty where that is not known */
  readonly cpu?: readonly number[]
}

/** A benchmark that must not be timed: a peer failed, or did something else than it should. */
export class BenchmarkRefused extends Error {
  override readonly name = 'BenchmarkRefused'
}

/**
 * Runs the rounds.
 * @throws BenchmarkRefused before anything is timed, or in the middle, without a result
 */
export async function measure(benchmark: Benchmark): Promise<PeerResult[]> {
  const { peers, rounds = leastRounds } = benchmark
  if (rounds < leastRounds) throw new BenchmarkRefused(`${benchmark.name}: ${rounds} rounds are too few`)
  if (peers.length === 0) throw new BenchmarkRefused(`${benchmark.name}: nothing to measure`)

  // Not timed: it fills caches, and it is the run whose output is looked at.
  const contestants: { peer: Peer; digest: string; seconds: number[]; ownCpu: number[]; cpu: number[] }[] = []
  for (const peer of peers) {
    const { output } = await peer.run()
    checkOutput(peer, output)
    contestants.push({ peer, digest: digestOf(output), seconds: [], ownCpu: [], cpu: [] })
  }
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const contestant = contestants[(round + turn) % contestants.length]!
      const before = process.cpuUsage()
      const { seconds, output, cpu } = await contestant.peer.run()
      const spent = process.cpuUsage(before)
      if (digestOf(output) !== contestant.digest) {
        throw new BenchmarkRefused(
          `${contestant.peer.name}: round ${round + 1} gave another output than before`,
        )
      }
      contestant.seconds.push(seconds)
      if (cpu !== undefined) contestant.cpu.push(cpu)
      contestant.ownCpu.push((spent.user + spent.system) / 1e6)
    }
  }
  return contestants
}

function checkOutput(peer: Peer, output: Uint8Array | string): void {
  const { expect } = peer
  const right = typeof expect === 'function' ? expect(asText(output)) : digestOf(output) === digestOf(expect)
  if (right) return
  const seen = JSON.stringify(asText(output).slice(0, 200))
  throw new BenchmarkRefused(`${peer.name}: gave something else than it should, beginning with ${seen}`)
}

function asText(output: Uint8Array | string): string {
  return typeof output === 'string' ? output : Buffer.from(output).toString()
}

function digestOf(output: Uint8Array | string): string {
  return createHash('sha256').update(output).digest('hex')
}

/** A whole process, from its start to its end. `version` is the first line that `versionArgs` prints. */
export async function commandPeer(options: {
  name: string
  command: string
  args: readonly string[]
  versionArgs: readonly string[]
  expect: Peer['expect']
}): Promise<Peer> {
  const { name, command, args, versionArgs, expect } = options
  const { output } = await runCommand(name, command, versionArgs)
  // shellcheck's first line is its name
  const version = asText(output).match(/\d+\.\d[\w.+~-]*/)?.[0] ?? 'unknown'
  return { name, version, expect, run: () => runCommand(name, command, args) }
}

/** @throws BenchmarkRefused when it cannot be started, fails, or is ended by a signal */
function runCommand(name: string, command: string, args: readonly string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const start = performance.now()
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.once('error', (error) => {
      reject(new BenchmarkRefused(`${name}: cannot start ${command}: ${error.message}`))
    })
    child.once('close', (code, signal) => {
      const seconds = (performance.now() - start) / 1000
      const output = Buffer.concat(chunks)
      if (code === 0) {
        resolve({ seconds, output })
        return
      }
      const end = code === null ? `was ended by ${signal ?? 'a signal'}` : `exited with ${code}`
      const last = output.toString().trim().split('\n').slice(-3).join('\n')
      reject(new BenchmarkRefused(`${name} ${end}: ${[command, ...args].join(' ')}\n${last}`))
    })
  })
}

/** A function in this process. `output` turns its result into what is checked, off the clock. */
export function functionPeer<T>(options: {
  name: string
  version: string
  work: () => T
  output: (result: T) => Uint8Array | string
  expect: Peer['expect']
}): Peer {
  const { name, version, work, output, expect } = options
  return {
    name,
    version,
    expect,
    run: () => {
      const start = performance.now()
      const result = work()
      const seconds = (performance.now() - start) / 1000
      return Promise.resolve({ seconds, output: output(result) })
    },
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** A table: per peer the median, the spread (least to most), the ratio to the first peer's median, and the rate. */
export function report(benchmark: Benchmark, results: readonly PeerResult[]): string {
  const base = median(results[0]!.seconds)
  const baseCpu = results[0]!.cpu ?? []
  const hasCpu = baseCpu.length > 0
  const rows = results.map(({ peer, seconds, ownCpu, cpu = [] }) => {
    const middle = median(seconds)
    const { work } = benchmark
    return [
      peer.name,
      peer.version,
      time(middle),
      `${time(Math.min(...seconds))} .. ${time(Math.max(...seconds))}`,
      `${(middle / base).toFixed(2)}x`,
      work ? `${Math.round(work.amount / middle).toLocaleString('en')} ${work.unit}/s` : '',
      time(median(ownCpu)),
      ...(hasCpu ? [time(median(cpu)), `${(median(cpu) / median(baseCpu)).toFixed(2)}x`] : []),
    ]
  })
  const head = [
    '',
    'version',
    'median',
    'spread',
    'ratio',
    benchmark.work ? 'rate' : '',
    'own CPU',
    ...(hasCpu ? ['CPU', 'ratio'] : []),
  ]
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  )
  const lines = [head, ...rows].map((row) =>
    `  ${row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ')}`.trimEnd(),
  )
  return [`${benchmark.name}  (${results[0]!.seconds.length} rounds)`, ...lines].join('\n')
}

function time(seconds: number): string {
  return seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(2)} s`
}
