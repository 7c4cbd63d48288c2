/** Directives: comments that speak to ipxetool and mean nothing to iPXE. */
import type { Comment } from '../ast/nodes.js'

/** A piece of a comment: offsets `[start, end)` in `comment.value`, which begins after the `#`. */
export interface DirectiveText {
  value: string
  start: number
  end: number
}

/** `# ipxetool include FILE`; FILE is the rest of the line and may hold blanks. Empty when it is missing. */
export interface IncludeDirective {
  kind: 'include'
  file: string
  /** Offsets of FILE in `comment.value`. */
  start: number
  end: number
}

/** `# ipxetool disable=rule[,rule] any reason`, or `disable-start=` and `disable-end=` around a block. */
export interface DisableDirective {
  kind: 'disable'
  scope: 'here' | 'start' | 'end'
  /** May be empty where a block ends: all blocks end. */
  rules: DirectiveText[]
  /** Offsets of the whole directive in `comment.value`. */
  start: number
  end: number
}

/** `# ipxetool destructive`: what starts here wipes a disk, and is meant to. */
export interface DestructiveDirective {
  kind: 'destructive'
  start: number
  end: number
}

/** `# ipxetool word …` that is neither. `words` counts what follows `ipxetool`: a long one is prose. */
export interface UnknownDirective {
  kind: 'unknown'
  word: string
  words: number
  start: number
  end: number
}

export type Directive = IncludeDirective | DisableDirective | DestructiveDirective | UnknownDirective

/** What can follow `# ipxetool`, as one writes it. */
export const directiveForms = [
  'include FILE',
  'disable=RULE',
  'disable-start=RULE',
  'disable-end=RULE',
  'destructive',
] as const

/** The directive in a comment; `undefined` when the comment does not begin with the word `ipxetool`. */
export function parseDirective(comment: Comment): Directive | undefined {
  if (!comment.value.includes('ipxetool')) return undefined
  const opening = /^#*[ \t]*ipxetool[ \t]+(?=\S)/.exec(comment.value)
  if (!opening) return undefined
  const start = opening[0].length
  const end = comment.value.trimEnd().length
  const rest = comment.value.slice(start, end)
  const word = /^\S+/.exec(rest)![0]

  if (word === 'include') {
    const file = rest.slice(word.length).trimStart()
    return { kind: 'include', file, start: file === '' ? start : end - file.length, end }
  }
  if (word === 'destructive') return { kind: 'destructive', start, end: start + word.length }
  const scope = /^disable(-start|-end)?(=)|^disable-end$/.exec(word)
  if (scope) {
    const prefix = /^[\w-]+=?/.exec(word)![0]
    const rules = prefix.endsWith('=') ? listedRules(rest, prefix, start) : []
    const kind = prefix.startsWith('disable-end') ? 'end' : scope[1] === undefined ? 'here' : 'start'
    const directiveEnd = prefix.endsWith('=') ? end : start + word.length
    return { kind: 'disable', scope: kind, rules, start, end: directiveEnd }
  }
  return { kind: 'unknown', word, words: rest.split(/\s+/).length, start, end: start + word.length }
}

/** The ids after `disable=` and the like: commas, with blanks around them if one likes; the rest is a reason for people. */
function listedRules(rest: string, prefix: string, start: number): DirectiveText[] {
  const list = /^(?:\s*,)*[^\s,]*(?:\s*,\s*[^\s,]+)*/.exec(rest.slice(prefix.length))![0]
  const ids: DirectiveText[] = []
  for (const match of list.matchAll(/[^\s,]+/g)) {
    const from = start + prefix.length + match.index
    ids.push({ value: match[0], start: from, end: from + match[0].length })
  }
  return ids
}
