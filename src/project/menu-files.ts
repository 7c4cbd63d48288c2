/** `menus/*.ts`: run by the host, checked here by the schema that YAML has too. */
import { Diagnostic } from '../diagnostics/diagnostic.js'
import * as z from 'zod'
import { type Group, groupSchema, type Machine, machineSchema } from '../model/machine-schema.js'
import { menusSchema, type Menu } from '../model/schema.js'
import type { ScriptReader } from './compose.js'
import type { ProjectConfig } from './config.js'
import { HostError } from './host.js'
import type { LoadedMenuFile, MenuFileProblem, MenuUse } from './host-menus.js'
import type { MenuSources } from './model.js'
import { underRoot } from './paths.js'
import { explainIssues } from './schema-issues.js'
import { SourcePlaces } from './source-places.js'
import { shown } from './yaml.js'

const fileSchema = z.strictObject({
  menus: menusSchema.optional(),
  groups: z.array(groupSchema).optional(),
  machines: z.array(machineSchema).optional(),
})
const parts = Object.keys(fileSchema.shape)

/** The menus and machines of `ipxetool.yaml` and of all these files. */
export async function readMenuFiles(
  root: string,
  config: ProjectConfig,
  files: readonly string[],
  reader: ScriptReader,
  diagnostics: Diagnostic[],
): Promise<MenuSources> {
  const menus = [...config.menus]
  const groups = [...config.groups]
  const machines = [...config.machines]
  const places = new SourcePlaces(root, reader)
  let isIncomplete = false
  for (const file of files) {
    const found = await readMenuFile(file, reader, places)
    diagnostics.push(...found.diagnostics)
    if (!found.described) {
      isIncomplete = true
      continue
    }
    for (const menu of found.described.menus ?? []) menus.push(menu)
    for (const group of found.described.groups ?? []) groups.push(group)
    for (const machine of found.described.machines ?? []) machines.push(machine)
  }
  return { menus, groups, machines, isIncomplete }
}

interface Read {
  described: { menus?: Menu[]; groups?: Group[]; machines?: Machine[] } | undefined
  diagnostics: Diagnostic[]
}

async function readMenuFile(path: string, reader: ScriptReader, places: SourcePlaces): Promise<Read> {
  const file = underRoot(places.root, path)
  const fail = async (problem: MenuFileProblem): Promise<Read> => ({
    described: undefined,
    diagnostics: [await toDiagnostic(problem, file, places)],
  })
  try {
    // also so that messages can show its lines
    await reader.read(file)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return fail({ ruleId: 'menu-file', reason: `The menu file cannot be read: ${error.message}` })
  }
  const { host } = reader
  if (!host.loadMenuFile) {
    return fail({
      ruleId: 'menu-file',
      reason: 'Menus in TypeScript cannot be run here',
      note: 'The host that the project is read through has no `loadMenuFile`; `menus:` in ipxetool.yaml needs none.',
    })
  }
  const loaded = await host.loadMenuFile(file)
  if (loaded.problem) return fail(loaded.problem)
  return checkMenus(loaded, file, path, places)
}

