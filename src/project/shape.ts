/**
 * What a tree says, without how it is laid out: two trees of one shape run alike on every machine. The law of
 * substitution is that printing a composed script and reading it again gives a tree of the same shape.
 */
import type { IpxeNode, Line } from '../ast/nodes.js'
import { parseLines } from '../syntax/parse.js'
import { splitLines } from '../syntax/lines.js'
import { printNode } from '../syntax/stringify.js'

/**
 * A text that is equal for trees that differ only in places, blanks between words, continuations, line endings and
 * in how a stretch of text is cut into nodes. Iterative, because references nest deeper than the C stack.
 */
export function shape(root: IpxeNode): string {
  let result = ''
  /** Text that may go on in the next node. */
  let text = ''
  const flush = (): void => {
    if (text !== '') result += JSON.stringify(text)
    text = ''
  }
  const stack: (IpxeNode | null)[] = [root]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node === null) {
      flush()
      result += ')'
    } else if (node.type === 'text') text += node.value
    else if (node.type === 'blank' || node.type === 'continuation' || node.type === 'lineEnding') continue
    else {
      flush()
      result += `${node.type}(`
      stack.push(null)
      if ('children' in node) pushReversed(orderedChildren(node), stack)
      else text = node.type === 'variable' ? node.name : node.value
    }
  }
  flush()
  return result
}

function pushReversed(nodes: readonly IpxeNode[], stack: (IpxeNode | null)[]): void {
  for (let index = nodes.length - 1; index >= 0; index--) stack.push(nodes[index]!)
}

type Parent = Extract<IpxeNode, { children: unknown }>

/** The parts of a reference print in their own order, wherever they stand among the children. */
function orderedChildren(node: Parent): readonly IpxeNode[] {
  if (node.type !== 'reference') return node.children
  const order = ['settingScope', 'settingName', 'settingType']
  return [...node.children].sort((a, b) => order.indexOf(a.type) - order.indexOf(b.type))
}

/** Whether a line, printed and read again, is still one line that says the same. */
export function keepsShape(line: Line): boolean {
  const logical = [...splitLines(printNode(line))]
  if (logical.length !== 1 || logical[0]!.unfinished) return false
  return shape(parseLines(logical)[0]!) === shape(line)
}
