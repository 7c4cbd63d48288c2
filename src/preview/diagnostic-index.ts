/** Which diagnostics are about which lines and which entries of the model. */
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import type { Menu, Source } from '../model/schema.js'
import type { ProgramLine } from './program.js'

export class DiagnosticIndex {
  readonly #byLine = new Map<number, Diagnostic[]>()
  /** Diagnostics below an entry or menu of the model, by where that starts. */
  readonly #bySource = new Map<string, Diagnostic[]>()
  readonly #all: readonly Diagnostic[]
  readonly #taken = new Set<Diagnostic>()

  constructor(diagnostics: readonly Diagnostic[], menus: readonly Menu[]) {
    this.#all = diagnostics
    const starts = menus
      .flatMap(({ source, entries }) => [source, ...entries.map((entry) => entry.source)])
      .filter((source) => source !== undefined)
    for (const diagnostic of diagnostics) {
      const place = diagnostic.place
      if (!place) continue
      for (let line = place.start.line; line <= Math.min(place.end.line, place.start.line + 20); line++) {
        const list = this.#byLine.get(line)
        if (list) list.push(diagnostic)
        else this.#byLine.set(line, [diagnostic])
      }
      const nearest = starts
        .filter(
          ({ file, line, column }) =>
            sameFile(diagnostic.file, file) &&
            (line < place.start.line || (line === place.start.line && column <= place.start.column)),
        )
        .reduce<Source | undefined>((best, next) => (!best || isAfter(next, best) ? next : best), undefined)
      if (!nearest) continue
      const key = keyOf(nearest)
      this.#bySource.set(key, [...(this.#bySource.get(key) ?? []), diagnostic])
    }
  }

  /** Those about any of these lines, or about the entry that starts at `source`. In their given order. */
  take(lines: readonly { path: string; line: ProgramLine }[], source: Source | undefined): Diagnostic[] {
    if (this.#all.length === 0) return []
    const found = new Set<Diagnostic>(source ? this.#bySource.get(keyOf(source)) : [])
    for (const { path, line } of lines) {
      const { position, origin } = line.node
      if (!position) continue
      const file = origin?.path ?? path
      for (let number = position.start.line; number <= position.end.line; number++) {
        // a line ends at the start of the next one
        if (number === position.end.line && position.end.column === 1 && number > position.start.line) break
        for (const diagnostic of this.#byLine.get(number) ?? []) {
          if (sameFile(diagnostic.file, file)) found.add(diagnostic)
        }
      }
    }
    for (const diagnostic of found) this.#taken.add(diagnostic)
    return this.#all.filter((diagnostic) => found.has(diagnostic))
  }

  /** Those that nobody took. */
  rest(): Diagnostic[] {
    return this.#all.filter((diagnostic) => !this.#taken.has(diagnostic))
  }
}

function isAfter(a: Source, b: Source): boolean {
  return a.line > b.line || (a.line === b.line && a.column > b.column)
}

function keyOf({ file, line, column }: Source): string {
  return `${line}:${column}:${file}`
}

/** The one may be named from elsewhere: `lab/menus/a.ipxe` and `menus/a.ipxe`. */
function sameFile(a: string, b: string): boolean {
  return a === b || a.endsWith(`/${b}`) || b.endsWith(`/${a}`)
}
