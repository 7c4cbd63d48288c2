/** Which firewall stands in front of this machine, as far as files tell, and its words for what a boot server needs. */
import { access, readFile } from 'node:fs/promises'

export interface Firewall {
  readonly name: string
  /** Commands that let machines in. */
  readonly commands: readonly string[]
  /** The command for one port. */
  readonly open: (port: number, protocol: 'tcp' | 'udp') => string
  /** The last command, after all of these. */
  readonly after?: string
}

export interface Needed {
  readonly tcp: readonly number[]
  readonly udp: readonly number[]
}

export async function findFirewalls(
  { tcp, udp }: Needed,
  at: { readonly ufw: string; readonly firewalld: string } = {
    ufw: '/etc/ufw/ufw.conf',
    firewalld: '/run/firewalld',
  },
): Promise<Firewall[]> {
  const found: Firewall[] = []
  const add = (name: string, open: Firewall['open'], after?: string): void => {
    const commands = [
      ...tcp.map((port) => open(port, 'tcp')),
      ...udp.map((port) => open(port, 'udp')),
      ...(after === undefined ? [] : [after]),
    ]
    found.push({ name, commands, open, ...(after !== undefined && { after }) })
  }
  const config = await readFile(at.ufw, 'utf8').catch(() => '')
  if (/^\s*ENABLED\s*=\s*yes/im.test(config)) add('ufw', (port, protocol) => `ufw allow ${port}/${protocol}`)
  const runs = await access(at.firewalld).then(
    () => true,
    () => false,
  )
  if (runs) {
    const open = (port: number, protocol: string): string =>
      `firewall-cmd --permanent --add-port=${port}/${protocol}`
    add('firewalld', open, 'firewall-cmd --reload')
  }
  return found
}
