/** Examples of rules as scripts. */
import { encodeText, textToBytes } from '../syntax/bytes.js'
import type { CheckScriptOptions } from './check-script.js'
import type { Rule } from './rule.js'

export interface ExampleScript {
  bytes: Uint8Array
  /** Byte offsets of what `«…»` marked. */
  marked?: [start: number, end: number]
}

/** The file that an example of a rule stands for. */
export function exampleScript({ docs }: Pick<Rule, 'docs'>, example: string): ExampleScript {
  const [before, ...rest] = `${docs.wholeFiles ? '' : '#!ipxe\n'}${example}`.split(/[«»]/).map(encodeText)
  const bytes = textToBytes([before, ...rest].join(''))
  const [inside] = rest
  if (before === undefined || inside === undefined) return { bytes }
  return { bytes, marked: [before.length, before.length + inside.length] }
}

/** How the examples of a rule are checked: with it, whatever the preset says, and what its documentation names. */
export function exampleOptions({ id, docs: { loaders, target } }: Rule): CheckScriptOptions {
  return {
    ...(loaders && { loaders }),
    ...(target && { target }),
    settings: { preset: 'default', rules: new Map([[id, {}]]) },
  }
}
