/** What will run a script: the version of iPXE, its platform and what it was built with. */

/** Parsed from `--target` or `check.target`. */
export interface Target {
  /** As the user wrote it. */
  readonly text: string
}

/** @returns undefined when the text names no target that is known */
export function parseTarget(text: string): Target | undefined {
  return text.trim() === '' ? undefined : { text: text.trim() }
}
