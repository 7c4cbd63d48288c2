/** Our server, run as people run it: `ipxetool serve`, in a process of its own. */
import type { Cleanup } from './cleanup.js'
import { cliArguments } from './cli.js'
import { HERE, start, until } from './processes.js'
import type { Place } from './processes.js'

interface ServerOptions {
  /** The output tree. */
  readonly tree: string
  readonly place?: Place
  /** Address and port, e.g. 127.0.0.1:0. */
  readonly http: string
  readonly tftp: string
  /** Further arguments. */
  readonly more?: readonly string[]
}

export interface Server {
  readonly httpPort: number
  readonly tftpPort: number
  log(): string
  /** Asks it to stop as Ctrl-C does; resolves with how it ended. */
  stop(): Promise<string>
}

export async function startServer(cleanup: Cleanup, options: ServerOptions): Promise<Server> {
  const args = [
    'serve',
    options.tree,
    '--http',
    options.http,
    '--tftp',
    options.tftp,
    '--verbose',
    ...(options.more ?? []),
  ]
  const server = start(cleanup, {
    name: 'ipxetool serve',
    command: process.execPath,
    args: cliArguments(args),
    place: options.place ?? HERE,
  })
  const { httpPort, tftpPort } = await until(
    () => {
      const httpPort = port(server.log(), 'http')
      const tftpPort = port(server.log(), 'tftp')
      return httpPort === undefined || tftpPort === undefined ? undefined : { httpPort, tftpPort }
    },
    30,
    () => `ipxetool serve printed no URLs within 30 s:\n${server.log()}`,
    () => (server.hasExited() ? 'ipxetool serve has ended' : undefined),
  )
  return {
    httpPort,
    tftpPort,
    log: () => server.log(),
    stop: async () => {
      server.signal('SIGTERM')
      return server.exited
    },
  }
}

const DEFAULT_PORTS = { http: 80, tftp: 69 }

/** The port of the first URL of that scheme in the server's output. */
function port(log: string, scheme: 'http' | 'tftp'): number | undefined {
  const found = new RegExp(String.raw`${scheme}://(?:\[[^\]]*\]|[^/\s:]+)(?::(\d+))?/`, 'u').exec(log)
  if (found === null) return undefined
  return found[1] === undefined ? DEFAULT_PORTS[scheme] : Number(found[1])
}
