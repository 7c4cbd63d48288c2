import type { Point } from 'unist'
import { VFileMessage } from 'vfile-message'

export type Severity = 'error' | 'warning' | 'info'

/** Replace the bytes `[start, end)` of the file by `text`, a byte string. */
export interface Edit {
  start: number
  end: number
  text: string
}

/** A safe repair: applying all edits removes the diagnostic and changes nothing else that runs. */
export interface Fix {
  description: string
  edits: Edit[]
}

/** Where: 1-based lines and columns, columns and offsets in bytes. Reporters convert columns for people. */
export interface Place {
  start: Point
  end: Point
}

/**
 * One thing to tell about one file: a vfile message (`fatal` true: error, false: warning, undefined: information)
 * that may carry a fix. `note` says what to do or what happens otherwise; `expected` lists what would be right.
 */
export class Diagnostic extends VFileMessage {
  declare file: string
  declare place: Place | undefined
  declare ruleId: string
  fix?: Fix

  constructor(options: DiagnosticOptions) {
    // a message is an Error to unified, but its stack is of no use, and dear when there are thousands
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(options.reason, {
      source: 'ipxetool',
      ruleId: options.ruleId,
      ...(options.place ? { place: options.place } : {}),
    })
    Error.stackTraceLimit = stackTraceLimit
    this.file = options.file
    this.ruleId = options.ruleId
    this.fatal = options.severity === 'error' ? true : options.severity === 'warning' ? false : undefined
    if (options.actual !== undefined) this.actual = options.actual
    if (options.expected !== undefined) this.expected = options.expected
    if (options.note !== undefined) this.note = options.note
    if (options.fix !== undefined) this.fix = options.fix
  }

  get severity(): Severity {
    return this.fatal === true ? 'error' : this.fatal === false ? 'warning' : 'info'
  }

  /** A copy. */
  withSeverity(severity: Severity): Diagnostic {
    const { ruleId, file, reason, place, actual, expected, note, fix } = this
    return new Diagnostic({
      ruleId,
      severity,
      file,
      reason,
      ...(place && { place }),
      ...(actual != null && { actual }),
      ...(expected && { expected }),
      ...(note !== undefined && { note }),
      ...(fix && { fix }),
    })
  }
}

export interface DiagnosticOptions {
  ruleId: string
  severity: Severity
  /** Path as the user knows it. */
  file: string
  /** What is wrong, one sentence, offending text in backquotes. */
  reason: string
  place?: Place
  actual?: string
  expected?: string[]
  /** Why it matters or what to do, one or two sentences. */
  note?: string
  fix?: Fix
}
