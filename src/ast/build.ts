/** Builders for nodes that do not come from a file. They carry no spans. */
import type {
  Blank,
  Command,
  Comment,
  Label,
  Line,
  LineContent,
  LineEnding,
  Operator,
  Script,
  ScriptContent,
  Text,
  Variable,
  Word,
  WordContent,
} from './nodes.js'

export function script(children: ScriptContent[]): Script {
  return { type: 'script', children }
}

/** A line that ends in LF. */
export function line(...children: LineContent[]): Line {
  return { type: 'line', children: [...children, lineEnding()] }
}

export function lineEnding(value = '\n'): LineEnding {
  return { type: 'lineEnding', value }
}

export function blank(value = ' '): Blank {
  return { type: 'blank', value }
}

export function text(value: string): Text {
  return { type: 'text', value }
}

export function variable(name: string): Variable {
  return { type: 'variable', name }
}

/** `word('console=', variable('console'))`; a string is literal text. */
export function word(...parts: (string | WordContent)[]): Word {
  return { type: 'word', children: parts.map((part) => (typeof part === 'string' ? text(part) : part)) }
}

/** A command of words with one space between them. */
export function command(...words: (string | Word)[]): Command {
  const children: Command['children'] = []
  for (const item of words) {
    if (children.length > 0) children.push(blank())
    children.push(typeof item === 'string' ? word(item) : item)
  }
  return { type: 'command', children }
}

export function label(name: string): Label {
  return { type: 'label', children: [text(name)] }
}

export function operator(value: Operator['value']): Operator {
  return { type: 'operator', value }
}

export function comment(value: string): Comment {
  return { type: 'comment', value }
}
