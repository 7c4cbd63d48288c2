/**
 * Why a value cannot stand where a script uses it, in words. `keepsShape` would find every one of these too, but
 * could not say what to do.
 */
import { decodeText } from '../syntax/bytes.js'
import type { Value } from './variables.js'
import { shown } from './yaml.js'

export interface UseProblem {
  ruleId?: string
  reason: string
  note: string
  expected?: string[]
}

/** What the variable stands in. */
export type Context = 'word' | 'label' | 'setting'

/** `$<repo>` is `http://…` (ipxetool.yaml:5:12). */
export function describe(value: Value): string {
  return `\`$<${value.name}>\` is \`${shown(value.text)}\` (${value.from}).`
}

const names: Record<string, string> = {
  '\t': 'a TAB',
  '\r': 'a carriage return',
  '\n': 'a line break',
  '\0': 'a NUL byte',
  '\v': 'a vertical TAB',
  '\f': 'a form feed',
}

/**
 * @param split whether blanks in the value part words here: because the variable allows it, or in the text of a menu
 * @param context what the variable stands in
 */
export function valueProblem(value: Value, context: Context, split: boolean): UseProblem | undefined {
  const { text, allow } = value
  const control = /[\t\r\n\0\v\f]/.exec(text)?.[0]
  if (control !== undefined && !(control === '\t' && split && allow.has('words'))) {
    const isFolded = /^[^\n]*\n$/.test(text)
    return refusal(
      value,
      `holds ${names[control] ?? 'a control character'}`,
      isFolded
        ? 'In YAML `>` and `|` keep the last line break; `>-` and `|-` do not.'
        : control === '\0'
          ? 'iPXE ignores the rest of a line after it.'
          : control === '\n'
            ? 'It would end the line.'
            : 'It would end the word.',
    )
  }
  if (text.includes(' ') && !split) {
    return refusal(
      value,
      'holds a blank',
      context === 'word'
        ? 'It would become several words. If that is meant, declare the variable with `allow: [words]`; in a URL write %20.'
        : `There can be no blank in ${context === 'label' ? 'a label' : 'the name of a setting'}.`,
    )
  }
  if (/^[ \t]|[ \t]$/.test(text)) {
    return refusal(
      value,
      'begins or ends with a blank',
      'iPXE would lose it: words are separated by any number of blanks.',
    )
  }
  if (!allow.has('words') && text.includes('  ')) {
    return refusal(value, 'holds two blanks in a row', 'iPXE joins words with exactly one.')
  }
  if (text.includes('${') && context === 'label') {
    return refusal(value, 'holds `${`', 'iPXE does not expand settings in labels.')
  }
  if (text.includes('${') && !allow.has('settings')) {
    return refusal(
      value,
      'holds `${`',
      'The machine would read a setting there. If that is meant, declare the variable with `allow: [settings]`.',
    )
  }
  const special = context === 'setting' && !allow.has('settings') ? /[}/:]/.exec(text)?.[0] : undefined
  if (special !== undefined) {
    return refusal(
      value,
      `holds \`${special}\``,
      'Inside `${…}` that separates scope, name and type. Let the variable hold the whole `${…}` and declare it with `allow: [settings]`.',
    )
  }
  return undefined
}

/** A word made of text before, values and text after; what it must not turn into. */
export interface WordFacts {
  /** The printed word. */
  printed: string
  /** A variable stands at its very beginning. */
  startsWithVariable: boolean
  /** Nothing but blanks stands before it on the line. */
  isFirstOnLine: boolean
  /** The command reads options here. */
  isOptionPlace: boolean
  /** It is the name of the command. */
  isName: boolean
}

export function wordProblem(value: Value, word: WordFacts): UseProblem | undefined {
  const { printed } = word
  if (printed === '') {
    return refusal(
      value,
      'is empty',
      word.isName
        ? 'The line would lose its command.'
        : 'The word would vanish and the next one would take its place. With `allow: [words]` that is allowed.',
    )
  }
  if (printed === '&&' || printed === '||' || printed === ';') {
    return refusal(value, `would become the operator \`${printed}\``, 'A value cannot start another command.')
  }
  if (printed === '--' && word.isOptionPlace) {
    return refusal(
      value,
      'would turn the word into `--`, the end of the options',
      'Write the option out in the script.',
    )
  }
  if (!word.startsWithVariable) return undefined
  if (printed.startsWith('#')) {
    return refusal(
      value,
      beginning(value, printed),
      'At the start of a word that is a comment: the rest of the line would be ignored.',
    )
  }
  if (printed.startsWith(':') && word.isFirstOnLine) {
    return refusal(
      value,
      'begins with `:`',
      'At the start of a line that is a label. Write `:$<name>` in the script if it is to be one.',
    )
  }
  if (printed.startsWith('-') && word.isName) {
    return refusal(value, 'begins with `-`', 'It would be the name of a command, and none is called so.')
  }
  if (printed.startsWith('-') && word.isOptionPlace && !value.allow.has('options')) {
    return refusal(
      value,
      beginning(value, printed),
      'The command would read it as an option. Put `--` before it in the script, or declare the variable with `allow: [options]`.',
    )
  }
  return undefined
}

/** @param next the text that follows directly in the same word; `undefined` when it is not known */
export function urlProblem(value: Value, next: string | undefined): UseProblem | undefined {
  if (value.type !== 'url' || next === undefined) return undefined
  const { text } = value
  if (text.endsWith('/') && next.startsWith('/')) {
    return {
      ruleId: 'url-slash',
      reason: `\`$<${value.name}>\` ends with \`/\` and the text after it begins with one`,
      expected: [`$<${value.name}>${shown(next.replace(/^\/+/, ''), 30)}`],
      note: `The path would hold \`//\`, which many servers answer with "not found". ${describe(value)}`,
    }
  }
  if (!/[/?#=&]$/.test(text) && !/[?#]/.test(text) && /^[A-Za-z0-9%~]/.test(next)) {
    return {
      ruleId: 'url-slash',
      reason: `There is no \`/\` between \`$<${value.name}>\` and \`${shown(next, 30)}\``,
      expected: [`$<${value.name}>/${shown(next, 30)}`],
      note: `Both would run together: \`${shown(text.slice(-20), 20)}${shown(next, 30)}\`. ${describe(value)}`,
    }
  }
  return undefined
}

function beginning({ text }: Value, printed: string): string {
  const [mark = ''] = printed
  return text.startsWith(mark)
    ? `begins with \`${mark}\``
    : `gives the word \`${shown(decodeText(printed), 30)}\``
}

export function trailingBackslash(value: Value): UseProblem {
  return refusal(value, 'ends with a backslash', 'At the end of a line that joins the next line to this one.')
}

/** When the words do not say it but the line would be read otherwise. */
export function changedShape(value: Value): UseProblem {
  return refusal(
    value,
    'would change how iPXE reads this line',
    'Together with the text around it forms `${…}`, `$<…>` or another token. Write that in the script instead.',
  )
}

function refusal(value: Value, what: string, note: string): UseProblem {
  return {
    reason: `The value of \`$<${value.name}>\` cannot stand here: it ${what}`,
    note: `${note} ${describe(value)}`,
  }
}
