/** What one script says about files: its commands with a URI, and the settings that it gives values to. */
import { interpretCommand, type ParsedCommand } from '../analysis/commands.js'
import { parseSettingName, settingWrites } from '../analysis/settings.js'
import { textWithHoles } from '../analysis/text.js'
import type { InvalidLine, Line, Operator, Script, Word } from '../ast/nodes.js'

/** A script of the output tree, composed, its variables replaced. */
export interface LinkScript {
  /** In the output tree. */
  path: string
  /** As the user knows the file, for diagnostics. */
  file: string
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
  /** Nothing follows a `||`, or only what says so: that it fails does not matter. */
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

export interface ScannedScript {
  source: LinkScript
  commands: readonly ScannedCommand[]
  /** By name, without scope and type. */
  assignments: ReadonlyMap<string, readonly Assignment[]>
  /** Names that get a value which only the machine knows. */
  computed: ReadonlySet<string>
  /** Names of the commands that lead out of the script: `exit`, `boot`, `shell`. */
  exits: ReadonlySet<string>
  pathOf: (line: Line | InvalidLine) => string
}

/** They print; nothing that matters here is in them, and there are many. */
const skipped = new Set(['echo', 'menu', 'prompt', 'goto', 'iseq', 'isset', 'sleep'])
const waysOut = new Set(['exit', 'shell', 'reboot', 'poweroff', 'sanboot', 'autoboot', 'startpxe'])

export function scanScript(source: LinkScript): ScannedScript {
  const commands: ScannedCommand[] = []
  const assignments = new Map<string, Assignment[]>()
  const computed = new Set<string>()
  const exits = new Set<string>()
  const pathOf = (line: Line | InvalidLine): string => line.origin?.path ?? source.file
  let section = 0
  let label: string | undefined

  const add = (found: ScannedCommand, conditional: boolean): void => {
    const { command } = found
    const name = command.spec?.name ?? command.name
    if (waysOut.has(name) || (name === 'imgexec' && command.positionals.length === 0)) exits.add(name)
    if (name === 'set') {
      const [target, ...values] = command.positionals
      if (!target) return
      const key = parseSettingName(target.text).name
      const own = { words: values.map(({ word }) => word), index: found.index, section, conditional }
      const list = assignments.get(key)
      if (list) list.push(own)
      else assignments.set(key, [own])
    } else
      for (const { parts, mentionOnly } of settingWrites(command, true))
        if (!mentionOnly) computed.add(parts.name)
    commands.push(found)
  }

  for (const line of source.script.children) {
    if (line.type !== 'line') continue
    const { children } = line
    let isFirst = true
    for (const [at, child] of children.entries()) {
      if (child.type === 'label') {
        section++
        label = textWithHoles(child)
      } else if (child.type === 'command') {
        const first = child.children.find(({ type }) => type === 'word')
        const name = first?.type === 'word' ? textWithHoles(first) : ''
        let command = skipped.has(name) ? undefined : interpretCommand(child, line)
        while (command?.inner) command = command.inner
        if (command) {
          const index = commands.length
          const then = operatorAfter(line, at)
          const mayFail = then === '||' && isShrug(line, at)
          add({ command, index, section, label, then, mayFail }, !isFirst)
        }
        isFirst = false
      }
    }
  }
  return { source, commands, assignments, computed, exits, pathOf }
}

function operatorAfter(line: Line, at: number): Operator['value'] | undefined {
  const next = line.children.slice(at + 1).find(({ type }) => type === 'operator' || type === 'command')
  return next?.type === 'operator' ? next.value : undefined
}

/** What follows the `||` is nothing, or something that goes on as if nothing had happened. */
function isShrug(line: Line, at: number): boolean {
  const next = line.children.slice(at + 1).find(({ type }) => type === 'command')
  return next === undefined
}
