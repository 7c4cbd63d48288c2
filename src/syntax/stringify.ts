import type { Plugin } from 'unified'
import type { Node } from 'unist'
import type { Break, IpxeNode, Script } from '../ast/nodes.js'
import { nameOf, scopeOf, typeOf } from '../ast/walk.js'
import { textToBytes } from './bytes.js'

/**
 * The bytes of a script. Prints node fields, never a stored copy of the source: change one word and only its bytes
 * change. Continuations inside a changed word stay as many characters from its start as they were.
 *
 * @throws RangeError when a text holds a character above U+00FF (it was not a byte string; use `encodeText`)
 */
export function stringify(tree: Script): Uint8Array {
  return textToBytes(printNode(tree))
}

/** unified plugin: compiles to bytes. */
export const ipxeStringify: Plugin<[], Script, Uint8Array> = function () {
  this.compiler = (tree: Node) => stringify(tree as Script)
}

/** A node of any kind as a byte string, its breaks included. */
export function printNode(node: IpxeNode): string {
  return print(node, true)
}

/** A token as iPXE sees it: without the continuations inside it. */
export function printJoined(node: IpxeNode): string {
  return print(node, false)
}

/** Iterative: references may be nested deeper than the C stack. */
function print(root: IpxeNode, withBreaks: boolean): string {
  let output = ''
  const stack: (IpxeNode | string)[] = [root]
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    if (typeof item === 'string') output += item
    else if (withBreaks && 'breaks' in item) output += insertBreaks(print(item, false), item.breaks)
    else pushParts(item, stack)
  }
  return output
}

function pushParts(node: IpxeNode, stack: (IpxeNode | string)[]): void {
  switch (node.type) {
    case 'script':
    case 'line':
    case 'command':
    case 'word':
    case 'settingScope':
    case 'settingName':
    case 'settingType':
      pushReversed(node.children, stack)
      break
    case 'label':
      pushReversed(node.children, stack)
      stack.push(':')
      break
    case 'reference': {
      const scope = scopeOf(node)
      const type = typeOf(node)
      stack.push('}')
      if (type) stack.push(type, ':')
      stack.push(nameOf(node))
      if (scope) stack.push('/', scope)
      stack.push('${')
      break
    }
    case 'variable':
      stack.push(`$<${node.name}>`)
      break
    case 'comment':
      stack.push(`#${node.value}`)
      break
    default:
      stack.push(node.value)
  }
}

function pushReversed(children: readonly IpxeNode[], stack: (IpxeNode | string)[]): void {
  for (let index = children.length - 1; index >= 0; index--) stack.push(children[index]!)
}

function insertBreaks(text: string, breaks: readonly Break[]): string {
  let result = ''
  let from = 0
  for (const { at, value } of breaks) {
    const to = Math.max(from, Math.min(at, text.length))
    result += text.slice(from, to) + value
    from = to
  }
  return result + text.slice(from)
}
