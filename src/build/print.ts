/** Scripts as bytes. Scripts of machines share most of their lines, and those alike are one tree. */
import { createHash } from 'node:crypto'
import type { Script, ScriptContent } from '../ast/nodes.js'
import { textToBytes } from '../syntax/bytes.js'
import { printNode } from '../syntax/stringify.js'

export interface Printed {
  bytes: Uint8Array
  /** Hex. */
  sha256: string
}

export class ScriptPrinter {
  readonly #scripts = new WeakMap<Script, Printed>()
  readonly #lines = new WeakMap<ScriptContent, string>()

  /** The trees must not change any more. */
  print(script: Script): Printed {
    let printed = this.#scripts.get(script)
    if (!printed) {
      const bytes = textToBytes(script.children.map((line) => this.#line(line)).join(''))
      printed = { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
      this.#scripts.set(script, printed)
    }
    return printed
  }

  #line(line: ScriptContent): string {
    let text = this.#lines.get(line)
    if (text === undefined) {
      text = printNode(line)
      this.#lines.set(line, text)
    }
    return text
  }
}
