/** A script as lines of commands, and how iPXE runs one line (`core/exec.c` `system`). */
import { interpretKnown, type KnownCommands } from '../analysis/analyse.js'
import type { ParsedCommand } from '../analysis/commands.js'
import type { InvalidLine, Line, Operator, Script } from '../ast/nodes.js'
import { decodeText } from '../syntax/bytes.js'
import { printJoined, printNode } from '../syntax/stringify.js'
import type { KnownSettings, Maybe } from './settings.js'

export interface ProgramCommand {
  /** `undefined`: nothing stands there, as after the `||` at the end of a line. */
  command: ParsedCommand | undefined
  /** How the next command depends on this one. */
  then: Operator['value'] | undefined
}

export interface ProgramLine {
  node: Line | InvalidLine
  index: number
  label: string | undefined
  commands: ProgramCommand[]
  /** Once {@link lineText} was asked for it. */
  text?: string
}

export interface Program {
  path: string
  lines: ProgramLine[]
  /** The first line with that label. */
  labels: Map<string, number>
}

/** @param known commands as the checks have read them; every program has objects of its own */
export function programOf(path: string, script: Script, known?: KnownCommands): Program {
  const labels = new Map<string, number>()
  const lines = script.children.map((node, index): ProgramLine => {
    const line: ProgramLine = { node, index, label: undefined, commands: [] }
    if (node.type === 'invalid') return line
    let command: ParsedCommand | undefined
    for (const child of node.children) {
      if (child.type === 'label') line.label = printJoined(child).slice(1)
      else if (child.type === 'command') command = innermost(interpretKnown(child, node, known))
      else if (child.type === 'operator') {
        line.commands.push({ command, then: child.value })
        command = undefined
      }
    }
    // behind the last operator there is a command, if only an empty one
    if (command ?? line.commands.length > 0) line.commands.push({ command, then: undefined })
    if (line.label !== undefined && !labels.has(line.label)) labels.set(line.label, index)
    return line
  })
  return { path, lines, labels }
}

function innermost(command: ParsedCommand | undefined): ParsedCommand | undefined {
  return command && { ...(command.inner ?? command) }
}

/** What a line says, for people. Continuations stay as they were written. */
export function lineText(line: ProgramLine): string {
  line.text ??= decodeText(printNode(line.node)).replace(/\r?\n$/, '')
  return line.text
}

/**
 * Goes through the commands of a line from the left. `visit` tells whether a command succeeds (`undefined`: not
 * known), or `stop` when nothing after it runs; it is called for commands that are not run too.
 *
 * @param after start behind this command, which had that status
 */
export function runLine(
  line: ProgramLine,
  visit: (command: ParsedCommand, runs: Maybe) => Maybe | 'stop',
  after: { index: number; status: Maybe } = { index: -1, status: true },
): Maybe | 'stop' {
  let { status } = after
  let runs: Maybe = true
  for (let index = Math.max(after.index, 0); index < line.commands.length; index++) {
    const { command, then } = line.commands[index]!
    if (index > after.index) {
      // iPXE takes an empty command for one that did nothing, successfully
      const own: Maybe | 'stop' = command ? visit(command, runs) : true
      if (own === 'stop') return 'stop'
      if (runs === true) status = own
      else if (runs === undefined && own !== status) status = undefined
    }
    runs = then === '&&' ? status : then === '||' ? (status === undefined ? undefined : !status) : true
  }
  return status
}

export function commandName({ spec, name }: ParsedCommand): string {
  return spec?.name ?? name
}

export function hasFlag({ options }: ParsedCommand, long: string): boolean {
  return options.some(({ spec }) => spec.long === long)
}

/** The value of an option, expanded. The last one counts. */
export function optionValue(
  { options }: ParsedCommand,
  long: string,
  settings: KnownSettings,
): string | undefined {
  const option = options.findLast(({ spec }) => spec.long === long)
  if (!option?.valueWord) return undefined
  const text = settings.expand(option.valueWord)
  return option.valueWord === option.word ? text.replace(/^--[^=]*=|^-./, '') : text
}

/** The arguments from `from` on, expanded and with one blank between them, as iPXE joins them. */
export function restText({ positionals }: ParsedCommand, from: number, settings: KnownSettings): string {
  return positionals
    .slice(from)
    .map(({ word }) => settings.expand(word))
    .join(' ')
}