async function checkMenus(
  loaded: LoadedMenuFile,
  file: string,
  path: string,
  places: SourcePlaces,
): Promise<Read> {
  const { value } = loaded
  const fail = async (reason: string, note: string): Promise<Read> => {
    const problem: MenuFileProblem = { ruleId: 'menu-file', reason, note, line: 1, column: 1 }
    return { described: undefined, diagnostics: [await toDiagnostic(problem, file, places)] }
  }
  if (typeof value !== 'object' || value === null) {
    const what =
      value === undefined || value === null
        ? 'exports no menu'
        : `exports ${typeof value === 'string' ? 'text' : `a ${typeof value}`}, not a menu`
    return fail(
      `\`${file}\` ${what}`,
      'Its default export is a menu, a list of menus, `{ menus, groups, machines }`, or a function that returns one: `export default menu({ … })`.',
    )
  }
  const stray = strayIn(value)
  if (stray !== undefined) {
    return fail(
      `\`${file}\` exports a ${stray}, not a menu`,
      `Where there are ${stray}s, say what is what: \`export default { menus: […], ${stray}s: […] }\`.`,
    )
  }
  const described = isDescribed(value)
  const data = described ? value : { menus: Array.isArray(value) ? (value as unknown[]) : [value] }
  const unknown = described ? Object.keys(value).find((key) => !parts.includes(key)) : undefined
  if (unknown !== undefined) {
    return fail(
      `\`${file}\` exports \`${shown(unknown, 40)}\`, which no menu file has`,
      `A menu file has ${parts.map((part) => `\`${part}\``).join(', ')}; all else is said in ipxetool.yaml.`,
    )
  }
  await places.complete(data, path)
  const result = fileSchema.safeParse(data)
  const diagnostics = await nonDeterminism(loaded, file, places)
  if (result.success) return { described: result.data as NonNullable<Read['described']>, diagnostics }
  for (const report of explainIssues(result.error.issues, data, [])) {
    diagnostics.push(await places.diagnostic(report, data, file))
  }
  return { described: undefined, diagnostics }
}

function isDescribed(value: object): boolean {
  const isMenu = ['id', 'title', 'entries'].some((key) => key in value)
  return !Array.isArray(value) && !isMenu && Object.keys(value).length > 0
}

/** A machine or a group that is exported as menus are: no menu, and nothing that says so to its schema. */
function strayIn(value: object): 'machine' | 'group' | undefined {
  for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
    if (typeof item !== 'object' || item === null || 'entries' in item || !('id' in item)) continue
    if ('match' in item) return 'machine'
    if ('extends' in item) return 'group'
  }
  return undefined
}

const kinds: Record<MenuUse['kind'], string> = {
  clock: 'asks the clock',
  random: 'takes a random number',
  network: 'asks the network',
  program: 'starts another program',
}

const ruleId = 'menu-not-deterministic'
const sameTree = 'The same project should give the same tree'

/** What may give other menus tomorrow: where it is asked; else only that it did. */
async function nonDeterminism(
  { differs, uses = [] }: LoadedMenuFile,
  file: string,
  places: SourcePlaces,
): Promise<Diagnostic[]> {
  const found: Diagnostic[] = []
  for (const { kind, name, ...at } of uses) {
    const shown = (await places.isDisabled(at.file, at.line, ruleId)) ? undefined : kinds[kind]
    if (shown === undefined) continue
    const problem: MenuFileProblem = {
      ruleId,
      reason: `The menu file ${shown}: \`${name}\`${differs === true ? ', and gives other menus each time' : ''}`,
      note:
        `${sameTree}: keep the value in a file that is imported, or in a variable of ipxetool.yaml. ` +
        `Where it does no harm: // ipxetool disable=${ruleId}`,
      ...at,
    }
    found.push(await toDiagnostic(problem, file, places, 'warning'))
  }
  if (uses.length > 0 || differs !== true) return found
  const problem: MenuFileProblem = {
    ruleId,
    reason: `\`${file}\` gives other menus when it runs again`,
    note: `${sameTree}: nothing that is counted up, no clock, no random numbers, nothing that a server says differently each time.`,
    line: 1,
    column: 1,
  }
  return [await toDiagnostic(problem, file, places, 'warning')]
}

async function toDiagnostic(
  problem: MenuFileProblem,
  menuFile: string,
  places: SourcePlaces,
  severity: 'error' | 'warning' = 'error',
): Promise<Diagnostic> {
  const { ruleId, reason, note, line, column } = problem
  const other = problem.file === undefined ? undefined : places.nameOf(problem.file)
  const file = other ?? menuFile
  // a place in a file outside of the project cannot be shown
  const isKnown = problem.file === undefined || other !== undefined
  const place = isKnown && line !== undefined ? await places.place(file, line, column ?? 1) : undefined
  return new Diagnostic({
    ruleId,
    severity,
    file,
    reason,
    ...(note !== undefined && { note }),
    ...(place && { place }),
  })
}
