/**
 * Writes the tables of iPXE's commands and settings, src/data/{commands,settings,setting-types,setting-blocks}.ts,
 * from the reference files ipxe-commands.json and ipxe-settings.json.
 *
 *   npx tsx scripts/generate-data.ts [--from DIR]      (default: ../shared/reference)
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { format, resolveConfig } from 'prettier'
import { z } from 'zod'
import {
  optionArgKinds,
  positionalKinds,
  settingGroups,
  settingScopes,
  settingTypeNames,
  type CommandSpec,
  type SettingBlockSpec,
  type SettingScope,
  type SettingSpec,
  type SettingTypeSpec,
} from '../src/data/types.js'

const root = fileURLToPath(new URL('..', import.meta.url))
export const defaultSource = join(root, '..', 'shared', 'reference')

// Strict objects: a field that nobody looked at must stop the generator, not vanish.
const platformDefault = z.union([z.boolean(), z.enum(['x86 only', 'non-x86 only'])])
const rawCommands = z.array(
  z.strictObject({
    name: z.string(),
    aliases: z.array(z.string()),
    options: z.array(
      z.strictObject({
        long: z.string(),
        short: z.string().length(1),
        arg: z.enum(optionArgKinds).nullable(),
        note: z.string().optional(),
        since: z.string().optional(),
      }),
    ),
    minArgs: z.number().int(),
    maxArgs: z.number().int().nullable(),
    buildOption: z.string().nullable(),
    linkRequires: z.string().optional(),
    // said again, and better, by defaultByPlatform
    defaultEnabled: z.union([z.boolean(), z.literal('platform-dependent')]),
    defaultByPlatform: z.strictObject({
      pcbios: platformDefault,
      efi: platformDefault,
      linux: platformDefault,
      sbi: platformDefault,
    }),
    since: z.string(),
    positional: z.array(z.strictObject({ name: z.string(), kind: z.enum(positionalKinds) })),
    summary: z.string(),
    exitStatus: z.string(),
    source: z.string(),
  }),
)
const rawSettings = z.strictObject({
  settings: z.array(
    z.strictObject({
      name: z.string(),
      type: z.enum(settingTypeNames),
      tag: z.union([z.number().int(), z.string()]).nullable(),
      scope: z.string().nullable(),
      group: z.enum(settingGroups),
      description: z.string(),
      writable: z.union([z.boolean(), z.literal('builtin/unixtime only')]),
      definedIn: z.string(),
      where: z.string().optional(),
      availability: z.string().optional(),
      since: z.string().optional(),
    }),
  ),
  types: z.array(
    z.strictObject({
      name: z.enum(settingTypeNames),
      parse: z.boolean(),
      format: z.boolean(),
      numeric: z.boolean(),
      note: z.string(),
      since: z.string().optional(),
    }),
  ),
  blocks: z.array(
    z.strictObject({
      path: z.string(),
      note: z.string(),
      writable: z.boolean().optional(),
      defaultScope: z.enum(settingScopes).nullable().optional(),
      since: z.string().optional(),
    }),
  ),
  nameGrammar: z.string(),
  source: z.string(),
})

function commandTable(raw: z.infer<typeof rawCommands>): CommandSpec[] {
  return raw.map((command) => ({
    name: command.name,
    aliases: command.aliases,
    summary: command.summary,
    options: command.options.map(({ long, short, arg, note, since }) => ({
      long,
      short,
      arg,
      ...(note === undefined ? {} : { note }),
      ...(since === undefined ? {} : { since }),
    })),
    minArgs: command.minArgs,
    maxArgs: command.maxArgs,
    positional: command.positional.map(({ name, kind }) =>
      name.endsWith('...') ? { name: name.slice(0, -3), kind, repeats: true } : { name, kind },
    ),
    exitStatus: command.exitStatus,
    buildOption: command.buildOption,
    ...(command.linkRequires === undefined ? {} : { linkRequires: command.linkRequires }),
    defaultByPlatform: command.defaultByPlatform,
    since: command.since,
    source: command.source,
  }))
}

/** The reference writes a second scope in words: "dhcpv6 (and ndp)". */
function scopesOf(scope: string | null): SettingScope[] {
  if (scope === null) return []
  return z.array(z.enum(settingScopes)).parse(scope.match(/\b(?!and\b)\w+/g))
}

