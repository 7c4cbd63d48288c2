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
      const tree = url(await listen(root))
      const loaders = wish.loader === undefined ? tree : url(await listen(wish.loader.folder))
      return { answer: proxy(wish, tree, loaders) }
    },
    async stop() {
      await Promise.all(running.map((server) => server.close()))
    },
  }
}

/** What `serve --proxy-dhcp` says to a machine; with a loader, `--replace-rom`. */
function proxy(wish: BootServerWish, tree: string, loaders: string): StartedServer['answer'] {
  const { address, script, loader } = wish
  const policy = new Policy({
    script,
    has: () => true,
    // the ROM of a BIOS machine is iPXE, too
    replaceRom: loader !== undefined,
    overrides:
      loader === undefined
        ? []
        : [
            { who: { kind: 'class', text: 'HTTPClient' }, loader: `${loaders}${loader.name}` },
            // in the offer: QEMU's host says that nobody listens on port 4011
            { who: { kind: 'class', text: 'PXEClient' }, loader: loader.name, form: 'direct' },
          ],
  })
  const byTftp = loader?.by === 'tftp'
  const self = {
    address,
    httpUrl: tree,
    tftpUrl: byTftp ? `tftp://${address}/` : undefined,
    firmwareTftp: byTftp,
  }
  return ({ packet, port, from }) => {
    const decoded = decodePacket(packet)
    if (!decoded.ok) return undefined
    const ask = { packet: decoded.packet, port, from, now: performance.now() }
    const decision = policy.decide(ask, self)
    if (decision.kind === 'silent') return undefined
    return { packet: encodePacket(decision.packet), to: decision.to }
  }
}
