import type {
  Command,
  IpxeNode,
  Line,
  Reference,
  Script,
  SettingName,
  SettingScope,
  SettingType,
  Word,
} from './nodes.js'

/**
 * Calls `enter` for `node` and everything below it, parents first, in source order. Returning `false` skips the
 * children. Iterative, because `${${${…}}}` may be nested deeper than the C stack.
 */
export function walk(node: IpxeNode, enter: (node: IpxeNode) => boolean | undefined): void {
  const stack: IpxeNode[] = [node]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (enter(next) === false) continue
    if ('children' in next) {
      const children: readonly IpxeNode[] = next.children
      for (let index = children.length - 1; index >= 0; index--) stack.push(children[index]!)
    }
  }
}

/** A line of its own, down to the last node; iterative for the same reason. */
export function copyLine(line: Line): Line {
  const copy = { ...line }
  const stack: IpxeNode[] = [copy]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (!('children' in node)) continue
    const children: readonly IpxeNode[] = node.children
    const copies = children.map((child) => ({ ...child }))
    node.children = copies as typeof node.children
    for (const child of copies) if ('children' in child) stack.push(child)
  }
  return copy
}

/** The commands of a line, left to right. Empty commands (`|| x`) have no node. */
export function commandsOf(line: Line): Command[] {
  return line.children.filter((child) => child.type === 'command')
}

/** The words of a command: its name first. Never empty in a parsed tree. */
export function wordsOf(command: Command): Word[] {
  return command.children.filter((child) => child.type === 'word')
}

/** All lines that iPXE runs, without invalid ones. */
export function linesOf(script: Script): Line[] {
  return script.children.filter((child) => child.type === 'line')
}

export function scopeOf(reference: Reference): SettingScope | undefined {
  return reference.children.find((part) => part.type === 'settingScope')
}

/** @throws TypeError when the node was built without a name. */
export function nameOf(reference: Reference): SettingName {
  const name = reference.children.find((part) => part.type === 'settingName')
  if (name === undefined) throw new TypeError('A setting reference needs a settingName child.')
  return name
}

export function typeOf(reference: Reference): SettingType | undefined {
  return reference.children.find((part) => part.type === 'settingType')
}

/**
 * The text of a word, label or part of a reference when it holds nothing but text; `undefined` when a part of it
 * is known only to the machine (`${…}`) or to the project (`$<…>`).
 */
export function literalText(node: { children: readonly IpxeNode[] }): string | undefined {
  let result = ''
  for (const child of node.children) {
    if (child.type !== 'text') return undefined
    result += child.value
  }
  return result
}
