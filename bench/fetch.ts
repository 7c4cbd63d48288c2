/**
 * The transfer of `ipxetool fetch`: 1 GiB from a loopback server with SHA-256, and four files at once.
 *
 * The server is nginx with sendfile, because it needs the least of the processors that the clients need too. Files lie
 * in memory (/dev/shm) where there is room: curl and aria2c do not make sure that bytes are on the disk, `fetch` does.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BenchmarkRefused, commandPeer, median, type Benchmark, type Peer } from './harness.js'
import { answers, freePort } from './servers.js'

const gib = 1024 ** 3
const driver = fileURLToPath(new URL('fetch-peer.mjs', import.meta.url))
const memoryGoal = 150_000

export async function* benchmarks(given: string): AsyncGenerator<Benchmark> {
  const folder = await roomyFolder(given)
  const server = await startNginx(folder)
  try {
    const memory = join(folder, 'memory')
    const big = join(server.root, 'big')
    const digest = await makeFile(big, gib, 0)
    const store = join(folder, 'store')
    const out = join(folder, 'out')
    const clean = () =>
      rm(store, { recursive: true, force: true }).then(() => rm(out, { recursive: true, force: true }))

    const ours = timed(
      await commandPeer({
        name: 'ipxetool',
        command: process.execPath,
        args: [driver, store, memory, `${server.url}/big`],
        versionArgs: ['--version'],
        expect: `${digest}\n`,
      }),
      clean,
    )
    const curl = timed(
      await commandPeer({
        name: 'curl -o FILE',
        command: 'curl',
        args: ['-s', '-o', out, `${server.url}/big`],
        versionArgs: ['--version'],
        expect: '',
      }),
      clean,
      async () => {
        if ((await digestOf(out)) !== digest) throw new BenchmarkRefused('curl: gave another file')
      },
    )
    const openssl = timed(
      await commandPeer({
        name: 'openssl dgst -sha256',
        command: 'openssl',
        args: ['dgst', '-sha256', '-r', big],
        versionArgs: ['version'],
        expect: (output) => output.startsWith(digest),
      }),
      clean,
    )
    yield {
      name: `1 GiB from nginx, files in ${folder}`,
      work: { amount: gib / 1e6, unit: 'MB' },
      peers: [ours, curl, openssl],
    }
    const [mine, ...others] = [ours, curl, openssl].map(({ seconds }) => median(seconds.slice(1)))
    console.log(
      `  speed against the slower of the two: ${(Math.max(...others) / mine!).toFixed(2)}x (goal: at least 0.95x)`,
    )
    await sayMemory(memory)

    yield* fourFiles(folder, server, memory, store, clean)
  } finally {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function* fourFiles(
  folder: string,
  server: Nginx,
  memory: string,
  store: string,
  clean: () => Promise<void>,
): AsyncGenerator<Benchmark> {
  const names = ['a', 'b', 'c', 'd']
  const digests: string[] = []
  for (const [index, name] of names.entries()) {
    digests.push(await makeFile(join(server.root, name), gib / 4, index + 1))
  }
  const urls = names.map((name) => `${server.url}/${name}`)
  const ours = timed(
    await commandPeer({
      name: 'ipxetool, with SHA-256',
      command: process.execPath,
      args: [driver, store, memory, ...urls],
      versionArgs: ['--version'],
      expect: digests.map((digest) => `${digest}\n`).join(''),
    }),
    clean,
  )
  const out = join(folder, 'out')
  const lists = [
    { name: 'aria2c -j4', lines: urls.map((url, index) => `${url}\n  out=${names[index]!}\n`) },
    {
      name: 'aria2c -j4, with SHA-256',
      lines: urls.map(
        (url, index) => `${url}\n  out=${names[index]!}\n  checksum=sha-256=${digests[index]!}\n`,
      ),
    },
  ]
  const peers: Timed[] = []
  for (const [index, { name, lines }] of lists.entries()) {
    const list = join(folder, `list${index}`)
    await writeFile(list, lines.join(''))
    const options = [
      '-q',
      '-j4',
      '--file-allocation=none',
      '--check-certificate=false',
      '-d',
      out,
      '-i',
      list,
    ]
    const peer = await commandPeer({
      name,
      command: 'aria2c',
      args: options,
      versionArgs: ['--version'],
      expect: '',
    }).catch((error: unknown) => {
      throw new BenchmarkRefused(`four files: aria2c is missing (apt-get install aria2): ${String(error)}`)
    })
    peers.push(
      timed(peer, clean, async () => {
        for (const [at, file] of names.entries()) {
          if ((await digestOf(join(out, file))) !== digests[at])
            throw new BenchmarkRefused(`${name}: gave another file`)
        }
      }),
    )
  }
  await rm(memory, { force: true })
  yield {
    name: 'four files of 256 MiB at once',
    work: { amount: gib / 1e6, unit: 'MB' },
    peers: [ours, ...peers],
  }
  const [mine, plain] = [ours, ...peers].map(({ seconds }) => median(seconds.slice(1)))
  console.log(`  speed against aria2c -j4: ${(plain! / mine!).toFixed(2)}x (goal: at least 1x)`)
  await sayMemory(memory)
}

type Timed = Peer & { seconds: number[] }

/** Cleans before each run and checks after it, off the clock; the first time is the harness's warm-up. */
function timed(peer: Peer, clean: () => Promise<void>, check?: () => Promise<void>): Timed {
  const seconds: number[] = []
  return {
    ...peer,
    seconds,
    run: async () => {
      await clean()
      const run = await peer.run()
      await check?.()
      seconds.push(run.seconds)
      return run
    },
  }
}

