/** Servers that bench/serve.ts compares: each a process on loopback whose CPU time and memory can be read. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BenchmarkRefused } from './harness.js'

export interface BenchServer {
  readonly name: string
  readonly httpPort: number
  readonly tftpPort: number
  /** Seconds of CPU since its start, of all its processes. */
  cpu(): Promise<number>
  /** The most memory it has had, octets. */
  peakMemory(): Promise<number>
  stop(): Promise<void>
}

const bin = fileURLToPath(new URL('../bin/ipxetool.js', import.meta.url))

/** The shipped program as it is: timers, path policy and events on. */
export async function startIpxetool(root: string): Promise<BenchServer> {
  const [httpPort, tftpPort] = [await freePort(), await freePort()]
  const args = [bin, 'serve', root, '--http', `127.0.0.1:${httpPort}`, '--tftp', `127.0.0.1:${tftpPort}`]
  // the folder of the bench is for its owner only
  if (process.getuid?.() === 0) args.push('--user', 'root')
  const child = spawn(process.execPath, args, { stdio: 'ignore' })
  return started('ipxetool', child, httpPort, tftpPort, () => answers(httpPort))
}

/** `sendfile on`, or off with buffers of 1 MiB: which is faster depends on the machine. */
export async function startNginx(folder: string, root: string, sendfile: boolean): Promise<BenchServer> {
  const name = sendfile ? 'nginx sendfile' : 'nginx buffers'
  const own = join(folder, name.replace(' ', '-'))
  await mkdir(own)
  const port = await freePort()
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (one) => `${one}_temp_path ${own}/${one};`,
  )
  const way = sendfile
    ? 'sendfile on; tcp_nopush on; sendfile_max_chunk 2m;'
    : 'sendfile off; output_buffers 2 1m;'
  await writeFile(
    join(own, 'nginx.conf'),
    `daemon off; worker_processes auto; pid ${own}/pid; error_log ${own}/log;
     ${process.getuid?.() === 0 ? 'user root;' : ''} events { worker_connections 1024; multi_accept on; }
     http { access_log off; ${way} ${paths.join(' ')} keepalive_requests 100000;
       open_file_cache max=100 inactive=60s;
       server { listen 127.0.0.1:${port} backlog=1024; root ${root}; } }\n`,
  )
  const child = spawn('nginx', ['-c', join(own, 'nginx.conf')], { stdio: 'ignore' })
  return started(name, child, port, 0, () => answers(port))
}

export async function startDnsmasq(root: string): Promise<BenchServer> {
  const port = 69
  const args = ['--keep-in-foreground', '--port=0', '--enable-tftp', `--tftp-root=${root}`, '--tftp-max=2000']
  const local = ['--listen-address=127.0.0.1', '--bind-interfaces', '--conf-file=/dev/null', '--pid-file=']
  const child = spawn('dnsmasq', [...args, ...local, '--user=root', '--log-facility=/dev/null'], {
    stdio: 'ignore',
  })
  return started('dnsmasq', child, 0, port, () => asksTftp(port))
}

async function started(
  name: string,
  child: ChildProcess,
  httpPort: number,
  tftpPort: number,
  ready: () => Promise<boolean>,
): Promise<BenchServer> {
  let gone: string | undefined
  child.once('error', (error) => (gone = error.message))
  child.once('exit', (code) => (gone ??= `exit code ${code ?? 'none'}`))
  const end = Date.now() + 15_000
  while (!(await ready())) {
    if (gone !== undefined || Date.now() > end) {
      child.kill()
      throw new BenchmarkRefused(`${name} does not run: ${gone ?? 'it does not answer'}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const pids = async (): Promise<number[]> => {
    const own = child.pid ?? 0
    const text = await readFile(`/proc/${own}/task/${own}/children`, 'utf8').catch(() => '')
    return [own, ...text.split(' ').filter(Boolean).map(Number)]
  }
  const each = async (file: string, read: (text: string) => number): Promise<number> => {
    let sum = 0
    for (const pid of await pids())
      sum += read(await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''))
    return sum
  }
  return {
    name,
    httpPort,
    tftpPort,
    // Fields 14 and 15, in hundredths; the name in brackets before them may hold blanks.
    cpu: () =>
      each('stat', (text) => {
        const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
        return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100
      }),
    peakMemory: () => each('status', (text) => Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0) * 1024),
    stop: () =>
      new Promise((resolve) => {
        if (gone !== undefined) {
          resolve()
          return
        }
        child.once('exit', () => {
          resolve()
        })
        child.kill('SIGTERM')
      }),
  }
}

/** Whether somebody takes a TCP connection there. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
}

function asksTftp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    const done = (yes: boolean) => () => {
      clearTimeout(timer)
      socket.close()
      resolve(yes)
    }
    const timer = setTimeout(done(false), 300)
    socket.once('message', done(true))
    socket.send(Buffer.from('\0\x01no-such-file\0octet\0'), port, '127.0.0.1')
  })
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => {
        resolve(port)
      })
    })
  })
}
