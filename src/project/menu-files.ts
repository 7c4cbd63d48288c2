/** `menus/*.ts`: run by the host, checked here by the schema that YAML has too. */
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { menusSchema, type Menu } from '../model/schema.js'
import type { ScriptReader } from './compose.js'
import type { ProjectConfig } from './config.js'
import { HostError } from './host.js'
import type { LoadedMenuFile, MenuFileProblem, MenuUse } from './host-menus.js'
import type { MenuSources } from './model.js'
import { underRoot } from './paths.js'
import { explainIssues } from './schema-issues.js'
import { SourcePlaces } from './source-places.js'

/** The menus of `ipxetool.yaml` and of all these files. */
export async function readMenuFiles(
  root: string,
  config: ProjectConfig,
  files: readonly string[],
  reader: ScriptReader,
  diagnostics: Diagnostic[],
): Promise<MenuSources> {
  const menus = [...config.menus]
  const places = new SourcePlaces(root, reader)
  let isIncomplete = false
  for (const file of files) {
    const found = await readMenuFile(file, reader, places)
    diagnostics.push(...found.diagnostics)
    if (found.menus) for (const menu of found.menus) menus.push(menu)
    else isIncomplete = true
  }
  return { menus, isIncomplete }
}

interface Read {
  menus: Menu[] | undefined
  diagnostics: Diagnostic[]
}

async function readMenuFile(path: string, reader: ScriptReader, places: SourcePlaces): Promise<Read> {
  const file = underRoot(places.root, path)
  const fail = async (problem: MenuFileProblem): Promise<Read> => ({
    menus: undefined,
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
  const list = Array.isArray(value) ? (value as unknown[]) : [value]
  const wrong = list.findIndex((item) => typeof item !== 'object' || item === null || Array.isArray(item))
  if (value === undefined || value === null || (wrong >= 0 && !Array.isArray(value))) {
    const what =
      value === undefined || value === null
        ? 'exports no menu'
        : `exports ${typeof value === 'string' ? 'text' : `a ${typeof value}`}, not a menu`
    return {
      menus: undefined,
      diagnostics: [
        await toDiagnostic(
          {
            ruleId: 'menu-file',
            reason: `\`${file}\` ${what}`,
            note: 'Its default export is a menu, a list of menus, or a function that returns one: `export default menu({ … })`.',
            line: 1,
            column: 1,
          },
          file,
          places,
        ),
      ],
    }
  }
  const data = { menus: list }
  await places.complete(list, path)
  const result = menusSchema.safeParse(list)
  const diagnostics: Diagnostic[] = []
  diagnostics.push(...(await nonDeterminism(loaded, file, places)))
  if (result.success) return { menus: result.data, diagnostics }
  for (const report of explainIssues(result.error.issues, data, ['menus'])) {
    diagnostics.push(await places.diagnostic(report, data, file))
  }
  return { menus: undefined, diagnostics }
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
