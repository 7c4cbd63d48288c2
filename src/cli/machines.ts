/** `ipxetool machines`: who gets what, and why. */
import { hasErrors } from '../build/tree.js'
import { jsonReport } from '../diagnostics/reporters/json.js'
import { prettyReport } from '../diagnostics/reporters/pretty.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { sortDiagnostics } from '../diagnostics/sort.js'
import { summaryLine } from '../diagnostics/summary.js'
import { visible } from '../diagnostics/visible.js'
import { machineIndexPath } from '../model/compile.js'
import { matchKinds } from '../model/machines.js'
import { machineSchema } from '../model/machine-schema.js'
import {
  findMachine,
  type MachineFacts,
  machineReports,
  type MachineReport,
  type Told,
} from '../project/machines.js'
import { overrideProblems } from '../project/overrides.js'
import { loadProject, type Project } from '../project/project.js'
import { ExitCode } from './exit-codes.js'
import { findProject } from './find-project.js'
import { installedSince, type OnceRecords, onceStates, onceText } from './machines-once.js'
import type { Io } from './io.js'
import { nodeHost } from './node-host.js'
import { useColor } from './output.js'
import { parseVariables } from './variables.js'

export interface MachinesOptions extends MachineFacts {
  project?: string
  /** `NAME=VALUE` */
  var?: string[]
  json?: boolean
  color?: boolean
  /** Ids of machines with `boot: once` that are to be installed again. */
  install?: string[]
  /** Ids of those that are installed. */
  installed?: string[]
  /** The file of `ipxetool serve --state`. */
  state?: string
}

/**
 * Lists all machines, or with `--mac` and the like answers for one.
 *
 * @returns 1 when the project has errors; that no machine matches is an answer too, and 0
 * @throws IpxetoolError (exit code 2) for a key that no machine can have, and without a project
 */
export async function runMachines(options: MachinesOptions, io: Io): Promise<number> {
  const facts = factsOf(options)
  const root = await findProject(io.cwd, options.project)
  const {
    project,
    diagnostics: loaded,
    sources,
  } = await loadProject(root, nodeHost(io.cwd, io.stderr), {
    variables: parseVariables(options.var ?? []),
    environment: io.env,
  })
  const given = project?.generated.flatMap((item) => item.given ?? []) ?? []
  const diagnostics = project
    ? [...loaded, ...overrideProblems(project.config, project.variables, given)]
    : loaded
  if (!project || hasErrors(diagnostics)) {
    const sorted = sortDiagnostics(diagnostics)
    if (options.json === true) io.stdout.write(jsonReport(sorted, sources))
    else {
      const look = { color: useColor(options, io, io.stderr), width: io.stderr.columns ?? 120 }
      io.stderr.write(`${prettyReport(sorted, sources, look)}\n${summaryLine(sorted)}\n`)
    }
    return ExitCode.problems
  }
  const reports = machineReports(project.model)
  const once = await onceStates(project, reports, options, io)
  if (Object.keys(facts).length > 0) return answer(project, reports, once, facts, options, io)
  if (options.json === true)
    io.stdout.write(
      `${JSON.stringify({ machines: reports.map((report) => plain(report, once)) }, null, 2)}\n`,
    )
  else if (reports.length === 0) io.stdout.write(`no machines; all get ${everyone(project)}\n`)
  else {
    const texts = reports.map((report) => describe(report, once))
    io.stdout.write(`${texts.join('\n')}\nall others: ${everyone(project)}\n`)
  }
  return ExitCode.ok
}

