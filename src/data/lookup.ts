import { architectures } from './architectures.js'
import { commands } from './commands.js'
import { settingBlocks } from './setting-blocks.js'
import { settingTypes } from './setting-types.js'
import { settings } from './settings.js'
import type {
  ArchitectureSpec,
  CommandSpec,
  OptionSpec,
  SettingBlockSpec,
  SettingSpec,
  SettingTypeSpec,
  UriSchemeSpec,
} from './types.js'
import { uriSchemes } from './uri-schemes.js'

/** `--help`: every command has it; it prints the usage and the command FAILS with ECANCELED (core/parseopt.c). */
export const helpOption: OptionSpec = {
  long: 'help',
  short: 'h',
  arg: null,
  note: 'prints the usage; the status is ECANCELED, a failure',
}

export interface FoundCommand {
  readonly spec: CommandSpec
  /** the name that was looked up: `chain` for the spec of `imgexec` */
  readonly name: string
}

const commandsByName = new Map<string, FoundCommand>()
for (const spec of commands) {
  for (const name of [spec.name, ...spec.aliases]) commandsByName.set(name, { spec, name })
}
const settingsByName = new Map(settings.map((spec) => [spec.name, spec]))
const typesByName = new Map<string, SettingTypeSpec>(settingTypes.map((spec) => [spec.name, spec]))
const blocksByPath = new Map<string, SettingBlockSpec>()
for (const spec of settingBlocks) for (const path of spec.paths) blocksByPath.set(numberless(path), spec)
const schemesByName = new Map(uriSchemes.map((spec) => [spec.scheme, spec]))
const architecturesByCode = new Map(architectures.map((spec) => [spec.code, spec]))

/** All names a command can be called by, aliases too; for did-you-mean and completion. */
export const commandNames: readonly string[] = [...commandsByName.keys()]
export const settingNames: readonly string[] = [...settingsByName.keys()]

/** By name or alias; names are case-sensitive in iPXE, too. */
export function findCommand(name: string): FoundCommand | undefined {
  return commandsByName.get(name)
}

/**
 * An option of a command, `--help` included. `--name` finds long names only, `-n` short ones only, and a bare
 * `name` or `n` either, the long name first.
 */
export function findOption(spec: CommandSpec, name: string): OptionSpec | undefined {
  const options = [...spec.options, helpOption]
  const byLong = (long: string) => options.find((option) => option.long === long)
  const byShort = (short: string) => options.find((option) => option.short === short)
  if (name.startsWith('--')) return byLong(name.slice(2))
  if (name.startsWith('-')) return byShort(name.slice(1))
  return byLong(name) ?? byShort(name)
}

/** By the name alone, without scope and type. */
export function findSetting(name: string): SettingSpec | undefined {
  return settingsByName.get(name)
}

export function findSettingType(name: string): SettingTypeSpec | undefined {
  return typesByName.get(name)
}

/**
 * The block that a scope such as `smbios`, `net0.dhcp`, `netX` or `net1-20` names. Undefined is no error in iPXE:
 * `set` makes a block of any name.
 */
export function findSettingBlock(path: string): SettingBlockSpec | undefined {
  return blocksByPath.get(path) ?? blocksByPath.get(numberless(path))
}

/** By the scheme without its colon; iPXE compares it without regard to case (core/open.c xfer_uri_opener). */
export function findUriScheme(scheme: string): UriSchemeSpec | undefined {
  return schemesByName.get(scheme.toLowerCase())
}

/** By the number in DHCP option 93. */
export function findArchitecture(code: number): ArchitectureSpec | undefined {
  return architecturesByCode.get(code)
}

/** `net0-42` and `net7-1` -> `netN-N`; `netX` stays, and stands for an interface in what lies below it. */
function numberless(path: string): string {
  return path.replace(/^net(?:\d+|N|X(?=\.))/, 'netN').replace(/(?<=[-.])\d+/g, 'N')
}
