/**
 * What a running server tells about itself under `/_/`: a page, an API, a stream of events, metrics. Read only, and only
 * for whom {@link ./access.ts} lets in.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServeEvent } from '../events.js'
import type { Trace } from '../trace/trace.js'
import { Access } from './access.js'
import { clientScript } from './client.js'
import { describeMachine } from './describe.js'
import { Metrics } from './metrics.js'
import { page } from './page.js'
import { style } from './style.js'

export interface PagesOptions {
  readonly trace: Trace
  /** Networks that may see them besides this machine. */
  readonly networks: readonly string[]
}

export interface Pages {
  note(event: ServeEvent): void
  /** True: the request is answered, or will be. */
  handle(req: IncomingMessage, res: ServerResponse): boolean
  /** Ends the streams, which else would last for ever. */
  close(): void
}

const PREFIX = '/_/'
/** A proxy or a firewall in between forgets connections on which nothing moves. */
const HEARTBEAT_MS = 15_000
/** Changes of one machine within this time are sent as one. */
const GATHER_MS = 100
/** A reader that is so far behind is not reading. */
const MAX_BEHIND = 4 * 1024 * 1024
const MAX_STREAMS = 100

/** @throws IpxetoolError `bad-allow` (exit code 2) */
export function createPages({ trace, networks }: PagesOptions): Pages {
  const access = new Access(networks)
  const metrics = new Metrics()
  const streams = new Set<ServerResponse>()
  const startedAt = Date.now()

  const text = (): string =>
    metrics.text([
      [
        'ipxetool_start_time_seconds',
        'When the server was started, since 1970.',
        Math.round(startedAt / 1000),
      ],
      ['ipxetool_machines', 'Machines in the trace.', trace.machines().length],
      [
        'ipxetool_machines_stopped',
        'Machines that have stopped in the middle of a boot.',
        trace.machines().filter(({ trouble }) => trouble !== undefined).length,
      ],
      ['ipxetool_event_streams', 'Browsers that look at the page.', streams.size],
    ])

  function stream(req: IncomingMessage, res: ServerResponse): void {
    if (streams.size >= MAX_STREAMS) {
      send(req, res, 503, 'text/plain; charset=utf-8', 'too many streams\n')
      return
    }
    res.writeHead(200, {
      ...HEADERS,
      'Content-Type': 'text/event-stream; charset=utf-8',
      'X-Accel-Buffering': 'no',
    })
    if (req.method === 'HEAD') {
      res.end()
      return
    }
    streams.add(res)
    const changed = new Set<string>()
    let timer: NodeJS.Timeout | undefined
    const write = (chunk: string): void => {
      if (res.writableLength > MAX_BEHIND) res.destroy()
      else res.write(chunk)
    }
    const flush = (): void => {
      timer = undefined
      for (const id of changed) {
        const machine = trace.find(id)
        if (machine !== undefined)
          write(`event: machine\ndata: ${JSON.stringify(describeMachine(machine))}\n\n`)
      }
      changed.clear()
    }
    write('retry: 2000\n\n')
    for (const machine of trace.machines().reverse()) changed.add(machine.id)
    flush()
    const stop = trace.listen(({ id }) => {
      changed.add(id)
      timer ??= setTimeout(flush, GATHER_MS)
    })
    const heartbeat = setInterval(() => {
      write(': still here\n\n')
    }, HEARTBEAT_MS)
    res.on('error', () => undefined)
    res.on('close', () => {
      stop()
      clearInterval(heartbeat)
      clearTimeout(timer)
      streams.delete(res)
    })
  }

  function answer(req: IncomingMessage, res: ServerResponse, path: string): boolean {
    const json = (status: number, value: unknown): void => {
      send(req, res, status, 'application/json; charset=utf-8', `${JSON.stringify(value)}\n`)
    }
    if (path === '') send(req, res, 200, 'text/html; charset=utf-8', page)
    else if (path === 'app.js') send(req, res, 200, 'text/javascript; charset=utf-8', clientScript)
    else if (path === 'style.css') send(req, res, 200, 'text/css; charset=utf-8', style)
    else if (path === 'health') json(200, { status: 'ok', since: new Date(startedAt).toISOString() })
    else if (path === 'metrics') send(req, res, 200, 'text/plain; version=0.0.4; charset=utf-8', text())
    else if (path === 'api/machines') json(200, { machines: trace.machines().map(describeMachine) })
    else if (path === 'api/events') stream(req, res)
    else if (path.startsWith('api/machines/')) {
      const machine = trace.find(decoded(path.slice('api/machines/'.length)))
      if (machine === undefined) json(404, { error: 'no machine of that MAC or IP address was heard of' })
      else json(200, describeMachine(machine))
    } else return false
    return true
  }

  return {
    note(event) {
      metrics.note(event)
    },
    handle(req, res) {
      const path = (req.url ?? '').replace(/[?#].*$/s, '')
      if (!path.startsWith(PREFIX) || (req.method !== 'GET' && req.method !== 'HEAD')) return false
      return access.permits(req) && answer(req, res, path.slice(PREFIX.length))
    },
    close() {
      for (const res of streams) res.end()
    },
  }
}

const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy':
    "default-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}

function send(req: IncomingMessage, res: ServerResponse, status: number, type: string, text: string): void {
  const body = Buffer.from(text)
  res.writeHead(status, { ...HEADERS, 'Content-Type': type, 'Content-Length': body.length })
  res.end(req.method === 'HEAD' ? undefined : body)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text).toLowerCase()
  } catch {
    return ''
  }
}