function answer(
  project: Project,
  reports: readonly MachineReport[],
  once: OnceRecords,
  facts: MachineFacts,
  { json }: MachinesOptions,
  io: Io,
): number {
  const found = findMachine(reports, facts)
  const first = project.model.options.first?.menu
  if (json === true) {
    const machine = found
      ? { ...plain(found.report, once), by: { kind: found.key.kind, value: found.key.value } }
      : null
    const others = { menu: first ?? null, script: project.config.entry }
    io.stdout.write(`${JSON.stringify({ machine, ...(found ? {} : others) }, null, 2)}\n`)
  } else if (found) {
    const { kind, value } = found.key
    io.stdout.write(`matched by ${kind} ${visible(value)}\n${describe(found.report, once)}`)
  } else io.stdout.write(`no machine matches: ${everyone(project)}\n`)
  return ExitCode.ok
}

/** What who is no machine of the project gets. */
function everyone({ model, config }: Project): string {
  const first = model.options.first?.menu
  return first === undefined ? `the script ${config.entry}` : `the menu ${first} (${config.entry})`
}

function describe(report: MachineReport, once: OnceRecords): string {
  const rows: [what: string, value: string, why: string][] = []
  const add = (what: string, told: Told<string> | undefined): void => {
    if (told) rows.push([what, told.value, reason(told, report.id)])
  }
  for (const { kind, value } of report.keys) rows.push(['match', `${kind} ${value}`, ''])
  if (report.groups.length > 0) rows.push(['groups', report.groups.join(' < '), ''])
  add('menu', report.menu)
  add('entry', report.entry)
  add('console', report.console)
  add('memory', report.memory)
  if (report.boot.value === 'once') {
    rows.push(['boot', onceText(once.get(report.id)), reason(report.boot, report.id)])
  }
  for (const [name, told] of Object.entries(report.variables)) add(`$<${name}>`, told)
  rows.push(['script', report.script, `found by ${machineIndexPath}`])
  const width = Math.max(...rows.map(([what]) => what.length))
  const valueWidth = Math.min(40, Math.max(...rows.map(([, value, why]) => (why === '' ? 0 : value.length))))
  const lines = rows.map(([what, value, why]) =>
    `  ${what.padEnd(width)}  ${visible(value).padEnd(valueWidth)}  ${why}`.trimEnd(),
  )
  return `${report.id}\n${lines.join('\n')}\n`
}

function reason({ from }: Told<string>, machine: string): string {
  if (from.kind === 'group') return `from the group ${from.id!}`
  if (from.kind === 'entry') return `from the entry ${from.id!}, before anything else`
  return from.kind === 'project' ? 'as all machines' : `its own (${machine})`
}

function plain({ keys, ...rest }: MachineReport, once: OnceRecords): object {
  const installed = rest.boot.value === 'once' ? { installed: installedSince(once.get(rest.id)) } : {}
  return { ...rest, ...installed, keys: keys.map(({ kind, value }) => ({ kind, value })) }
}

/** @throws IpxetoolError `bad-key` */
function factsOf(options: MachinesOptions): MachineFacts {
  const facts: MachineFacts = {}
  for (const kind of matchKinds) {
    const given = options[kind]
    if (given === undefined) continue
    const value = kind === 'mac' || kind === 'uuid' ? bare(given) : given
    if (!machineSchema.shape.match.safeParse({ [kind]: value }).success) {
      throw new IpxetoolError('bad-key', `--${kind} "${visible(given)}" is not possible`, {
        exitCode: 2,
        hint: examples[kind],
      })
    }
    facts[kind] = value
  }
  return facts
}

/** As it comes out of other programs: with blanks around it, in braces, `urn:uuid:` in front. */
function bare(key: string): string {
  return key
    .trim()
    .replace(/^urn:uuid:/i, '')
    .replace(/^\{(.*)\}$/, '$1')
}

const examples: Record<(typeof matchKinds)[number], string> = {
  mac: 'for example --mac 52:54:00:12:34:56',
  uuid: 'for example --uuid 4c4c4544-0042-4d10-8031-b4c04f4d4232',
  serial: 'it must not be empty and hold no line break',
  asset: 'it must not be empty and hold no line break',
  hostname: 'it must not be empty and hold no line break',
}
