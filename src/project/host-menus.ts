/** What the project layer asks of whoever runs the user's TypeScript (`src/cli/load-menus.ts`). */

export interface LoadedMenuFile {
  /** What the file exports, after a round through JSON; absent when there is a problem. */
  value?: unknown
  problem?: MenuFileProblem
  /** A second run gave something else: clock, random numbers, network. */
  differs?: boolean
  /** What the file calls that may give something else another time; the first of each kind. */
  uses?: readonly MenuUse[]
}

export interface MenuUse {
  kind: 'clock' | 'random' | 'network' | 'program'
  /** What was called: `Math.random`. */
  name: string
  /** Full path. */
  file: string
  /** 1-based; the column in UTF-16 code units. */
  line: number
  column: number
}

export interface MenuFileProblem {
  ruleId: string
  reason: string
  note?: string
  /** Full path when it is not the menu file itself. */
  file?: string
  /** 1-based; the column in UTF-16 code units, as JavaScript counts. */
  line?: number
  column?: number
}
