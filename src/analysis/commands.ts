/**
 * Commands as iPXE reads them (`core/getopt.c` `getopt_long`, `core/parseopt.c` `reparse_options`): options up to the
 * first word that does not start with `-`, or `--`; the rest are arguments, each word one, empty or not.
 */
import type { Command, Line, Span, Word } from '../ast/nodes.js'
import { wordsOf } from '../ast/walk.js'
import { findCommand, helpOption } from '../data/lookup.js'
import type { CommandSpec, OptionSpec, PositionalSpec } from '../data/types.js'
import { hole, spanInWord, textWithHoles } from './text.js'

/** A word and its text with holes. */
export interface Argument {
  readonly word: Word
  readonly text: string
}

export interface ParsedOption {
  readonly spec: OptionSpec
  /** The word that names the option; several short options may share it. */
  readonly word: Word
  readonly span: Span
  /** Text with holes; absent on flags. */
  readonly value?: string
  /** Where the value stands: its own word, or the end of `word`. */
  readonly valueWord?: Word
  readonly valueSpan?: Span
}

/** Why iPXE refuses the options; it stops at the first. */
export interface OptionProblem {
  readonly kind: 'unknown' | 'flag-with-value' | 'missing-value' | 'dash-value'
  /** As written: `--nam`, `-x`, `-`. */
  readonly option: string
  readonly spec?: OptionSpec
  readonly word: Word
  readonly span: Span
  /** The word that cannot be the value, with `dash-value`. */
  readonly valueWord?: Word
}

export interface ParsedCommand {
  readonly node: Command
  readonly line: Line
  readonly nameWord: Word
  /** Text with holes. */
  readonly name: string
  /** Undefined when the name is unknown, to iPXE or to us (it holds `${…}`). */
  readonly spec: CommandSpec | undefined
  /** All words after the name. */
  readonly args: readonly Argument[]
  readonly options: readonly ParsedOption[]
  readonly problem: OptionProblem | undefined
  readonly positionals: readonly Argument[]
  /** Whether `--` stood before the arguments. */
  readonly terminated: boolean
  /**
   * False when `${…}` at the start of a word may turn out to be an option, so that what seems to be the first argument
   * is perhaps none.
   */
  readonly certain: boolean
  /** The command that `time` runs. */
  readonly inner?: ParsedCommand
}

/** Interprets one command of a line. */
export function interpretCommand(node: Command, line: Line): ParsedCommand | undefined {
  return interpretWords(
    node,
    line,
    wordsOf(node).map((word) => ({ word, text: textWithHoles(word) })),
  )
}

/** How many `time time …` are followed. */
const maxInner = 4

function interpretWords(
  node: Command,
  line: Line,
  words: readonly Argument[],
  depth = 0,
): ParsedCommand | undefined {
  const first = words[0]
  if (!first) return undefined
  const args = words.slice(1)
  const spec = findCommand(first.text)?.spec
  const parsed = spec && spec.name !== 'help' ? readOptions(spec, args) : { ...unread, positionals: args }
  const base = { node, line, nameWord: first.word, name: first.text, spec, args, ...parsed }
  const runsCommand = spec?.positional[0]?.kind === 'command' && !parsed.problem && depth < maxInner
  const inner = runsCommand ? interpretWords(node, line, parsed.positionals, depth + 1) : undefined
  return inner ? { ...base, inner } : base
}

type OptionsRead = Pick<ParsedCommand, 'options' | 'problem' | 'positionals' | 'terminated' | 'certain'>

const unread: OptionsRead = {
  options: [],
  problem: undefined,
  positionals: [],
  terminated: false,
  certain: true,
}

