/** The contract of a rule. Each rule is one file, `src/rules/<id>.ts`, and one row in `src/rules/index.ts`. */
import type { Analysis } from '../analysis/analyse.js'
import type { ParsedCommand } from '../analysis/commands.js'
import type { LoaderFacts } from '../analysis/loader-needs.js'
import type { Target } from '../analysis/target.js'
import type {
  Comment,
  Ignored,
  InvalidLine,
  Label,
  Line,
  Reference,
  Span,
  Spanned,
  Variable,
  Word,
} from '../ast/nodes.js'
import type { Fix, Severity } from '../diagnostics/diagnostic.js'
import type { Suppression } from './disabled.js'
import type { ProjectFacts } from './facts.js'

export interface Rule {
  /** kebab-case, stable: people write it in `# ipxetool disable=…`. */
  readonly id: string
  /** One sentence, for lists. */
  readonly summary: string
  /** What it usually reports; a problem may say otherwise. */
  readonly severity: Severity
  /** `strict`: opt-in, it runs with that preset only or when the project switches it on. */
  readonly preset: Preset
  /** What `check: rules:` of a project may set besides the severity. */
  readonly options?: Readonly<Record<string, RuleOption>>
  /**
   * `line`: what it says of a line depends on that line and on {@link RuleContext.facts} alone, so that a line which
   * scripts share is judged once. Such a rule has no `end`, remembers nothing between lines, and takes nothing from
   * `analysis` but the commands of the line. `script`: everything else.
   */
  readonly judges: 'line' | 'script'
  readonly docs: RuleDocs
  /** False when too little is known to judge: a directive that silences it is not unused then. Default: always. */
  applies?(facts: ProjectFacts): boolean
  /** Called once for each script. */
  create(context: RuleContext): Visitor
}

/** `default`: almost never wrong. */
export type Preset = 'default' | 'strict'

export type OptionValue = string | number | boolean | readonly string[]

export interface RuleOption {
  /** One sentence. */
  readonly summary: string
  /** Its default, which also says of what kind it is. */
  readonly value: OptionValue
}

/**
 * The documentation of a rule: printed by `ipxetool check --explain`, and run as tests.
 * An example is the body of a script, without `#!ipxe` unless `wholeFiles` says so. `«…»` in `notOk` marks the place
 * that the rule must report; without a mark it has to report something.
 */
export interface RuleDocs {
  readonly why: string
  readonly ok: readonly string[]
  readonly notOk: readonly string[]
  readonly wholeFiles?: true
  /** Of the project that the examples are in. */
  readonly loaders?: readonly LoaderFacts[]
  /** What runs the examples. */
  readonly target?: Target
}

/** Called for each node of its kind, in source order; `end` after the last one. */
export interface Visitor {
  command?(command: ParsedCommand): void
  label?(label: Label, line: Line): void
  word?(word: Word, line: Line): void
  /** Nested references too, the outer one first. */
  reference?(reference: Reference, line: Line): void
  variable?(variable: Variable, line: Line): void
  comment?(comment: Comment, line: Line): void
  ignored?(ignored: Ignored, line: Line): void
  line?(line: Line): void
  invalid?(line: InvalidLine): void
  end?(): void
}

export interface RuleContext {
  readonly analysis: Analysis
  readonly facts: ProjectFacts
  /** Of {@link Rule.options}, with their defaults. */
  readonly options: Readonly<Record<string, OptionValue>>
  /** The path that a line came from, as people know it. */
  readonly pathOf: (line: Line | InvalidLine) => string
  /** A repair in the file of `line`; undefined where a piece has no place in it. */
  readonly fix: (line: Line | InvalidLine, description: string, edits: readonly SpanEdit[]) => Fix | undefined
  /** What silenced nothing so far, of rules that run. */
  readonly suppressions: () => readonly Suppression[]
  /** False when the script has switched the rule off there. */
  readonly report: (problem: Problem) => boolean
}

/** Replace a span of the line by a byte string. */
export interface SpanEdit {
  span: Span | undefined
  text: string
}

export interface Problem {
  /** Where; undefined: the start of the script. */
  line: Line | InvalidLine | undefined
  /** What of the line; absent: all of it. */
  at?: Span | Spanned
  /** Instead of the rule's own. */
  severity?: Severity
  /** What is wrong, one sentence. Text of the script goes through `quote`. */
  reason: string
  expected?: string[]
  /** The consequence, and what to do. */
  note: string
  fix?: Fix | undefined
}
