/** What the value of a variable has to look like, type by type, and what is put into a script for it. */
import { checkBootUrl } from '../analysis/boot-url.js'
import { suggest } from '../data/suggest.js'
import { parseConsole, type ValueProblem } from '../analysis/console-value.js'
import { localPathProblem } from './paths.js'
import type { VariableDeclaration } from './schema.js'

export interface TypedValue {
  /** What `$<name>` becomes. */
  text: string
  /** What `$<name.part>` becomes. */
  parts?: Readonly<Record<string, string>>
}

type Declaration<Type extends VariableDeclaration['type']> = Extract<VariableDeclaration, { type: Type }>

/** @param text the value as text, variables in it already replaced */
export function readTyped(declaration: VariableDeclaration, text: string): TypedValue | ValueProblem {
  switch (declaration.type) {
    case 'string':
      return { text }
    case 'url':
      return readUrl(declaration, text)
    case 'int':
      return readInt(declaration, text)
    case 'bool':
      return readBool(text)
    case 'enum':
      return readEnum(declaration, text)
    case 'path':
      return readPath(text)
    case 'console':
      return readConsole(text)
  }
}

export function isProblem(result: TypedValue | ValueProblem): result is ValueProblem {
  return 'problem' in result
}

function readUrl(declaration: Declaration<'url'>, text: string): TypedValue | ValueProblem {
  const [problem] = checkBootUrl(text)
  if (problem) {
    const { expected, note } = problem
    return {
      problem: `is not a URL to boot from: ${problem.problem.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase())}`,
      ...(expected && { expected }),
      note,
    }
  }
  const { architecture } = declaration
  if (architecture === undefined) return { text }
  const segments = text
    .replace(/[?#].*$/s, '')
    .replace(/^[^:/]+:\/\/[^/]*/, '')
    .split('/')
  // a segment that the machine fills in may well be it
  if (segments.includes(architecture) || text.includes('${')) return { text }
  const near =
    suggest(architecture, segments) ?? segments.find((part) => part !== '' && architecture.startsWith(part))
  return {
    problem: `has no folder \`${architecture}\` in its path${near === undefined ? '' : `; \`${near}\` comes nearest`}`,
    expected: [architecture],
    note: `\`architecture: ${architecture}\` says that the tree is for ${architecture}. Was a part lost in a paste?`,
  }
}

function readInt(declaration: Declaration<'int'>, text: string): TypedValue | ValueProblem {
  const value = /^[+-]?(\d+|0x[\da-f]+)$/i.test(text) ? parseInteger(text) : NaN
  if (!Number.isSafeInteger(value)) return { problem: 'is not a whole number', expected: ['a whole number'] }
  const { min = -Infinity, max = Infinity } = declaration
  if (value < min || value > max) {
    const bounds =
      max === Infinity ? `at least ${min}` : min === -Infinity ? `at most ${max}` : `from ${min} to ${max}`
    return { problem: `is out of range`, expected: [bounds] }
  }
  return { text: String(value) }
}

function parseInteger(text: string): number {
  const negative = text.startsWith('-')
  const value = Number(text.replace(/^[+-]/, ''))
  return negative && value !== 0 ? -value : value
}

/** iPXE has no truth values; 1 and 0 fit its integer settings (`set keep-san $<keep>`) and `iseq $<keep> 1`. */
function readBool(text: string): TypedValue | ValueProblem {
  if (/^(true|yes|on|1)$/i.test(text)) return { text: '1' }
  if (/^(false|no|off|0)$/i.test(text)) return { text: '0' }
  return { problem: 'is neither true nor false', expected: ['true', 'false'] }
}

function readEnum(declaration: Declaration<'enum'>, text: string): TypedValue | ValueProblem {
  if (declaration.values.includes(text)) return { text }
  const near = suggest(text, declaration.values)
  return {
    problem: `is not one of the possible values${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
    expected: declaration.values,
  }
}

function readPath(text: string): TypedValue | ValueProblem {
  const problem = localPathProblem(text)
  if (problem === undefined) return { text }
  return {
    problem: `is not a path in the output tree: ${problem}`,
    note: 'Write it as it stands in the tree: `images/vmlinuz`. For a URL declare the variable with `type: url`.',
  }
}

function readConsole(text: string): TypedValue | ValueProblem {
  const found = parseConsole(text)
  if ('problem' in found) return found
  const { port, speed, mode } = found
  if (speed === undefined) return { text: port, parts: { port } }
  return { text: `${port},${speed}${mode}`, parts: { port, speed } }
}
