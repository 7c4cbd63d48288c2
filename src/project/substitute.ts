/** Replaces the build-time variables of a composed script, on the tree: a value can never change a script's shape. */
import type {
  Blank,
  Command,
  Continuation,
  Label,
  Line,
  Script,
  SettingName,
  SettingScope,
  SettingType,
  Text,
  Variable,
  Word,
} from '../ast/nodes.js'
import { walk } from '../ast/walk.js'
import { encodeText } from '../syntax/bytes.js'
import { printJoined } from '../syntax/stringify.js'
import { CommandPlace } from './command-place.js'
import {
  addNode,
  addText,
  BreakCursor,
  type Piece,
  setBreaks,
  spanOf,
  startPiece,
  toWord,
  type Use,
} from './pieces.js'
import { keepsShape } from './shape.js'
import {
  changedShape,
  trailingBackslash,
  urlProblem,
  type UseProblem,
  valueProblem,
  wordProblem,
} from './use-checks.js'
import type { Value } from './variables.js'

export interface Substitution {
  /** The value of `$<name>`; `undefined` leaves the text as it is (and has been reported if it needs to be). */
  look(variable: Variable, line: Line): Value | undefined
  report(problem: UseProblem, variable: Variable, line: Line): void
}

export function substitute(script: Script, substitution: Substitution): void {
  for (const line of script.children) {
    if (line.type === 'line' && hasVariable(line)) new LineSubstitution(line, substitution).run()
  }
}

type SettingPart = SettingScope | SettingName | SettingType

class LineSubstitution {
  readonly #line: Line
  readonly #substitution: Substitution
  readonly #uses: Use[] = []
  /** All values so far are such that no reader can take them for anything but a part of their word. */
  #isPlain = true
  /** Problems so far. */
  #problems = 0
  /** Puts back what was replaced inside words. */
  readonly #undo: (() => void)[] = []

  constructor(line: Line, substitution: Substitution) {
    this.#line = line
    this.#substitution = substitution
  }

  run(): void {
    const before = this.#line.children.map((child) => ('children' in child ? child.children : undefined))
    let first = true
    for (const child of this.#line.children) {
      if (child.type === 'label') this.#label(child)
      else if (child.type === 'command') this.#command(child, first)
      if (child.type !== 'blank' && child.type !== 'continuation') first = false
    }
    if (this.#uses.length === 0 || this.#isPlain || keepsShape(this.#line)) return
    if (this.#problems === 0) this.#explain()
    for (const [index, child] of this.#line.children.entries()) {
      if ('children' in child) child.children = before[index]!
    }
    this.#undoSince(0)
  }

  #undoSince(count: number): void {
    for (const undo of this.#undo.splice(count).reverse()) undo()
  }

  /** Says what none of the checks has found. */
  #explain(): void {
    const last = this.#uses[this.#uses.length - 1]!
    const { children } = this.#line
    const end = children[children.length - 2]
    const isAtEnd = end?.type === 'command' || end?.type === 'label'
    if (isAtEnd && last.value.text.endsWith('\\') && printJoined(end).endsWith('\\')) {
      this.#report(trailingBackslash(last.value), last)
    } else this.#report(changedShape(this.#culprit().value), this.#culprit())
  }

  /** The first variable in a word that would not be read as that word. */
  #culprit(): Use {
    for (const use of this.#uses) if (/[${}<>|&;]/.test(use.value.text)) return use
    return this.#uses[0]!
  }

  #report(problem: UseProblem, use: Use): void {
    this.#problems++
    this.#substitution.report(problem, use.variable, this.#line)
  }

