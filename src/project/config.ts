/** Reads `ipxetool.yaml` against the schema; every mistake has file, line and column. */
import type * as z from 'zod'
import type { CatalogKey, Distribution } from '../data/catalog/schema.js'
import { Diagnostic, type Place } from '../diagnostics/diagnostic.js'
import type { Group, Machine } from '../model/machine-schema.js'
import type { Menu } from '../model/schema.js'
import { checkSectionProblems } from './check-settings.js'
import { configName } from './config-name.js'
import { addSources } from './config-sources.js'
import { HostError, type ProjectHost } from './host.js'
import { localPathProblem, tidyPath, underRoot } from './paths.js'
import { explainIssues, type SchemaReport } from './schema-issues.js'
import {
  type CheckSection,
  type CompileSection,
  type DhcpSection,
  projectSchema,
  type VariableDeclaration,
} from './schema.js'
import { readYaml, type YamlFile } from './yaml.js'

export { configName }
/** Ten thousand machines take about one. */
const sizeLimit = 8 * 2 ** 20

export interface ProjectConfig {
  /** The file for diagnostics. */
  file: string
  title?: string
  entry: string
  /** As written: relative to the project's root, may lead out of it. */
  out: string
  static?: string
  /** Which server the tree is for; default: any. */
  servedBy?: 'ipxetool'
  variables: ReadonlyMap<string, VariableDeclaration>
  /** As after `console=`, or `$<name>`. */
  console?: string
  /** As written; `ipxetool dhcp` checks it. */
  dhcp?: DhcpSection
  /** As written; `ipxetool compile` checks it. */
  compile?: CompileSection
  /** Which rules run. */
  check?: CheckSection
  /** Those of this file; each knows where it stands. */
  menus: readonly Menu[]
  groups: readonly Group[]
  machines: readonly Machine[]
  /** For `ipxetool fetch`: beside the shipped distributions, or instead of one of the same id. */
  distributions: readonly Distribution[]
  /** Whose signatures are believed, for any distribution. */
  keys: readonly CatalogKey[]
  placeOf: YamlFile['placeOf']
}

export interface ReadConfig {
  /** `undefined` when nothing can be done with the file. */
  config: ProjectConfig | undefined
  diagnostics: Diagnostic[]
  bytes: Uint8Array | undefined
}

/** @param memory the file is not read again when it says what it said before */
export async function readConfig(
  root: string,
  host: ProjectHost,
  memory?: { config: ReadConfig | undefined },
): Promise<ReadConfig> {
  const file = underRoot(root, configName)
  let bytes: Uint8Array
  try {
    bytes = await host.readFile(file, sizeLimit)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return { config: undefined, diagnostics: [unreadable(file, error)], bytes: undefined }
  }
  const before = memory?.config
  const isSame = before?.bytes !== undefined && before.config?.file === file && sameBytes(before.bytes, bytes)
  const read = isSame ? before : { ...parseConfig(file, bytes), bytes }
  if (memory) memory.config = read
  // the reader adds to them
  return { ...read, diagnostics: [...read.diagnostics] }
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false
  return true
}

function unreadable(file: string, error: HostError): Diagnostic {
  return new Diagnostic({
    ruleId: 'project-file',
    severity: 'error',
    file,
    reason: `The project file cannot be read: ${error.message}`,
    note: `A boot project is a folder with a text file \`${configName}\` of at most 8 MiB in it.`,
  })
}