function settingTable(raw: z.infer<typeof rawSettings>['settings']): SettingSpec[] {
  return raw.map((setting) => ({
    name: setting.name,
    type: setting.type,
    tag: setting.tag === null ? null : String(setting.tag),
    scopes: scopesOf(setting.scope),
    group: setting.group,
    description: setting.description,
    writable: setting.writable,
    ...(setting.where === undefined ? {} : { where: setting.where }),
    ...(setting.availability === undefined ? {} : { availability: setting.availability }),
    ...(setting.since === undefined ? {} : { since: setting.since }),
    source: setting.definedIn,
  }))
}

function typeTable(raw: z.infer<typeof rawSettings>['types']): SettingTypeSpec[] {
  return raw.map(({ since, ...type }) => ({ ...type, ...(since === undefined ? {} : { since }) }))
}

/** "net0, net1, …" -> ['net0', 'net1'] */
function blockPaths(path: string): string[] {
  if (path === '(root)') return ['']
  return path.split(', ').filter((part) => part !== '…')
}

function blockTable(raw: z.infer<typeof rawSettings>['blocks']): SettingBlockSpec[] {
  return raw.map((block) => ({
    paths: blockPaths(block.path),
    note: block.note,
    ...(block.writable === undefined ? {} : { writable: block.writable }),
    defaultScope: block.defaultScope ?? null,
    ...(block.since === undefined ? {} : { since: block.since }),
  }))
}

async function read(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'))
}

/**
 * The text of each generated file by its path below the repository.
 * @throws Error when a reference file is missing or has a shape that this generator does not know
 */
export async function generateTables(from: string): Promise<Map<string, string>> {
  const commandsJson = rawCommands.parse(await read(join(from, 'ipxe-commands.json')))
  const settingsJson = rawSettings.parse(await read(join(from, 'ipxe-settings.json')))
  const origin = /^ipxe ([0-9a-f]{8})[0-9a-f]* \((\d{4}-\d\d-\d\d)\)$/.exec(settingsJson.source)
  if (!origin) throw new Error(`ipxe-settings.json: cannot read its source: ${settingsJson.source}`)
  const [, commit, date] = origin

  const tables = [
    ['commands', 'CommandSpec', 'ipxe-commands.json', commandTable(commandsJson)],
    ['settings', 'SettingSpec', 'ipxe-settings.json', settingTable(settingsJson.settings)],
    ['setting-types', 'SettingTypeSpec', 'ipxe-settings.json', typeTable(settingsJson.types)],
    ['setting-blocks', 'SettingBlockSpec', 'ipxe-settings.json', blockTable(settingsJson.blocks)],
  ] as const

  const files = new Map<string, string>()
  for (const [name, type, reference, rows] of tables) {
    const path = `src/data/${name}.ts`
    const constant = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
    const text = [
      `// Generated by scripts/generate-data.ts from reference/${reference}: do not edit.`,
      `// Origin: iPXE commit ${commit!} of ${date!}.`,
      `import type { ${type} } from './types.js'`,
      '',
      `export const ${constant}: readonly ${type}[] = ${JSON.stringify(rows)}`,
    ].join('\n')
    const style = await resolveConfig(join(root, path))
    files.set(path, await format(text, { ...style, filepath: path }))
  }
  return files
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { from: { type: 'string', default: defaultSource } } })
  for (const [path, text] of await generateTables(values.from)) {
    await writeFile(join(root, path), text)
    console.log(path)
  }
}