  /** The use of a variable, when it has a value that may stand there. */
  #use(variable: Variable, check: (value: Value) => UseProblem | undefined): Use | undefined {
    const value = this.#substitution.look(variable, this.#line)
    if (!value) return undefined
    const use = { variable, value }
    const problem = check(value)
    if (problem) {
      this.#report(problem, use)
      return undefined
    }
    this.#uses.push(use)
    return use
  }

  #label(label: Label): void {
    if (!label.children.some((child) => child.type === 'variable')) return
    this.#isPlain = false
    const piece = startPiece()
    piece.length = 1
    const breaks = new BreakCursor(label.breaks, 1)
    for (const child of label.children) {
      breaks.before(child, piece)
      const use =
        child.type === 'variable'
          ? this.#use(child, (value) => valueProblem(value, 'label', false))
          : undefined
      if (use) addText(piece, encodeText(use.value.text), use)
      else addNode(piece, child)
    }
    breaks.rest(piece)
    label.children = piece.parts.map(({ node }) => node as Text | Variable)
    setBreaks(label, piece)
    const [use] = piece.uses
    if (piece.length === 1 && use) {
      this.#report(wordProblem(use.value, { ...nowhere, printed: '', isName: true })!, use)
    }
  }

  /** @param first whether nothing stands before the command on its line */
  #command(command: Command, first: boolean): void {
    if (!hasVariable(command)) return
    const children: Command['children'] = []
    const place = new CommandPlace(this.#line)
    for (const child of command.children) {
      if (child.type !== 'word') {
        children.push(child)
        continue
      }
      if (!hasVariable(child)) {
        children.push(child)
        place.add(child)
        continue
      }
      const words = this.#word(child, place, first && place.isName)
      if (words.length === 0) dropWord(child, children)
      for (const [index, word] of words.entries()) {
        if (index > 0) children.push({ ...spanOf(child), type: 'blank', value: ' ' } satisfies Blank)
        children.push(word)
      }
    }
    command.children = children
  }

  #word(word: Word, place: CommandPlace, isFirstOnLine: boolean): Word[] {
    const breaks = new BreakCursor(word.breaks, 0)
    breaks.measure(word.children)
    const usesBefore = this.#uses.length
    const problemsBefore = this.#problems
    const undoBefore = this.#undo.length
    this.#settings(word)
    const inner = this.#uses.slice(usesBefore)
    if (inner.length > 0 || word.breaks || !hasPlainText(word)) this.#isPlain = false
    const pieces = [startPiece()]
    for (const child of word.children) {
      let piece = pieces[pieces.length - 1]!
      breaks.before(child, piece)
      const isFreeText = child.type === 'variable' && place.isFreeText
      const use =
        child.type === 'variable'
          ? this.#use(child, (value) => valueProblem(value, 'word', value.allow.has('words') || isFreeText))
          : undefined
      if (!use) {
        addNode(piece, child)
        continue
      }
      if (!plainValue.test(use.value.text)) this.#isPlain = false
      if (piece.length === 0) piece.startsWithVariable = true
      for (const [index, text] of encodeText(use.value.text)
        .split(/[ \t]+/)
        .entries()) {
        if (index > 0) pieces.push((piece = { ...startPiece(), startsWithVariable: true }))
        addText(piece, text, use)
      }
    }
    breaks.rest(pieces[pieces.length - 1]!)
    const [only] = pieces
    const isNothing = pieces.length === 1 && only!.length === 0 && !place.isName
    if (isNothing && only!.uses.every(({ value }) => value.allow.has('words'))) return []
    const words = pieces.map((piece, index) => {
      this.#checkPiece(piece, inner[0], place, isFirstOnLine && index === 0)
      const made = toWord(piece, word)
      place.add(made)
      return made
    })
    if (this.#problems === problemsBefore) return words
    // what is refused stays a variable, about which no rule can complain once more
    this.#undoSince(undoBefore)
    return [word]
  }

  /** @param inner a variable inside `${…}` in the word */
  #checkPiece(piece: Piece, inner: Use | undefined, place: CommandPlace, isFirstOnLine: boolean): void {
    const [use = inner] = piece.uses
    if (!use) return
    const problem = wordProblem(use.value, {
      printed: piece.parts.map(({ node }) => printJoined(node)).join(''),
      startsWithVariable: piece.startsWithVariable,
      isFirstOnLine,
      isName: place.isName,
      isOptionPlace: place.isOptionPlace,
    })
    if (problem) this.#report(problem, use)
    for (const [index, part] of piece.parts.entries()) {
      const next = piece.parts[index + 1]
      if (!part.use || part.use === next?.use) continue
      const slash = urlProblem(part.use.value, next?.node.type === 'text' ? next.node.value : undefined)
      if (slash) this.#report(slash, part.use)
    }
  }

  /** Variables inside `${…}`, at any depth. */
  #settings(word: Word): void {
    const parts: SettingPart[] = []
    for (const child of word.children) {
      if (child.type !== 'reference') continue
      walk(child, (node) => {
        if (node.type === 'settingScope' || node.type === 'settingName' || node.type === 'settingType')
          parts.push(node)
        return undefined
      })
    }
    for (const part of parts) {
      if (!part.children.some((child) => child.type === 'variable')) continue
      const piece = startPiece()
      for (const child of part.children) {
        const use =
          child.type === 'variable'
            ? this.#use(child, (value) => valueProblem(value, 'setting', false))
            : undefined
        if (use) addText(piece, encodeText(use.value.text), use)
        else addNode(piece, child)
      }
      const old = part.children
      this.#undo.push(() => (part.children = old))
      part.children = piece.parts.map(({ node }) => node)
    }
  }
}

const nowhere = { startsWithVariable: true, isFirstOnLine: false, isOptionPlace: false, isName: false }

/** What only ever is a part of a word: no blank, no operator, no start of a comment, label, option or reference. */
const plainValue = /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/

/** Nothing that a value could complete: `$<a$<x>>`. */
function hasPlainText(word: Word): boolean {
  return word.children.every((child) => child.type !== 'text' || !/[$<>\\]/.test(child.value))
}

function hasVariable(root: Line | Command | Word): boolean {
  let found = false
  walk(root, (node) => {
    if (node.type === 'variable') found = true
    return !found
  })
  return found
}

/** Takes a word that became nothing out of its command, with the blanks before it; line breaks stay. */
function dropWord(word: Word, children: Command['children']): void {
  while (children[children.length - 1]?.type === 'blank') children.pop()
  for (const { value, span } of word.breaks ?? []) {
    children.push({ type: 'continuation', value, ...(span && { span }) } satisfies Continuation)
  }
}
