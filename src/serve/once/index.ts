/** `boot: once` over HTTP: the question of a machine's script, and the call of its installer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { IpxetoolError } from '../../diagnostics/error.js'
import { onceFolder, oncePath } from '../../model/once.js'
import { type OnEvent, type OnceEvent, peer } from '../events.js'
import { errorCode, openInTree } from '../tree.js'
import { OnceState } from './state.js'

export { OnceState, type OnceRecord } from './state.js'

export interface OnceOptions {
  readonly root: string
  /** Where it is remembered who has been installed. */
  readonly file: string
  readonly onEvent: OnEvent
}

const PREFIX = `/${onceFolder}`

/** Where `serve` keeps it when nobody says otherwise: beside the tree, which the next build replaces. */
export function defaultStateFile(root: string): string {
  return `${root.replace(/[/\\]+$/, '')}.once.json`
}

/** @returns answers a request, or has nothing to do with it: false */
export function createOnce({
  root,
  file,
  onEvent,
}: OnceOptions): (req: IncomingMessage, res: ServerResponse) => boolean {
  const state = new OnceState(file)

  async function answer(req: IncomingMessage, res: ServerResponse, rest: string): Promise<void> {
    const [, id = '', token] =
      /^([a-z0-9][a-z0-9-]*)(?:\.ipxe|\/([0-9a-f]{32}))$/.exec(rest) ?? /^([^/]*)/.exec(rest)!
    const about = {
      type: 'once',
      protocol: 'http',
      client: peer(req.socket.remoteAddress, req.socket.remotePort),
    } as const
    const tell = (machine: string, outcome: OnceEvent['outcome'], reason: string): void => {
      onEvent({ ...about, machine, outcome, reason })
    }
    const isCall = token !== undefined
    // A browser that looks ahead asks with HEAD: that ends no installation.
    const allowed = isCall ? ['GET', 'POST', 'PUT'] : ['GET']
    if (!allowed.includes(req.method ?? '')) {
      res.setHeader('Allow', allowed.join(', '))
      send(req, res, 405, 'method not allowed\n')
      return
    }
    if (!rest.endsWith('.ipxe') && !isCall) {
      send(req, res, 404, 'not found\n')
      return
    }
    try {
      if (isCall) {
        const result = await state.finish(id, token, about.client.address)
        if (result === 'unknown') {
          tell(id, 'refused', 'its installer called a URL that does not count any more')
          send(req, res, 404, `this URL is not, or no more, the one of ${id}\n`)
          return
        }
        tell(id, 'done', result === 'done' ? 'it is installed' : 'its installer has called again')
        send(req, res, 200, `${id} is installed: from now on it boots from its own disk\n`)
        return
      }
      if (!(await bootsOnce(root, id))) {
        send(req, res, 404, 'no machine of that name boots once\n')
        return
      }
      const found = await state.begin(id)
      if ('done' in found) {
        const since = found.done.since.replace(/^(.*)T(.*:.*):.*$/, '$1 $2 UTC')
        tell(id, 'own-disk', `it was installed at ${since}`)
        send(req, res, 200, `#!ipxe\nset once-since ${since}\nset once done\n`)
      } else {
        tell(id, 'install', 'it may be installed')
        const url = `${origin(req)}${PREFIX}${id}/${found.token}`
        send(req, res, 200, `#!ipxe\nset once-url ${url}\nset once install\n`)
      }
    } catch (error) {
      // Without an answer the machine starts from its disk, and the installer tries again.
      const reason = error instanceof IpxetoolError ? error.message : errorCode(error)
      onEvent({ type: 'server-problem', protocol: 'http', reason: `boot: once: ${reason}` })
      tell(id, 'refused', reason)
      send(req, res, 500, 'the server cannot remember who is installed; its log says why\n')
    }
  }

  return (req, res) => {
    const path = (req.url ?? '').replace(/[?#].*$/s, '')
    if (!path.startsWith(PREFIX)) return false
    res.on('error', () => undefined)
    void answer(req, res, path.slice(PREFIX.length))
    return true
  }
}

/** The script of the machine asks for it, as the build has written. */
async function bootsOnce(root: string, id: string): Promise<boolean> {
  // `machinePath` of the model, without all of the compiler
  const opened = await openInTree(root, ['machines', `${id}.ipxe`])
  if (!opened.ok) return false
  const { handle } = opened.file
  try {
    return (await handle.readFile('latin1')).includes(oncePath(id))
  } finally {
    await handle.close()
  }
}

/** As the machine calls this server: the installer will find it under the same name. */
function origin({ socket, headers }: IncomingMessage): string {
  const scheme = 'encrypted' in socket ? 'https' : 'http'
  const { host } = headers
  if (host !== undefined && /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host))
    return `${scheme}://${host}`
  const { address } = peer(socket.localAddress, 0)
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${socket.localPort}`
}

function send(req: IncomingMessage, res: ServerResponse, status: number, text: string): void {
  const body = Buffer.from(text)
  res.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    // Whatever body a POST has is not read.
    ...(req.method === 'GET' || req.method === 'HEAD' ? {} : { Connection: 'close' }),
  })
  res.end(req.method === 'HEAD' ? undefined : body)
}
