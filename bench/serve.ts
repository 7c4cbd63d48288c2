/**
 * `ipxetool serve` beside nginx (HTTP) and dnsmasq (TFTP), which have to be installed, and a C compiler for the load
 * client (load.c). dnsmasq takes port 69, so this needs root and a free port.
 *
 * All octets are compared in the run before the first round; after that HTTP's are counted, TFTP's compared always.
 */
import { randomFillSync } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BenchmarkRefused, median, type Benchmark, type Peer, type Run } from './harness.js'
import { compileLoad, type Load, roomyFolder, runLoad, versionOf } from './load.js'
import { type BenchServer, startDnsmasq, startIpxetool, startNginx } from './servers.js'

const MIB = 1024 * 1024

interface Sample extends Load {
  readonly serverCpu: number
}

type Sampled = Peer & { readonly samples: Sample[] }

export async function* benchmarks(given: string): AsyncGenerator<Benchmark> {
  const folder = await roomyFolder(given)
  const root = join(folder, 'tree')
  await mkdir(root)
  for (const size of [1, 8, 64])
    await writeFile(join(root, `${size}m`), randomFillSync(Buffer.alloc(size * MIB)))
  const load = compileLoad(folder)
  const servers: BenchServer[] = []
  const start = async (starting: Promise<BenchServer>): Promise<BenchServer> => {
    const server = await starting
    servers.push(server)
    return server
  }
  try {
    yield* http(load, root, [
      await start(startIpxetool(root)),
      await start(startNginx(folder, root, true)),
      await start(startNginx(folder, root, false)),
    ])
    yield* tftp(load, root, await start(startIpxetool(root)), await start(startDnsmasq(root)))
  } finally {
    for (const server of servers) await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function* http(load: string, root: string, servers: readonly BenchServer[]): AsyncGenerator<Benchmark> {
  for (const [size, clients, requests] of [
    [1, 8, 100],
    [1, 64, 16],
    [64, 8, 2],
    [64, 64, 1],
  ] as const) {
    const file = `${size}m`
    const peers = servers.map((server) =>
      sampled(server, server.name, nginxOr(server.name), load, (verify) =>
        [
          ...['http', '127.0.0.1', String(server.httpPort), file, String(clients), String(requests)],
          verify ? join(root, file) : '-',
        ].map(String),
      ),
    )
    const amount = (size * clients * requests * MIB) / 1e6
    yield { name: `HTTP, ${size} MiB, ${clients} clients`, work: { amount, unit: 'MB' }, peers }
    const [ours, ...others] = peers.map(seconds)
    say(`speed against the better nginx: ${ratio(Math.min(...others), ours!)} (goal: at least 0.9x)`)
    tellSamples(peers)
  }
  const peak = await servers[0]!.peakMemory()
  say(`peak memory of ipxetool: ${(peak / 1e6).toFixed(0)} MB (goal: below 250 MB)`)
}

async function* tftp(
  load: string,
  root: string,
  ours: BenchServer,
  dnsmasq: BenchServer,
): AsyncGenerator<Benchmark> {
  const peer = (
    server: BenchServer,
    blksize: number,
    window: number,
    file: string,
    clients: number,
  ): Sampled => {
    const name = window === 1 ? server.name : `${server.name}, window ${window}`
    const version = server === ours ? ownVersion() : versionOf('dnsmasq', ['--version'])
    const args = [
      'tftp',
      '127.0.0.1',
      String(server.tftpPort),
      file,
      String(clients),
      String(blksize),
      String(window),
    ]
    return sampled(server, name, version, load, () => [...args, join(root, file)])
  }
  for (const [file, clients, goal] of [
    ['8m', 1, ''],
    ['1m', 64, ' (goal: at least 0.6x)'],
  ] as const) {
    const peers = [peer(ours, 1432, 1, file, clients), peer(dnsmasq, 1432, 1, file, clients)]
    yield {
      name: `TFTP, lock-step, blksize 1432, ${clients} clients`,
      work: { amount: amountOf(file, clients), unit: 'MB' },
      peers,
    }
    const [mine, theirs] = peers.map(seconds)
    say(`speed against dnsmasq: ${ratio(theirs!, mine!)}${goal}`)
    const [cpu, cpuTheirs] = peers.map(cpuPerGb)
    say(`server CPU against dnsmasq: ${ratio(cpu!, cpuTheirs!)} (goal: below 2x)`)
    tellSamples(peers)
  }
  for (const [file, clients, goals] of [
    ['8m', 1, ['3x', '6x']],
    ['1m', 64, ['0.9x', '1.2x']],
  ] as const) {
    const peers = [
      peer(ours, 1468, 4, file, clients),
      peer(ours, 1468, 16, file, clients),
      peer(dnsmasq, 1468, 1, file, clients),
    ]
    yield {
      name: `TFTP, windows, blksize 1468, ${clients} clients`,
      work: { amount: amountOf(file, clients), unit: 'MB' },
      peers,
    }
    // Later versions of dnsmasq know windows: then this comparison is no longer the one that the goals are for.
    const asked = await runLoad(load, [
      ...['tftp', '127.0.0.1', '69', '1m', '1', '1468', '16'],
      join(root, '1m'),
    ])
    if (asked.windowsize > 0) throw new BenchmarkRefused('dnsmasq grants windowsize: compare equal windows')
    const [four, sixteen, theirs] = peers.map(seconds)
    say(`window 4 against dnsmasq's lock-step: ${ratio(theirs!, four!)} (goal: at least ${goals[0]})`)
    say(`window 16 against dnsmasq's lock-step: ${ratio(theirs!, sixteen!)} (goal: at least ${goals[1]})`)
    tellSamples(peers)
  }
}

function sampled(
  server: BenchServer,
  name: string,
  version: string,
  load: string,
  args: (verify: boolean) => string[],
): Sampled {
  const samples: Sample[] = []
  let verified = false
  const run = async (): Promise<Run> => {
    const before = await server.cpu()
    const result = await runLoad(load, args(!verified))
    if (verified) samples.push({ ...result, serverCpu: (await server.cpu()) - before })
    verified = true
    return { seconds: result.seconds, output: `${result.bytes}` }
  }
  return { name, version, run, expect: (output) => Number(output) > 0, samples }
}

function seconds({ samples }: Sampled): number {
  return median(samples.map((sample) => sample.seconds))
}

function cpuPerGb({ samples }: Sampled): number {
  return median(samples.map(({ serverCpu, bytes }) => serverCpu / (bytes / 1e9)))
}

function tellSamples(peers: readonly Sampled[]): void {
  for (const peer of peers) {
    const { samples } = peer
    const uneven = median(samples.map(({ slowestClient, medianClient }) => slowestClient / medianClient))
    const client = median(samples.map(({ clientCpu, seconds: took }) => clientCpu / took))
    say(
      `${peer.name}: ${cpuPerGb(peer).toFixed(2)} s of server CPU per GB, load client ${Math.round(client * 100)} % of a CPU, ` +
        `slowest client ${uneven.toFixed(2)}x the median, ${median(samples.map(({ retries }) => retries))} retries`,
    )
  }
}

function amountOf(file: string, clients: number): number {
  return (parseInt(file) * MIB * clients) / 1e6
}

function ratio(one: number, other: number): string {
  return `${(one / other).toFixed(2)}x`
}

function say(text: string): void {
  console.log(`  ${text}`)
}

function nginxOr(name: string): string {
  return name === 'ipxetool' ? ownVersion() : versionOf('nginx', ['-v'])
}

function ownVersion(): string {
  return `Node ${process.versions.node}`
}
