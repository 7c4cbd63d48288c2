/** Our server behind `ipxetool boot`: HTTP for the tree and its loader, and the answers of the proxy. */
import { decodePacket, encodePacket } from '../serve/dhcp/packet.js'
import { Policy } from '../serve/dhcp/policy.js'
import { type RunningServer, serveTree } from '../serve/index.js'
import type { BootServer, BootServerWish, StartedServer } from '../boot/types.js'

/** @param root the output tree */
export function bootServer(root: string): BootServer {
  const running: RunningServer[] = []
  return {
    async start(wish) {
      const listen = async (folder: string): Promise<number> => {
        const server = await serveTree({
          root: folder,
          http: { port: 0, host: '127.0.0.1' },
          tftp: false,
          pages: false,
          onEvent: wish.onRequest,
        })
        running.push(server)
        return server.addresses.http!.port
      }
      const url = (port: number): string => `http://${wish.address}:${port}/`
      const httpPort = await listen(root)
      if (wish.loader === undefined) return { httpPort, answer: () => undefined }
      const loaders = await listen(wish.loader.folder)
      return { httpPort, answer: proxy(wish, url(httpPort), url(loaders)) }
    },
    async stop() {
      await Promise.all(running.map((server) => server.close()))
    },
  }
}

/** What `serve --proxy-dhcp --replace-rom` says to a machine whose loader is that one. */
function proxy(wish: BootServerWish, httpUrl: string, loaderUrl: string): StartedServer['answer'] {
  const { name, by } = wish.loader!
  const policy = new Policy({
    script: wish.script,
    has: () => true,
    // the ROM of a BIOS machine is iPXE, too
    replaceRom: true,
    overrides: [
      { who: { kind: 'class', text: 'HTTPClient' }, loader: `${loaderUrl}${name}` },
      // in the offer: QEMU's host says that nobody listens on port 4011
      { who: { kind: 'class', text: 'PXEClient' }, loader: name, form: 'direct' },
    ],
  })
  const tftpUrl = by === 'tftp' ? `tftp://${wish.address}/` : undefined
  const self = { address: wish.address, httpUrl, tftpUrl, firmwareTftp: by === 'tftp' }
  return ({ packet, port, from }) => {
    const decoded = decodePacket(packet)
    if (!decoded.ok) return undefined
    wish.onRequest()
    const ask = { packet: decoded.packet, port, from, now: performance.now() }
    const decision = policy.decide(ask, self)
    if (decision.kind === 'silent') return undefined
    return { packet: encodePacket(decision.packet), to: decision.to }
  }
}
