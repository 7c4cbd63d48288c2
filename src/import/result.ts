/** What an import gives, whatever it read. */
import { Diagnostic, type Place } from '../diagnostics/diagnostic.js'
import type { Entry, Menu, Source } from '../model/schema.js'
import type { VariableDeclaration } from '../project/schema.js'

/** How a machine is recognised: `52:54:00:12:34:56`, a UUID in small letters, or a range `192.168.0.0/16`. */
export type MachineMatch = { mac: string } | { uuid: string } | { ip: string }

/** A machine, or the machines of one range of addresses, and the menu that they get in place of the first one. */
export interface ImportedMachine {
  /** Unique among machines. */
  id: string
  match: MachineMatch
  /** Id of a menu of the same result. */
  menu: string
  /** The file that said so. */
  file: string
}

export interface ImportResult {
  /** What was imported, for a comment. */
  origin: string
  /** The first one is for machines that have none of their own. Empty when nothing was usable. */
  menus: Menu[]
  machines: ImportedMachine[]
  variables: Record<string, VariableDeclaration>
  /** A warning for each thing that was not carried over; information about what looks or works a little different. */
  diagnostics: Diagnostic[]
}

export interface ImportCounts {
  menus: number
  /** What boots, opens or runs something; submenus and separators do not count. */
  entries: number
  machines: number
  /** Warnings and errors. */
  lost: number
}

export function countImport({ menus, machines, diagnostics }: ImportResult): ImportCounts {
  return {
    menus: menus.length,
    entries: menus.reduce((sum, { entries }) => sum + entries.filter(isBootable).length, 0),
    machines: machines.length,
    lost: diagnostics.filter(({ severity }) => severity !== 'info').length,
  }
}

export function isBootable({ kind }: Entry): boolean {
  return kind !== 'submenu' && kind !== 'separator'
}

/** A place in an imported file. */
export interface At {
  file: string
  place?: Place | undefined
}

export function sourceOf({ file, place }: At): Source {
  const { line, column, offset = 0 } = place?.start ?? { line: 1, column: 1, offset: 0 }
  return { file, line, column, offset }
}

export const importRules = [
  'import-file', // a file or folder that cannot be read
  'import-syntax', // text that is not in the language of the file
  'import-include', // an include that leads nowhere or in a circle
  'import-too-large', // more than any real tree has
  'import-unsupported', // nothing here does the same
  'import-unknown-arguments', // a live system whose kernel arguments are not known
  'import-missing', // something that is named and not there
  'import-password', // a protection that is gone
  'import-url', // an address that cannot be downloaded from
  'import-text', // text that no script can hold
  'import-key', // a hotkey that is taken
  'import-name', // a file name that no machine asks for
  'import-look', // colours, help texts, pictures
  'import-split-files', // files whose second half is not listed
] as const
export type ImportRule = (typeof importRules)[number]

/** At most so many are kept: a file that is something else has a mistake in every line. */
const limit = 2000

/** Collects what is to be told. */
export class Report {
  readonly diagnostics: Diagnostic[] = []
  /** A file that many include is told about once. */
  readonly #told = new Set<string>()

  warn(ruleId: ImportRule, at: At, reason: string, note: string): void {
    this.#add('warning', ruleId, at, reason, note)
  }

  error(ruleId: ImportRule, at: At, reason: string, note: string): void {
    this.#add('error', ruleId, at, reason, note)
  }

  info(ruleId: ImportRule, at: At, reason: string, note: string): void {
    this.#add('info', ruleId, at, reason, note)
  }

  #add(
    severity: 'error' | 'warning' | 'info',
    ruleId: ImportRule,
    at: At,
    reason: string,
    note: string,
  ): void {
    const { file, place } = at
    const key = [ruleId, file, place?.start.offset, reason].join('\n')
    if (this.diagnostics.length >= limit || this.#told.has(key)) return
    this.#told.add(key)
    this.diagnostics.push(new Diagnostic({ ruleId, severity, file, reason, note, ...(place && { place }) }))
  }
}
