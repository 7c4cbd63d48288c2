/**
 * Serves an output tree to machines: HTTP and TFTP, read only. Published as `ipxetool/serve`.
 */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { seldom, watchAddresses, type WatchedAddress } from './addresses.js'
import { AllowList, Gate } from './allow-list.js'
import { type ProxyDhcpOptions, type RunningProxy, startProxyDhcp } from './dhcp/index.js'
import type { FileProtocol, OnEvent } from './events.js'
import { TreeFiles } from './files.js'
import {
  type HttpServer,
  type HttpServerOptions,
  type HttpTiming,
  startHttpServer,
  type TlsOptions,
} from './http/server.js'
import { listenError } from './listen-error.js'
import { observe } from './observer.js'
import { createOnce, defaultStateFile } from './once/index.js'
import type { SessionTiming } from './tftp/session.js'
import { startTftpServer, type TftpServer } from './tftp/server.js'
import { startRecorder } from './record/recorder.js'
import { checkRoot } from './tree.js'
import { baseUrl, reachableAddresses } from './urls.js'

export type {
  DhcpEvent,
  DhcpMachine,
  FileProtocol,
  GarbageEvent,
  OnceEvent,
  OnEvent,
  Peer,
  Protocol,
  RefusedEvent,
  RequestEvent,
  ServeEvent,
  ServerProblemEvent,
  TransferDoneEvent,
  TransferFailedEvent,
  TransferProbeEvent,
  TransferStartEvent,
  TroubleEvent,
} from './events.js'
export type { HttpTiming, ProxyDhcpOptions, RunningProxy, SessionTiming, TlsOptions }

export interface HttpOptions {
  /** 0 is any free port. Default 8080. */
  readonly port?: number | undefined
  /** An address or name of this machine. Default: all of its addresses. */
  readonly host?: string | undefined
  readonly timing?: Partial<HttpTiming> | undefined
  /** HTTPS instead of HTTP. */
  readonly tls?: TlsOptions | undefined
  /** Default: most of what the system lets this process open. Beyond it, the longest idle connection is closed. */
  readonly maxConnections?: number | undefined
}

export interface TftpOptions {
  /** 0 is any free port. Default 69, where firmware asks; below 1024 needs permission. */
  readonly port?: number | undefined
  /** An address or name of this machine. Default: all of its addresses. */
  readonly host?: string | undefined
  /** Largest `blksize` to grant, 8 to 65464; the MTU towards the client may lower it further. */
  readonly blksizeMax?: number | undefined
  /** First and last UDP port for transfers, for firewalls. Default: any. */
  readonly portRange?: readonly [number, number] | undefined
  /** Answer everything from the port that was called: for Docker's NAT, Kubernetes and strict firewalls. */
  readonly singlePort?: boolean | undefined
  /** Requests that one address may make: for long, and at once. Default 200 a second and 2000. */
  readonly requestRate?: { readonly perSecond: number; readonly burst: number } | undefined
  /** Transfers at a time. Default 4096. */
  readonly maxTransfers?: number | undefined
  readonly timing?: Partial<SessionTiming> | undefined
  /** Threads besides the caller's, started when there are many transfers. Default: one less than processors, at most 3. */
  readonly threads?: number | undefined
}

export interface ServeOptions {
  /** The output tree. */
  readonly root: string
  /** `false`: no HTTP. */
  readonly http?: HttpOptions | false | undefined
  /** `false`: no TFTP. */
  readonly tftp?: TftpOptions | false | undefined
  /** Answers DHCP beside the DHCP server of the network. Default: off. */
  readonly proxyDhcp?: ProxyDhcpOptions | undefined
  /**
   * Networks that are answered by HTTP and TFTP, besides this machine; MAC addresses among them are for DHCP, which has
   * its own list. Default: everybody.
   */
  readonly allow?: readonly string[] | undefined
  /**
   * Networks that may see the pages under `/_/`, besides this machine: what machines do, an API, metrics. `false`: there
   * are no such pages.
   */
  readonly pages?: readonly string[] | false | undefined
  /** The file that remembers which machines with `boot: once` are installed. Default: beside the tree, `out.once.json`. */
  readonly stateFile?: string | undefined
  /** Keeps all of DHCP and TFTP in this file (pcap), for `ipxetool doctor FILE`. */
  readonly record?: string | undefined
  /** Called for everything that happens; must not throw. */
  readonly onEvent?: OnEvent | undefined
  /** How long {@link RunningServer.close} lets running transfers go on, ms. Default 2000. */
  readonly graceMs?: number | undefined
}

export interface BoundAddress {
  readonly address: string
  readonly port: number
}

export interface RunningServer {
  /** Base URL with a slash at the end, the best one for other machines; undefined when the protocol is off. */
  readonly httpUrl: string | undefined
  readonly tftpUrl: string | undefined
  /** One for each address of this machine that the server listens on; loopback comes last. */
  readonly httpUrls: readonly string[]
  readonly tftpUrls: readonly string[]
  /** What the sockets are bound to. */
  readonly addresses: { readonly http?: BoundAddress; readonly tftp?: BoundAddress }
  readonly proxy: RunningProxy | undefined
  /** Stops. When it resolves, every socket and file is closed. A second call waits for the first. */
  close(): Promise<void>
}

const DEFAULT_GRACE_MS = 2000

