/** Everything the rules share about one script, gathered in one pass. No I/O. */
import type { Command, Line, Script } from '../ast/nodes.js'
import { interpretCommand, type ParsedCommand } from './commands.js'
import { FlowFacts } from './flow-facts.js'
import type { ValuesAtStart } from './flow-values.js'
import { Labels } from './labels.js'
import { Settings } from './settings.js'

export interface Analysis {
  readonly script: Script
  /** In source order; the command that `time` runs follows it. */
  readonly commands: readonly ParsedCommand[]
  readonly labels: Labels
  readonly settings: Settings
  /** The interpreted form of a command node. */
  readonly commandOf: ReadonlyMap<Command, ParsedCommand>
  /** How many labels stand before a command: commands of one number are run one after the other. */
  readonly sectionOf: ReadonlyMap<Command, number>
  /** What can run after what, and with which values; worked out when it is first asked for. */
  readonly flow: FlowFacts
}

/** Interpreted commands of nodes that several lines and scripts share. They must not change any more. */
export type KnownCommands = Pick<WeakMap<Command, ParsedCommand | undefined>, 'get' | 'set'>

/** Interprets a command unless that was done before. */
export function interpretKnown(
  node: Command,
  line: Line,
  known: KnownCommands | undefined,
): ParsedCommand | undefined {
  const before = known?.get(node)
  if (before?.line === line) return before
  const parsed = before ? onLine(before, line) : interpretCommand(node, line)
  known?.set(node, parsed)
  return parsed
}

/** The same command where it stands on another line. */
function onLine(command: ParsedCommand, line: Line): ParsedCommand {
  const copy = { ...command, line }
  if (command.inner) copy.inner = onLine(command.inner, line)
  return copy
}

function sectionsOf(script: Script): Map<Command, number> {
  const sections = new Map<Command, number>()
  let labels = 0
  for (const line of script.children) {
    if (line.type !== 'line') continue
    for (const child of line.children) {
      if (child.type === 'label') labels++
      else if (child.type === 'command') sections.set(child, labels)
    }
  }
  return sections
}

/** @param atStart what other scripts may have set before this one; absent: nobody knows */
export function analyse(script: Script, known?: KnownCommands, atStart?: ValuesAtStart): Analysis {
  const commands: ParsedCommand[] = []
  const commandOf = new Map<Command, ParsedCommand>()
  let sections: Map<Command, number> | undefined
  const labels = new Labels()
  const settings = new Settings()

  const addCommand = (node: Command, line: Line): void => {
    let parsed = interpretKnown(node, line, known)
    if (parsed) commandOf.set(node, parsed)
    for (; parsed; parsed = parsed.inner) {
      commands.push(parsed)
      labels.addCommand(parsed)
    }
  }
  for (const line of script.children) {
    if (line.type !== 'line') continue
    for (const child of line.children) {
      if (child.type === 'label') labels.addLabel(child, line)
      else if (child.type === 'command') addCommand(child, line)
    }
  }
  const hasForm = commands.some(({ spec, name }) => spec?.name === 'present' || name === 'form')
  for (const command of commands) settings.addCommand(command, hasForm)
  const flow = new FlowFacts(script, commandOf, settings, atStart)
  return {
    ...{ script, commands, labels, settings, commandOf, flow },
    get sectionOf() {
      return (sections ??= sectionsOf(script))
    },
  }
}
