/** Which firewall stands in front of this machine, as far as files tell, and its words for what a boot server needs. */
import { access, readFile } from 'node:fs/promises'

export interface Firewall {
  readonly name: string
  /** Commands that let machines in. */
  readonly commands: readonly string[]
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
  const config = await readFile(at.ufw, 'utf8').catch(() => '')
  if (/^\s*ENABLED\s*=\s*yes/im.test(config)) {
    found.push({
      name: 'ufw',
      commands: [
        ...tcp.map((port) => `ufw allow ${port}/tcp`),
        ...udp.map((port) => `ufw allow ${port}/udp`),
      ],
    })
  }
  const runs = await access(at.firewalld).then(
    () => true,
    () => false,
  )
  if (runs) {
    found.push({
      name: 'firewalld',
      commands: [
        ...tcp.map((port) => `firewall-cmd --permanent --add-port=${port}/tcp`),
        ...udp.map((port) => `firewall-cmd --permanent --add-port=${port}/udp`),
        'firewall-cmd --reload',
      ],
    })
  }
  return found
}
