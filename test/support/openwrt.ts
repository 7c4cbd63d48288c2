/** What OpenWrt makes of a script with `uci` commands: runs it with an `uci` that only writes down. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'

interface Section {
  readonly type: string
  readonly options: Map<string, string[]>
}

/** Sections of /etc/config/dhcp, by name. */
async function uciSections(script: string): Promise<Map<string, Section>> {
  const folder = mkdtempSync(join(tmpdir(), 'ipxetool-uci-'))
  try {
    writeFileSync(join(folder, 'uci'), '#!/bin/sh\nfor word; do printf "%s\\t" "$word"; done\necho\n', {
      mode: 0o755,
    })
    const quiet = script.replaceAll('/etc/init.d/dnsmasq restart', 'true')
    const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}` }
    const { stdout } = await execa('sh', ['-s'], { input: quiet, env })
    const sections = new Map<string, Section>()
    for (const line of stdout.split('\n')) {
      const [command, value = ''] = line.split('\t').filter((word) => word !== '-q')
      const [, name = '', option, text = ''] = /^dhcp\.(\w+)(?:\.(\w+))?(?:=([^]*))?$/.exec(value) ?? []
      if (command === 'delete') sections.delete(name)
      else if (command === 'set' || command === 'add_list') {
        if (option === undefined) sections.set(name, { type: text, options: new Map() })
        else {
          const { options } = sections.get(name)!
          options.set(option, command === 'set' ? [text] : [...(options.get(option) ?? []), text])
        }
      }
    }
    return sections
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** As package/network/services/dnsmasq/files/dnsmasq.init writes them into dnsmasq's configuration. */
export async function openwrtLines(script: string): Promise<string[]> {
  return [...(await uciSections(script))].flatMap(([name, { type, options }]) => {
    const get = (option: string): string => options.get(option)?.[0] ?? ''
    switch (type) {
      case 'match':
        return [`dhcp-match=set:${get('networkid')},${get('match')}`]
      case 'userclass':
        return [`dhcp-userclass=set:${get('networkid')},${get('userclass')}`]
      case 'boot':
        return [
          `dhcp-boot=tag:${get('networkid')},${get('filename')},${get('servername')},${get('serveraddress')}`,
        ]
      case 'tag': {
        const force = get('force') === '1' ? '-force' : ''
        return (options.get('dhcp_option') ?? []).map((option) => `dhcp-option${force}=tag:${name},${option}`)
      }
      default:
        throw new Error(`dnsmasq.init reads no section of type ${type}`)
    }
  })
}