/**
 * Starts serving `root`. Either everything asked for listens or nothing does.
 *
 * @throws IpxetoolError `tree-missing`, `tree-not-a-directory`, `tree-unreadable`, `tree-empty`, `port-in-use`,
 *   `port-permission`, `address-not-here`, `listen-failed`, `nothing-to-serve`, `bad-allow`; with `proxyDhcp` also
 *   `which-interface`, `no-such-interface`, `no-address`
 */
export async function serveTree(options: ServeOptions): Promise<RunningServer> {
  const root = resolve(options.root)
  const graceMs = options.graceMs ?? DEFAULT_GRACE_MS
  if (options.http === false && options.tftp === false) {
    throw new IpxetoolError('nothing-to-serve', 'both HTTP and TFTP are switched off', {
      exitCode: 2,
      hint: 'leave one of them on',
    })
  }
  const allow = new AllowList(options.allow ?? [])
  await checkRoot(root)

  const observer = observe(options.pages ?? [], options.onEvent ?? ((): void => undefined))
  const { onEvent } = observer
  const once = createOnce({ root, file: options.stateFile ?? defaultStateFile(root), onEvent })
  const pages: HttpServerOptions['pages'] = (req, res) =>
    once(req, res) || observer.pages?.(req, res) === true
  const recorder =
    options.record === undefined
      ? undefined
      : startRecorder({
          file: options.record,
          onEnd: (reason) => {
            onEvent({ type: 'server-problem', protocol: 'dhcp', reason })
          },
        })
  const files = new TreeFiles(root)
  let http: HttpServer | undefined
  let tftp: TftpServer | undefined
  let proxy: RunningProxy | undefined
  const secure = options.http !== false && options.http?.tls !== undefined
  try {
    if (options.http !== false) {
      const { port = 8080, ...rest } = options.http ?? {}
      http = await open('http', rest.host, port, (host) =>
        startHttpServer({
          ...rest,
          host,
          root,
          files,
          port,
          onEvent,
          pages,
          gate: new Gate(allow, 'http', onEvent),
        }),
      )
    }
    if (options.tftp !== false) {
      const { port = 69, ...rest } = options.tftp ?? {}
      tftp = await open('tftp', rest.host, port, (host) =>
        startTftpServer({
          ...rest,
          host,
          files,
          port,
          onEvent,
          gate: new Gate(allow, 'tftp', onEvent),
          // the recorder hears the sockets of this thread
          ...(recorder !== undefined && { threads: 0 }),
        }),
      )
    }
    if (options.proxyDhcp !== undefined) {
      const bound = { http: http?.address, tftp: tftp?.address }
      proxy = await startProxyDhcp({ ...options.proxyDhcp, root, bound, secure, onEvent: seldom(onEvent) })
    }
  } catch (error) {
    observer.close()
    recorder?.close()
    await Promise.all([http?.close(0), tftp?.close(0)])
    await files.close()
    throw error
  }

  const httpUrls = urls(secure ? 'https' : 'http', http?.address)
  const tftpUrls = urls('tftp', tftp?.address)
  const watch = watchAddresses({
    watched: watchedBy(proxy, options.proxyDhcp, { http: http?.address, tftp: tftp?.address }),
    onEvent,
  })
  const server = proxy?.interfaces[0]?.address
  observer.complete(
    {
      server: server ?? hostOf(httpUrls[0] ?? tftpUrls[0]),
      httpUrl: httpUrls[0],
      proxy: proxy !== undefined,
    },
    (mac, kind) => {
      if (kind === 'loader') proxy?.noteLoader(mac)
      else if (kind === 'script') proxy?.noteScript(mac)
    },
  )
  let closing: Promise<unknown> | undefined
  return {
    httpUrl: httpUrls[0],
    tftpUrl: tftpUrls[0],
    httpUrls,
    tftpUrls,
    addresses: {
      ...(http === undefined ? {} : { http: http.address }),
      ...(tftp === undefined ? {} : { tftp: tftp.address }),
    },
    proxy,
    async close() {
      watch.close()
      observer.close()
      closing ??= Promise.all([proxy?.close(), http?.close(graceMs), tftp?.close(graceMs)]).then(() =>
        files.close(),
      )
      await closing
      recorder?.close()
    },
  }
}

/** What was named: addresses that a server for all of them has come and go by themselves. */
function watchedBy(
  proxy: RunningProxy | undefined,
  wish: ProxyDhcpOptions | undefined,
  files: Readonly<Record<FileProtocol, BoundAddress | undefined>>,
): WatchedAddress[] {
  return [
    ...(['http', 'tftp'] as const).flatMap((protocol) => {
      const address = files[protocol]?.address
      return address === undefined ? [] : [{ address, protocol }]
    }),
    ...(proxy?.interfaces ?? []).map(({ name, address }) => {
      const isTied = wish?.passed?.some((socket) => socket.interface === name)
      return { address, protocol: 'dhcp', isTied } as const
    }),
  ]
}

function hostOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : new URL(url).hostname
}

async function open<T>(
  protocol: FileProtocol,
  host: string | undefined,
  port: number,
  start: (host: string | undefined) => Promise<T>,
): Promise<T> {
  try {
    // Names are resolved here, once; UDP sockets are then only ever given addresses.
    const address =
      host === undefined || isIP(host.replace(/%.*$/, '')) !== 0 ? host : (await lookup(host)).address
    return await start(address)
  } catch (error) {
    throw listenError(protocol, host, port, error)
  }
}

function urls(protocol: FileProtocol | 'https', bound: BoundAddress | undefined): string[] {
  if (bound === undefined) return []
  return reachableAddresses(bound.address).map((address) => baseUrl(protocol, address, bound.port))
}
