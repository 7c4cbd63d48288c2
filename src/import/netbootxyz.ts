/** The endpoints of netboot.xyz (`endpoints.yml`) as entries, grouped by system. */
import type { Entry, Menu } from '../model/schema.js'
import { byCodeUnit } from '../project/paths.js'
import type { VariableDeclaration } from '../project/schema.js'
import { type Asset } from './netbootxyz/asset.js'
import { endpointVariable, readEndpoints } from './netbootxyz/read.js'
import { type Group, type System, systems } from './netbootxyz/recipes.js'
import { type ImportResult, Report, sourceOf } from './result.js'
import { IdPool, plainText, slug } from './text.js'

const liveEndpoint: VariableDeclaration = {
  type: 'url',
  value: 'https://github.com/netbootxyz',
  description: 'Where the files of netboot.xyz are; a mirror has the same folders.',
}

const groups: readonly (readonly [Group, string])[] = [
  ['live', 'Live systems'],
  ['installers', 'Installers'],
  ['tools', 'Tools'],
]

interface Found {
  system: System
  os: string
  entries: { asset: Asset; entry: Entry }[]
}

/** @param file of the bytes, for diagnostics */
export function importNetbootxyz(file: string, bytes: Uint8Array): ImportResult {
  const report = new Report()
  const assets = readEndpoints(file, bytes, report)
  const usedAsKernel = new Set(
    assets.filter(({ kernel, key }) => kernel.key !== key).map(({ kernel }) => kernel),
  )
  const found = new Map<string, Found>()
  for (const asset of assets) {
    const { key, os, at } = asset
    const system = systems.get(os)
    const made = system?.recipe(asset)
    if (typeof made === 'string' && usedAsKernel.has(asset)) continue // only the kernel of others
    if (typeof made === 'string') {
      report.warn(
        'import-missing',
        at,
        `\`${key}\` lacks ${made}`,
        `${system!.name} cannot be started without. The entry is left out.`,
      )
    } else if (made === undefined || !system) {
      report.warn(
        'import-unknown-arguments',
        at,
        `\`${key}\`: how ${system?.name ?? `\`${os.slice(0, 60)}\``} is started from these files is not known here`,
        'The entry is left out. Write a `linux` entry with the arguments that the system documents.',
      )
    } else {
      const one = found.get(os) ?? { system, os, entries: [] }
      found.set(os, one)
      one.entries.push({ asset, entry: made })
    }
  }
  const menus = menusOf([...found.values()], file)
  if (menus.length > 0) {
    report.info(
      'import-split-files',
      { file },
      'Files over 2 GiB are split there, and the second half is not in this list',
      'A mirror needs NAME.part2 beside each such file; the list has no sizes, so look for it.',
    )
  }
  return {
    origin: `the endpoints of netboot.xyz, ${file}`,
    menus,
    machines: [],
    variables: menus.length > 0 ? { [endpointVariable]: liveEndpoint } : {},
    diagnostics: report.diagnostics,
  }
}

/** The first menu has the groups; a group its systems; a system with several entries is a menu. */
function menusOf(found: readonly Found[], file: string): Menu[] {
  if (found.length === 0) return []
  const source = { file, line: 1, column: 1, offset: 0 }
  const main: Menu = { id: 'main', title: 'netboot.xyz', entries: [], source }
  const menus: Menu[] = [main]
  const pool = new IdPool(['main', ...groups.map(([id]) => id)])
  for (const [group, title] of groups) {
    const members = found
      .filter(({ system }) => system.group === group)
      .sort((a, b) => byCodeUnit(a.system.name.toLowerCase(), b.system.name.toLowerCase()))
    if (members.length === 0) continue
    const menu: Menu = { id: group, title, entries: [], source }
    main.entries.push({ kind: 'submenu', menu: group, id: group, source })
    menus.push(menu)
    const ids = new IdPool()
    for (const { system, os, entries } of members) {
      if (entries.length === 1) {
        const [{ asset, entry }] = entries as [Found['entries'][number]]
        menu.entries.push(named(entry, asset, ids, labelOf(asset, system)))
        continue
      }
      const own: Menu = { id: pool.take(slug(os), 'system'), title: system.name, entries: [], source }
      menu.entries.push({ kind: 'submenu', menu: own.id, id: ids.take(own.id, 'system'), source })
      menus.push(own)
      own.entries = entriesOf(entries, system)
    }
  }
  return menus
}

function entriesOf(entries: Found['entries'], system: System): Entry[] {
  const ids = new IdPool()
  const sorted = [...entries].sort((a, b) => byCodeUnit(a.asset.key, b.asset.key))
  const labels = sorted.map(({ asset }) => labelOf(asset, system))
  return sorted.map(({ asset, entry }, index) => {
    const label = labels[index]!
    const isTwice = labels.some((other, at) => other === label && at !== index)
    return named(entry, asset, ids, isTwice ? plainText(`${label} (${asset.key})`) : label)
  })
}

function named(entry: Entry, asset: Asset, ids: IdPool, label: string): Entry {
  const { key, at, architecture } = asset
  if (entry.kind === 'separator') return entry
  const needs =
    architecture === 'x86_64' || entry.needs?.architecture !== undefined
      ? entry.needs
      : { ...entry.needs, architecture }
  return { ...entry, id: ids.take(slug(key), 'entry'), label, ...(needs && { needs }), source: sourceOf(at) }
}

/** `Debian 13.4.0 xfce`, `Grml 2026.04 small, arm64`. */
function labelOf({ version, flavor, architecture, key }: Asset, { name }: System): string {
  const words = [name, version === 'current' ? '' : version, flavor].filter(
    (word, index, all) => word !== '' && all.indexOf(word) === index,
  )
  const suffix = architecture === 'x86_64' ? '' : `, ${architecture === 'i386' ? '32-bit' : architecture}`
  return plainText(words.join(' ') + suffix) || plainText(key) || 'Entry'
}
