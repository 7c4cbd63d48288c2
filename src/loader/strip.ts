/** A script without what iPXE does not run. */
import type { Line, LineContent, Script } from '../ast/nodes.js'
import { stringify } from '../syntax/stringify.js'

/**
 * Comments, directives among them, and empty lines are left out; the last line gets an end. The first line stays as it
 * is: iPXE knows a script by it.
 */
export function stripComments(script: Script): Uint8Array {
  const children = script.children.flatMap((line, index): Script['children'] => {
    if (line.type === 'invalid' || index === 0) return [line]
    const stripped = stripLine(line)
    return stripped ? [stripped] : []
  })
  const last = children.at(-1)
  if (last?.type === 'line') children[children.length - 1] = withEnd(last)
  return stringify({ type: 'script', children })
}

function stripLine(line: Line): Line | undefined {
  const kept = line.children.filter(({ type }) => type !== 'comment' && type !== 'ignored')
  if (kept.every(isSpace)) return undefined
  const ending = kept.at(-1)?.type === 'lineEnding' ? kept.pop() : undefined
  while (kept.length > 0 && isSpace(kept.at(-1)!)) kept.pop()
  return { ...line, children: [...kept, ...(ending ? [ending] : [])] }
}

function withEnd(line: Line): Line {
  const ending = line.children.at(-1)
  if (ending?.type === 'lineEnding' && ending.value.endsWith('\n')) return line
  const kept = line.children.filter(({ type }) => type !== 'lineEnding')
  return { ...line, children: [...kept, { type: 'lineEnding', value: '\n' }] }
}

function isSpace({ type }: LineContent): boolean {
  return type === 'blank' || type === 'continuation' || type === 'lineEnding'
}