async function sayMemory(file: string): Promise<void> {
  const peaks = (await readFile(file, 'utf8')).trim().split('\n').map(Number)
  const most = Math.max(...peaks)
  console.log(
    `  peak memory of ipxetool: ${(most / 1000).toFixed(0)} MB (goal: below ${memoryGoal / 1000} MB)`,
  )
}

async function roomyFolder(given: string): Promise<string> {
  const { bavail, bsize } = await statfs('/dev/shm').catch(() => ({ bavail: 0, bsize: 0 }))
  return bavail * bsize > 4 * gib ? mkdtemp('/dev/shm/ipxetool-bench-') : mkdtemp(join(given, 'fetch-'))
}

async function makeFile(path: string, length: number, seed: number): Promise<string> {
  const hash = createHash('sha256')
  const block = Buffer.alloc(1 << 20)
  for (let at = 0; at < block.length; at += 32)
    createHash('sha256').update(`${seed} ${at}`).digest().copy(block, at)
  const file = await open(path, 'w')
  for (let at = 0; at < length; at += block.length) {
    block.writeUInt32LE(at / block.length, 0)
    hash.update(block)
    await file.write(block)
  }
  await file.close()
  return hash.digest('hex')
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

interface Nginx {
  url: string
  root: string
  stop(): Promise<void>
}

async function startNginx(folder: string): Promise<Nginx> {
  const root = join(folder, 'www')
  await mkdir(root)
  const port = await freePort()
  const config = join(folder, 'nginx.conf')
  await writeFile(
    config,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log; ${process.getuid?.() === 0 ? 'user root;' : ''}
     events { worker_connections 256; }
     http { access_log off; sendfile on; tcp_nopush on; sendfile_max_chunk 2m;
       client_body_temp_path ${folder}/t1; proxy_temp_path ${folder}/t2; fastcgi_temp_path ${folder}/t3;
       uwsgi_temp_path ${folder}/t4; scgi_temp_path ${folder}/t5;
       server { listen 127.0.0.1:${port}; root ${root}; } }\n`,
  )
  const child: ChildProcess = spawn('nginx', ['-c', config], { stdio: 'ignore' })
  const gone = new Promise<never>((_resolve, reject) => {
    child.once('error', () => {
      reject(new BenchmarkRefused('fetch: nginx is missing (apt-get install nginx-light)'))
    })
    child.once('exit', (code) => {
      reject(new BenchmarkRefused(`fetch: nginx ended with ${code ?? 'a signal'}`))
    })
  })
  gone.catch(() => undefined)
  await Promise.race([gone, listening(port)])
  return {
    url: `http://127.0.0.1:${port}`,
    root,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => {
          resolve()
        })
        child.kill('SIGQUIT')
      }),
  }
}

async function listening(port: number): Promise<void> {
  const end = Date.now() + 10_000
  while (Date.now() < end) {
    if (await answers(port)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new BenchmarkRefused('fetch: nginx does not answer')
}
