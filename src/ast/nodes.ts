/**
 * ipxast: the syntax tree of one iPXE script (unist).
 *
 * Text in the tree is a *byte string*: one character (U+0000 to U+00FF) for each byte of the file, because iPXE
 * passes bytes through untouched and scripts in GBK or Latin-1 exist. `decodeText` in `syntax/bytes.ts` makes it
 * readable.
 *
 * Every node carries `span`, byte offsets relative to the start of its logical line, so that a line can be parsed
 * alone; `line` and `invalid` nodes carry an absolute `position`. `parse` adds an absolute `position` to all other
 * nodes too unless it is told not to. Printing ignores both: it prints fields only.
 */
import type { Literal, Node, Parent, Position } from 'unist'

/** Byte offsets `[start, end)` in the source, relative to the start of the logical line. */
export type Span = readonly [start: number, end: number]

/** A node inside a line. `span` is absent on nodes that were built rather than parsed. */
export interface Spanned {
  span?: Span
  position?: Position | undefined
}

/** The whole file. */
export interface Script extends Parent {
  type: 'script'
  children: ScriptContent[]
}

export type ScriptContent = Line | InvalidLine

/** Where a line came from when it is not the script's own (an include). */
export interface LineOrigin {
  /** Path of the file that the line was read from, as the project names it. */
  path: string
}

/**
 * One logical line: physical lines joined by continuations (`image/script.c` `process_script`).
 * Its `position` spans all bytes including the line ending.
 */
export interface Line extends Parent {
  type: 'line'
  children: LineContent[]
  position?: Position | undefined
  origin?: LineOrigin
}

export type LineContent = Blank | Continuation | Label | Command | Operator | Comment | Ignored | LineEnding

/**
 * Bytes that iPXE never runs: the file ended while a line was being continued, so the pending line is dropped
 * and the script fails with EINVAL.
 */
export interface InvalidLine extends Literal {
  type: 'invalid'
  value: string
  reason: 'unfinished-continuation'
  position?: Position | undefined
  origin?: LineOrigin
}

/** White space between tokens: space, TAB, VT, FF, CR (`core/ctype.c` `isspace`). */
export interface Blank extends Literal, Spanned {
  type: 'blank'
  value: string
}

/** Backslash and line end: the bytes that iPXE removes when it joins physical lines. */
export interface Continuation extends Literal, Spanned {
  type: 'continuation'
  value: string
}

/** A continuation in the middle of a token, `at` characters into its printed form. */
export interface Break extends Continuation {
  at: number
}

/** A token that a continuation may cut in two. */
export interface Breakable {
  breaks?: Break[]
}

/** `:name` at the start of a line; a command may follow on the same line. Labels are never expanded by iPXE. */
export interface Label extends Parent, Spanned, Breakable {
  type: 'label'
  children: (Text | Variable)[]
}

/** Words up to an operator, a comment or the end of the line. The first word is the command's name. */
export interface Command extends Parent, Spanned {
  type: 'command'
  children: (Word | Blank | Continuation)[]
}

/** One word: white-space delimited, there are no quotes (`core/exec.c` `split_command`). */
export interface Word extends Parent, Spanned, Breakable {
  type: 'word'
  children: WordContent[]
}

export type WordContent = Text | Reference | Variable

export interface Text extends Literal, Spanned {
  type: 'text'
  value: string
}

/** `$<name>`: a build-time variable. For iPXE it is plain text. */
export interface Variable extends Spanned, Node {
  type: 'variable'
  name: string
}

/** `${scope/name:type}`: a setting, read by the machine while it boots. */
export interface Reference extends Parent, Spanned {
  type: 'reference'
  children: ReferencePart[]
}

export type ReferencePart = SettingScope | SettingName | SettingType

/** What stands before the first `/`. */
export interface SettingScope extends Parent, Spanned {
  type: 'settingScope'
  children: WordContent[]
}

export interface SettingName extends Parent, Spanned {
  type: 'settingName'
  children: WordContent[]
}

/** What stands after the first `:` of the name. */
export interface SettingType extends Parent, Spanned {
  type: 'settingType'
  children: WordContent[]
}

/** `&&`, `||` or `;` as a word of its own; one precedence level (`core/exec.c` `system`). */
export interface Operator extends Literal, Spanned, Breakable {
  type: 'operator'
  value: '&&' | '||' | ';'
}

/** From a word that starts with `#` to the end of the line; `value` is what follows the `#`. */
export interface Comment extends Literal, Spanned, Breakable {
  type: 'comment'
  value: string
}

/** A NUL byte and everything after it on the line: iPXE sees the end of a C string. */
export interface Ignored extends Literal, Spanned, Breakable {
  type: 'ignored'
  value: string
}

/** LF, CR LF, a lone CR before the end of the file, or nothing. */
export interface LineEnding extends Literal, Spanned {
  type: 'lineEnding'
  value: string
}

export type IpxeNode = Script | ScriptContent | LineContent | Word | WordContent | ReferencePart | Break

export type Token = Label | Word | Operator | Comment | Ignored
