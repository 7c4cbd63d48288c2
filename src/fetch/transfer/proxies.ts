/** Proxies by environment, and the connections of undici through them. */
import type { Agent, Dispatcher } from 'undici'
import { IpxetoolError } from '../../diagnostics/error.js'

export interface Proxies {
  /** Empty: none. */
  http: string
  https: string
  /** Names and addresses that need none, with commas between. */
  except: string
}

/**
 * HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY; in lower case, which goes first, or in upper case.
 * @throws IpxetoolError `bad-proxy`
 */
export function proxiesOf(environment: Readonly<Record<string, string | undefined>>): Proxies {
  const named = (name: string): string => environment[name.toLowerCase()] || environment[name] || ''
  const all = named('ALL_PROXY')
  const http = named('HTTP_PROXY') || all
  const https = named('HTTPS_PROXY') || all
  for (const proxy of [http, https]) {
    if (proxy === '' || (URL.canParse(proxy) && /^(https?|socks5?):$/.test(new URL(proxy).protocol))) continue
    throw new IpxetoolError('bad-proxy', `the proxy \`${proxy.replace(/\/\/[^/@]*@/, '//')}\` is not a URL`, {
      hint: 'write it as http://proxy:3128 in HTTP_PROXY or HTTPS_PROXY',
    })
  }
  return { http, https, except: named('NO_PROXY') }
}

export interface AgentOptions extends Agent.Options {
  /** `timeout`: milliseconds for a connection; `ca`: further certificates, PEM. */
  connect?: { timeout?: number; ca?: string }
}

export interface Agents {
  plain: Dispatcher
  secure: Dispatcher
  destroy(): Promise<void>
}

/** Who asks for http and for https URLs; the same where no proxy is set. */
export async function agentsThrough(proxies: Proxies, options: AgentOptions = {}): Promise<Agents> {
  // takes a tenth of a second to load, and a large file over plain HTTP does without
  const { Agent, EnvHttpProxyAgent } = await import('undici')
  if (proxies.http === '' && proxies.https === '') {
    const agent = new Agent(options)
    return { plain: agent, secure: agent, destroy: () => agent.destroy() }
  }
  const { ca } = options.connect ?? {}
  const plain = new EnvHttpProxyAgent({
    ...options,
    httpProxy: proxies.http,
    httpsProxy: proxies.https,
    noProxy: proxies.except,
    // what is plain goes through the proxy as a plain request: many proxies let no tunnel out but to port 443
    proxyTunnel: false,
    requestTls: { ...(ca !== undefined && { ca }) },
    proxyTls: { ...options.connect },
  })
  // undici would send https through HTTP_PROXY, too; curl and the rest do not
  const secure = proxies.https === '' ? new Agent(options) : plain
  const destroy = async (): Promise<void> => {
    await plain.destroy()
    if (secure !== plain) await secure.destroy()
  }
  return { plain, secure, destroy }
}
