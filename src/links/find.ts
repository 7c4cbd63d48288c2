/** The URIs that a script names: in the arguments of commands, and in those of the kernels that it starts. */
import { positionalSpec, type ParsedCommand } from '../analysis/commands.js'
import { hole, spanInWord } from '../analysis/text.js'
import type { Span, Word } from '../ast/nodes.js'
import { isFetched, type UrlArgument, urlArgument } from './kernel-arguments.js'
import type { ScannedCommand, ScriptSettings } from './scan.js'
import { withHoles, type Values } from './values.js'

/**
 * What a URI is for. `chain`: started at once. `kernel`: selected to be started. `initrd`: passed to the kernel. `file`:
 * any other download. `disk`: attached, not downloaded. `argument`: fetched by the booted system.
 */
export type LinkRole = 'chain' | 'kernel' | 'initrd' | 'file' | 'disk' | 'argument'

/** A URI as a command says it. */
export interface FoundUri {
  role: LinkRole
  /** As written: `chain`, `kernel`; of an argument its name: `inst.repo`. */
  command: string
  /** A byte string; see `values.ts` about what is unknown in it. */
  text: string
  word: Word
  span: Span | undefined
  at: ScannedCommand
  /** Of an argument. */
  what: UrlArgument['what']
  /** The command also takes the name of an image that is already there. */
  mayBeImage: boolean
  /** An initrd with a path or a name of its own: its format is its own business. */
  hasPath: boolean
  /** `--name` of the command. */
  imageName: string | undefined
}

const roles: Readonly<Record<string, LinkRole>> = {
  imgexec: 'chain',
  imgselect: 'kernel',
  sanboot: 'disk',
  sanhook: 'disk',
}
/** Their words after the first are a kernel's command line. */
const withArguments = new Set(['imgexec', 'imgselect', 'imgfetch', 'imgargs'])

export function findUris(
  commands: readonly ScannedCommand[],
  script: ScriptSettings,
  values: Values,
): FoundUri[] {
  const found: FoundUri[] = []
  for (const scanned of commands) {
    const { command } = scanned
    const name = command.spec?.name
    if (command.spec === undefined || command.problem) continue
    if (name === 'set') addArguments(found, script, scanned, 1, values)
    else {
      addCommand(found, script, scanned, values)
      if (name !== undefined && withArguments.has(name)) addArguments(found, script, scanned, 1, values)
    }
  }
  return found
}

function addCommand(found: FoundUri[], script: ScriptSettings, at: ScannedCommand, values: Values): void {
  const { command } = at
  const spec = command.spec!
  const place = { script, section: at.section, index: at.index }
  const isInitrd = spec.name === 'imgfetch' && command.name === 'initrd'
  const base = {
    role: isInitrd ? ('initrd' as const) : (roles[spec.name] ?? ('file' as const)),
    command: command.name,
    at,
    what: 'file' as const,
    hasPath: command.positionals.length > 1,
    imageName: optionText(command, 'name'),
  }
  for (const [index, { word }] of command.positionals.entries()) {
    const kind = positionalSpec(spec, index)?.kind
    if (kind === 'text') break
    if (kind !== 'uri' && kind !== 'image') continue
    const mayBeImage = kind === 'image'
    for (const text of values.expand(word, place))
      found.push({ ...base, text, word, span: word.span, mayBeImage })
  }
  for (const { spec: option, value, valueWord, valueSpan } of command.options) {
    if (option.arg !== 'image' || value === undefined || !valueWord) continue
    const start = valueWord === command.options.find((other) => other.spec === option)?.word
    for (const whole of values.expand(valueWord, place)) {
      const text = start ? whole.slice(whole.indexOf('=') + 1) : whole
      found.push({ ...base, role: 'file', text, word: valueWord, span: valueSpan, mayBeImage: true })
    }
  }
}

export function optionText(command: ParsedCommand, long: string): string | undefined {
  return command.options.find(({ spec }) => spec.long === long)?.value
}

function addArguments(
  found: FoundUri[],
  script: ScriptSettings,
  at: ScannedCommand,
  from: number,
  values: Values,
): void {
  const place = { script, section: at.section, index: at.index }
  for (const { word, text: written } of at.command.positionals.slice(from, 300)) {
    const argument = urlArgument(written)
    if (!argument) continue
    const start = argument.prefix.length
    for (const whole of values.expand(word, place)) {
      // one variable may hold several arguments, or a list
      const [value = ''] = whole.slice(start).split(/[ ,]/, 1)
      if (!isFetched(withHoles(value), (character) => character === hole)) continue
      const texts = argument.what === 'seed' ? seedFiles.map((file) => withSlash(value) + file) : [value]
      for (const text of texts) {
        found.push({
          role: 'argument',
          command: argument.prefix.replace(/=.*$/, ''),
          text,
          word,
          span: word.span && spanInWord(word, start, written.length),
          at,
          what: argument.what,
          mayBeImage: false,
          hasPath: false,
          imageName: undefined,
        })
      }
    }
  }
}

/** cloud-init asks for both, whatever is in them. */
const seedFiles = ['user-data', 'meta-data']

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}