export function parseConfig(file: string, bytes: Uint8Array): Omit<ReadConfig, 'bytes'> {
  const yaml = readYaml(file, bytes)
  const { data, diagnostics } = yaml
  if (data === undefined) return { config: undefined, diagnostics }
  for (const report of addSources(data, yaml)) diagnostics.push(toDiagnostic(report, file, yaml))
  const result = projectSchema.safeParse(data)
  if (!result.success) {
    for (const report of explainIssues(result.error.issues, data, [])) {
      diagnostics.push(toDiagnostic(report, file, yaml))
    }
    return { config: undefined, diagnostics }
  }
  const { title, entry, out, static: staticFolder, console, dhcp, compile, variables = {} } = result.data
  const { servedBy, check } = result.data
  const { menus = [], groups = [], machines = [], distributions = [], keys = [] } = result.data
  const config: ProjectConfig = {
    file,
    entry: tidyPath(entry),
    out: tidyPath(out),
    variables: new Map(Object.entries(variables)),
    menus,
    groups,
    machines,
    distributions,
    keys,
    ...(servedBy !== undefined && { servedBy }),
    ...(console !== undefined && { console }),
    ...(dhcp !== undefined && { dhcp }),
    ...(compile !== undefined && { compile }),
    ...(check !== undefined && { check }),
    placeOf: (path, part) => yaml.placeOf(path, part),
    ...(title !== undefined && { title }),
    ...(staticFolder !== undefined && { static: tidyPath(staticFolder) }),
  }
  for (const report of problemsBeyondSchema(result.data)) diagnostics.push(toDiagnostic(report, file, yaml))
  return { config, diagnostics }
}

function toDiagnostic(report: SchemaReport, file: string, yaml: Pick<YamlFile, 'placeOf'>): Diagnostic {
  const place: Place | undefined = yaml.placeOf(report.path, report.part)
  return new Diagnostic({
    ruleId: 'project-schema',
    severity: 'error',
    file,
    reason: report.reason,
    ...(place && { place }),
    ...(report.expected && { expected: report.expected }),
    ...(report.note !== undefined && { note: report.note }),
  })
}

function problemsBeyondSchema(data: z.infer<typeof projectSchema>): SchemaReport[] {
  const reports: SchemaReport[] = []
  for (const key of ['entry', 'static'] as const) {
    const problem = data[key] === undefined ? undefined : localPathProblem(data[key])
    if (problem !== undefined) {
      reports.push({ path: [key], reason: `\`${key}\` is not a path in the project: ${problem}` })
    }
  }
  if (localPathProblem(data.entry) === undefined && !data.entry.endsWith('.ipxe')) {
    reports.push({ path: ['entry'], reason: '`entry` is not a script: its name has to end in `.ipxe`' })
  }
  reports.push(...checkSectionProblems(data.check))
  const byEnvironment = new Map<string, string>()
  for (const [name, declaration] of Object.entries(data.variables ?? {})) {
    const path = ['variables', name]
    if (declaration.value === undefined && declaration.required !== true) {
      reports.push({
        path,
        part: 'key',
        reason: `Variable \`${name}\` has no value`,
        expected: ['value: …', 'required: true'],
        note: 'Give it a value, or `required: true` when every build has to say it.',
      })
    }
    if (declaration.type === 'int' && (declaration.min ?? -Infinity) > (declaration.max ?? Infinity)) {
      reports.push({ path: [...path, 'min'], reason: `\`min\` of \`${name}\` is above its \`max\`` })
    }
    const variable = environmentName(name)
    const other = byEnvironment.get(variable)
    if (other !== undefined) {
      reports.push({
        path,
        part: 'key',
        reason: `Variables \`${other}\` and \`${name}\` would both be set by ${variable}`,
        note: 'In the environment letters are upper case and `-` and `.` are `_`: rename one of them.',
      })
    }
    byEnvironment.set(variable, name)
    const parent = /^(.*)\.(?:port|speed)$/.exec(name)?.[1]
    if (parent !== undefined && data.variables?.[parent]?.type === 'console') {
      reports.push({
        path,
        part: 'key',
        reason: `\`$<${name}>\` is already a part of the console \`${parent}\``,
      })
    }
  }
  return reports
}

/** `repo.base-os` -> `IPXETOOL_VAR_REPO_BASE_OS`. */
export function environmentName(name: string): string {
  return `IPXETOOL_VAR_${name.toUpperCase().replace(/[-.]/g, '_')}`
}
