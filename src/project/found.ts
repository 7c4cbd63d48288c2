import type { Diagnostic } from '../diagnostics/diagnostic.js'

/** Diagnostics, each once: a file that several scripts include would give its own several times. */
export class Found {
  readonly diagnostics: Diagnostic[] = []
  readonly #seen = new Set<string>()

  add(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) {
      const { file, ruleId, reason, place } = diagnostic
      const key = JSON.stringify([file, place?.start.offset, ruleId, reason])
      if (this.#seen.has(key)) continue
      this.#seen.add(key)
      this.diagnostics.push(diagnostic)
    }
  }
}