function readOptions(spec: CommandSpec, args: readonly Argument[]): OptionsRead {
  const options: ParsedOption[] = []
  const known = [...spec.options, helpOption]
  const stop = (index: number, extra: Partial<OptionsRead> = {}): OptionsRead => ({
    ...unread,
    options,
    positionals: args.slice(index),
    ...extra,
  })

  let index = 0
  while (index < args.length) {
    const { word, text } = args[index]!
    if (text.startsWith(hole)) return stop(index, { certain: spec.options.length === 0 })
    if (!text.startsWith('-')) return stop(index)
    if (text === '--') return stop(index + 1, { terminated: true })
    index++
    const found = text.startsWith('--') ? longOption(known, word, text) : shortOptions(known, word, text)
    if (found === 'unknowable') return stop(index, { certain: false, positionals: [] })
    options.push(...found.options)
    if (found.problem) return stop(index, { problem: found.problem, positionals: [] })
    if (!found.wantsValue) continue
    const value = args[index]
    const option = found.wantsValue
    if (!value || value.text.startsWith('-')) {
      const { spec: optionSpec, span } = option
      return stop(index, {
        positionals: [],
        problem: {
          kind: value ? 'dash-value' : 'missing-value',
          option: text,
          spec: optionSpec,
          word,
          span,
          ...(value ? { valueWord: value.word } : {}),
        },
      })
    }
    index++
    options.push({
      ...option,
      value: value.text,
      valueWord: value.word,
      ...(value.word.span ? { valueSpan: value.word.span } : {}),
    })
  }
  return stop(index)
}

interface FoundOptions {
  options: ParsedOption[]
  problem?: OptionProblem
  /** The last option has its value in the next word. */
  wantsValue?: ParsedOption
}

function longOption(known: readonly OptionSpec[], word: Word, text: string): FoundOptions | 'unknowable' {
  const equals = text.indexOf('=')
  const name = equals < 0 ? text : text.slice(0, equals)
  if (name.includes(hole)) return 'unknowable'
  const span = spanInWord(word, 0, name.length)
  const spec = known.find((option) => option.long === name.slice(2))
  if (!spec) return { options: [], problem: { kind: 'unknown', option: name, word, span } }
  if (equals >= 0 && spec.arg === null) {
    const whole = word.span ?? span
    return { options: [], problem: { kind: 'flag-with-value', option: name, spec, word, span: whole } }
  }
  if (spec.arg === null) return { options: [{ spec, word, span }] }
  if (equals < 0) return { options: [], wantsValue: { spec, word, span } }
  return { options: [withValue({ spec, word, span }, text, equals + 1)] }
}

function shortOptions(known: readonly OptionSpec[], word: Word, text: string): FoundOptions | 'unknowable' {
  const options: ParsedOption[] = []
  if (text === '-')
    return { options, problem: { kind: 'unknown', option: '-', word, span: spanInWord(word, 0, 1) } }
  for (let at = 1; at < text.length; at++) {
    const letter = text[at]!
    if (letter === hole) return 'unknowable'
    const spec = known.find((option) => option.short === letter)
    const span = at === 1 ? spanInWord(word, 0, 2) : spanInWord(word, at, at + 1)
    if (!spec) return { options, problem: { kind: 'unknown', option: `-${letter}`, word, span } }
    if (spec.arg === null) options.push({ spec, word, span })
    else if (at + 1 === text.length) return { options, wantsValue: { spec, word, span } }
    else return { options: [...options, withValue({ spec, word, span }, text, at + 1)] }
  }
  return { options }
}

function withValue(option: ParsedOption, text: string, from: number): ParsedOption {
  const valueSpan = spanInWord(option.word, from, text.length)
  return { ...option, value: text.slice(from), valueWord: option.word, valueSpan }
}

/** What the argument at `index` means to the command. */
export function positionalSpec(spec: CommandSpec, index: number): PositionalSpec | undefined {
  const found = spec.positional[index]
  if (found) return found
  const last = spec.positional[spec.positional.length - 1]
  return last?.repeats ? last : undefined
}

/** Whether everything from the argument at `index` on is text that iPXE joins with blanks. */
export function isText(spec: CommandSpec, index: number): boolean {
  const found = positionalSpec(spec, index)
  return found?.kind === 'text' && found.repeats === true
}
