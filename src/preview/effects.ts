/** What the commands that only look at settings or change them do. */
import type { ParsedCommand } from '../analysis/commands.js'
import { settingWrites } from '../analysis/settings.js'
import { hasLongMode, type PreviewMachine } from './machines.js'
import { commandName, hasFlag, restText } from './program.js'
import { keyOf, type KnownSettings, type Maybe, tested, type Tested } from './settings.js'

export interface Facts {
  machine: PreviewMachine
  settings: KnownSettings
  /** Whether a setting that nothing has set so far is to be taken for empty. */
  isUnset: (name: string) => boolean
}

export interface TestResult {
  status: Maybe
  /** It hangs on a value that somebody gives at the machine. */
  given: boolean
}

/** The status of `iseq`, `isset`, `cpuid`; `undefined` for any other command. */
export function runTest(command: ParsedCommand, facts: Facts): TestResult | undefined {
  const word = (index: number): Tested | undefined => {
    const argument = command.positionals[index]
    return argument && tested(argument.word, facts.settings, facts.isUnset)
  }
  switch (commandName(command)) {
    case 'iseq': {
      const [a, b] = [word(0), word(1)]
      if (!a || !b || command.positionals.length !== 2) return { status: false, given: false }
      const status = a.known && b.known ? a.text === b.text : undefined
      return { status, given: a.given || b.given }
    }
    case 'isset': {
      const value = word(0)
      if (!value) return { status: false, given: false }
      const literal = value.text.replace(/\$\{[^{}]*\}/g, '')
      const status = literal !== '' ? true : value.known ? false : undefined
      return { status, given: value.given }
    }
    case 'cpuid': {
      const isLongMode =
        (hasFlag(command, 'ext') || hasFlag(command, 'amd')) &&
        !hasFlag(command, 'ecx') &&
        command.positionals[0]?.text === '29'
      if (facts.machine.processor === 'arm64') return { status: false, given: false }
      return { status: isLongMode ? hasLongMode(facts.machine) : undefined, given: false }
    }
    default:
      return undefined
  }
}

/** Carries out what a command does to settings. */
export function applyWrites(command: ParsedCommand, settings: KnownSettings): void {
  const [first] = command.positionals
  switch (commandName(command)) {
    case 'set':
      if (first) settings.set(settings.expand(first.word), restText(command, 1, settings))
      return
    case 'clear':
      if (first) settings.clear(settings.expand(first.word))
      return
    case 'inc': {
      if (!first) return
      const name = settings.expand(first.word)
      const before = settings.valueOf(keyOf(name))
      const step = restText(command, 1, settings) || '1'
      if (before !== undefined && /^\d{1,9}$/.test(before) && /^\d{1,9}$/.test(step)) {
        settings.set(name, String(Number(before) + Number(step)))
      } else settings.give(name)
      return
    }
    default:
      for (const { word, mentionOnly } of settingWrites(command, false)) {
        if (!mentionOnly) settings.give(settings.expand(word).replace(/^--[^=]*=/, ''))
      }
  }
}
