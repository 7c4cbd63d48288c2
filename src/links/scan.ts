/** What one script says about files: its commands with a URI, and the settings that it gives values to. */
import { interpretKnown, type KnownCommands } from '../analysis/analyse.js'
import type { ParsedCommand } from '../analysis/commands.js'
import { parseSettingName, settingWrites } from '../analysis/settings.js'
import { textWithHoles } from '../analysis/text.js'
import type { Command, Line, Operator, Script, Word } from '../ast/nodes.js'
import { commands as commandSpecs } from '../data/commands.js'
import type { Place } from '../diagnostics/diagnostic.js'
import type { CommandSpec } from '../data/types.js'

/** A script of the output tree, composed, its variables replaced. */
export interface LinkScript {
  /** In the output tree. */
  path: string
  /** As the user knows the file, for diagnostics. */
  file: string
  /** Where that file says it: the menu that the script was made from. */
  place?: Place
  /** Scripts that are the same may share it; then it is looked at once. */
  script: Script
  /** `embed`: compiled into a loader, so that what it names is relative to where the loader came from. */
  kind?: 'output' | 'embed'
}

export interface ScannedCommand {
  command: ParsedCommand
  /** Position among the commands of the script. */
  index: number
  /** How many labels stand before it. */
  section: number
  /** The nearest label before it. */
  label: string | undefined
  /** What follows on the line. */
  then: Operator['value'] | undefined
  /** Nothing follows its `||`: that it fails does not matter. */
  mayFail: boolean
}

/** One `set`. */
export interface Assignment {
  words: readonly Word[]
  index: number
  section: number
  /** Not the first command of its line: whether it runs depends on what stands before it. */
  conditional: boolean
}

/** What a script does with settings; kept for all scripts, so it is small. */
export interface ScriptSettings {
  /** By name, without scope and type. */
  assignments: ReadonlyMap<string, readonly Assignment[]>
  /** Names that get a value which only the machine knows. */
  computed: ReadonlySet<string>
}

const settingCommands = namesOf(
  ({ name, options, positional }) =>
    name === 'time' ||
    options.some(({ arg }) => arg === 'setting') ||
    positional.some(({ kind }) => kind === 'setting-autovivify' || kind === 'setting-existing'),
)
const uriCommands = namesOf(
  ({ name, options, positional }) =>
    name === 'time' ||
    // the arguments of a kernel may be in a setting
    name === 'set' ||
    options.some(({ arg }) => arg === 'image') ||
    positional.some(({ kind }) => kind === 'uri' || kind === 'image'),
)

function namesOf(test: (spec: CommandSpec) => boolean): ReadonlySet<string> {
  return new Set(commandSpecs.filter(test).flatMap(({ name, aliases }) => [name, ...aliases]))
}

/** @param known commands of other checks, and for them */
export function scanSettings(script: Script, known?: KnownCommands): ScriptSettings {
  const assignments = new Map<string, Assignment[]>()
  const computed = new Set<string>()
  const fields: string[] = []
  let forms = 0
  visit(script, (found) => {
    if (found.name === 'present') forms++
    if (found.name !== 'item' && !settingCommands.has(found.name)) return
    const command = interpret(found, known)
    if (!command) return
    const [target, ...values] = command.positionals
    if (command.spec?.name === 'set') {
      if (!target) return
      const name = parseSettingName(target.text).name
      const { index, section, isFirst } = found
      const own = { words: values.map(({ word }) => word), index, section, conditional: !isFirst }
      const list = assignments.get(name)
      if (list) list.push(own)
      else assignments.set(name, [own])
    } else if (command.spec?.name === 'item') {
      if (target) fields.push(parseSettingName(target.text).name)
    } else {
      for (const { parts, mentionOnly } of settingWrites(command, false)) {
        if (!mentionOnly) computed.add(parts.name)
      }
    }
  })
  if (forms > 0) for (const name of fields) computed.add(name)
  return { assignments, computed }
}

/** Commands that may name a file, in source order. */
export function scanCommands(script: Script, known?: KnownCommands): ScannedCommand[] {
  const commands: ScannedCommand[] = []
  visit(script, (found) => {
    if (!uriCommands.has(found.name)) return
    const command = interpret(found, known)
    if (!command) return
    const { index, section, label, line, at } = found
    const then = operatorAfter(line, at)
    const mayFail = then === '||' && !line.children.slice(at + 1).some(({ type }) => type === 'command')
    commands.push({ command, index, section, label, then, mayFail })
  })
  return commands
}

const waysOut = new Set(['exit', 'shell', 'reboot', 'poweroff', 'sanboot', 'autoboot', 'startpxe'])
const starts = new Set(['boot', 'imgexec', 'chain'])

/** Whether some command leads out of a script by itself: `exit`, or `boot` without a file. */
export function hasWayOut(script: Script): boolean {
  let found = false
  visit(script, ({ name, command }) => {
    const words = command.children.filter(({ type }) => type === 'word').length
    if (waysOut.has(name) || (starts.has(name) && words === 1)) found = true
  })
  return found
}

interface Visited {
  command: Command
  line: Line
  /** Position in the line. */
  at: number
  /** As written, with holes. */
  name: string
  index: number
  section: number
  label: string | undefined
  isFirst: boolean
}

function visit(script: Script, enter: (found: Visited) => void): void {
  let index = 0
  let section = 0
  let label: string | undefined
  for (const line of script.children) {
    if (line.type !== 'line') continue
    let isFirst = true
    const { children } = line
    for (let at = 0; at < children.length; at++) {
      const child = children[at]!
      if (child.type === 'label') {
        section++
        label = textWithHoles(child)
      } else if (child.type === 'command') {
        const first = child.children.find((part) => part.type === 'word')
        const name = first ? textWithHoles(first) : ''
        enter({ command: child, line, at, name, index, section, label, isFirst })
        index++
        isFirst = false
      }
    }
  }
}

function interpret({ command, line }: Visited, known?: KnownCommands): ParsedCommand | undefined {
  let parsed = interpretKnown(command, line, known)
  while (parsed?.inner) parsed = parsed.inner
  return parsed
}

function operatorAfter(line: Line, at: number): Operator['value'] | undefined {
  const next = line.children.slice(at + 1).find(({ type }) => type === 'operator' || type === 'command')
  return next?.type === 'operator' ? next.value : undefined
}
