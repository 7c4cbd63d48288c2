/** A `pxelinux.cfg` tree: its configurations as menus, the names of its files as machines. */
import type { ProjectHost } from '../project/host.js'
import { byCodeUnit, underRoot } from '../project/paths.js'
import type { VariableDeclaration } from '../project/schema.js'
import { type At, type ImportedMachine, type ImportResult, type MachineMatch, Report } from './result.js'
import { MenuWriter, prune } from './syslinux/draft.js'
import { ConfigLoader, findTree } from './syslinux/load.js'
import { MenuBuilder } from './syslinux/menus.js'
import { tftpVariable } from './syslinux/urls.js'
import { slug } from './text.js'

const machineLimit = 20_000

/** Where the old boot loader had its files from: the machine's next server. */
const tftp: VariableDeclaration = {
  type: 'url',
  value: 'tftp://${next-server}',
  allow: ['settings'],
  description: 'Where the files of the PXELINUX tree are; http://HOST/PATH is much faster.',
}

/**
 * @param path the folder with the boot loader and `pxelinux.cfg`, or `pxelinux.cfg` itself
 * @throws HostError when the folder cannot be listed
 */
export async function importPxelinux(path: string, host: ProjectHost): Promise<ImportResult> {
  const report = new Report()
  const tree = await findTree(path, host)
  const names = (await host.list(tree.config))
    .filter(({ kind }) => kind === 'file' || kind === 'link')
    .map(({ name }) => name)
    .sort(byCodeUnit)
  const loader = new ConfigLoader(tree, host, report)
  const builder = new MenuBuilder(loader, report)
  const writer = new MenuWriter()
  const machines: ImportedMachine[] = []
  const byId = new Map<string, ImportedMachine>()

  const menuOf = async (name: string, id: string): Promise<string | undefined> => {
    const file = underRoot(tree.config, name)
    const draft = await builder.build([file], false, { file }, [])
    if (prune(draft)) return writer.add(draft, id)
    if (!loader.failed.has(file)) {
      report.warn('import-missing', { file }, 'Nothing in this file can be booted', 'The file is left out.')
    }
    return undefined
  }

  if (names.includes('default')) await menuOf('default', 'main')
  const others: string[] = []
  for (const name of names) {
    if (name === 'default') continue
    const file = underRoot(tree.config, name)
    const match = matchOf(name, { file }, report)
    if (match === undefined) others.push(name)
    else if (match !== 'other') {
      if (machines.length >= machineLimit) {
        report.error(
          'import-too-large',
          { file },
          `There are more than ${machineLimit} machines`,
          'The others are left out.',
        )
        break
      }
      const id = idOf(match)
      const twin = byId.get(id)
      if (twin) {
        reportTwin(twin, { file }, report)
        continue
      }
      const menu = await menuOf(name, id)
      if (menu === undefined) continue
      const machine = { id, match, menu, file }
      machines.push(machine)
      byId.set(id, machine)
      if ('ip' in match) reportAddress(match.ip, menu, { file }, report)
    }
  }
  for (const name of others) {
    const file = underRoot(tree.config, name)
    if (loader.seen.has(file)) continue
    report.info(
      'import-name',
      { file },
      'No machine asks for a file of this name, and no configuration includes it',
      'PXELINUX asks for default, 01-MAC with hyphens, a UUID, and an address or its beginning in hexadecimal.',
    )
  }

  const { menus } = writer
  const usesTftp = JSON.stringify(menus).includes(`$<${tftpVariable}>`)
  return {
    origin: `the PXELINUX tree ${tree.config}`,
    menus,
    machines,
    variables: usesTftp ? { [tftpVariable]: tftp } : {},
    diagnostics: report.diagnostics,
  }
}

function reportAddress(range: string, menu: string, at: At, report: Report): void {
  report.warn(
    'import-unsupported',
    at,
    `Machines are not matched by their address here, so nothing leads ${range} to its menu \`${menu}\``,
    'Match them by MAC address, UUID or host name under `machines:`, or link the menu from the first one.',
  )
}

function reportTwin(twin: ImportedMachine, at: At, report: Report): void {
  report.warn(
    'import-name',
    at,
    `This is the same machine as \`${twin.file}\``,
    'The names differ in case only. This file is left out; keep the one that is right.',
  )
}

/** `other`: a machine that cannot be matched; `undefined`: not the name of a machine at all. */
function matchOf(name: string, at: At, report: Report): MachineMatch | 'other' | undefined {
  const hardware = /^([0-9a-f]{2})-((?:[0-9a-f]{2}-){5,19}[0-9a-f]{2})$/i.exec(name)
  if (hardware) {
    if (hardware[1] === '01' && hardware[2]!.length === 17) {
      if (name !== name.toLowerCase()) reportCase(name.toLowerCase(), at, report)
      return { mac: hardware[2]!.toLowerCase().replaceAll('-', ':') }
    }
    report.warn(
      'import-unsupported',
      at,
      `Machines of hardware type ${hardware[1]!} cannot be matched by their address`,
      '01 is Ethernet. Match such a machine by its UUID.',
    )
    return 'other'
  }
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name)) {
    if (name !== name.toLowerCase()) reportCase(name.toLowerCase(), at, report)
    return { uuid: name.toLowerCase() }
  }
  const isAddress = /^[0-9A-F]{1,8}$/.test(name)
  if (!isAddress && !/^[0-9a-f]{8}$/i.test(name)) return undefined
  if (!isAddress) reportCase(name.toUpperCase(), at, report)
  const octets = name
    .padEnd(8, '0')
    .match(/../g)!
    .map((pair) => parseInt(pair, 16))
  return { ip: `${octets.join('.')}/${name.length * 4}` }
}

function reportCase(right: string, at: At, report: Report): void {
  report.warn(
    'import-name',
    at,
    `PXELINUX asks for \`${right}\`, so on most servers this file was never found`,
    'It is imported: remove the machine if it should go on to get the default menu.',
  )
}

function idOf(match: MachineMatch): string {
  if ('mac' in match) return `machine-${slug(match.mac)}`
  if ('uuid' in match) return `machine-${match.uuid.replaceAll('-', '')}`
  return `machine-${slug(match.ip)}`
}
