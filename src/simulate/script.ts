/** A script, split once: logical lines, labels, words and operators (`image/script.c`, `core/exec.c`). */
import { bytesToText } from '../syntax/bytes.js'
import { splitLines } from '../syntax/lines.js'

export interface Piece {
  /** as written */
  readonly words: readonly string[]
  /** whether any word holds a `${` */
  readonly expands: boolean
  /** what stands before this command */
  readonly operator: '' | '||' | '&&' | ';'
}

export interface ScriptLine {
  /** 1-based, of the first physical line */
  readonly number: number
  readonly label: string | undefined
  readonly pieces: readonly Piece[]
}

export interface Script {
  readonly lines: readonly ScriptLine[]
  /** the file ends while a line is being continued: EINVAL */
  readonly unfinished: boolean
}

/** Lines of a script that run something: for the coverage of tests. */
export function runnableLines(source: Uint8Array): number[] {
  return readScript(bytesToText(source))
    .lines.filter(({ pieces }) => pieces.some(({ words }) => words.length > 0))
    .map(({ number }) => number)
}

const cache = new Map<string, Script>()
const maxCached = 500

/** @param source a byte string */
export function readScript(source: string): Script {
  const known = cache.get(source)
  if (known) return known
  const script = split(source)
  if (cache.size >= maxCached) cache.clear()
  cache.set(source, script)
  return script
}

/** Whether an image is a script (`script_probe`). */
export function isScript(data: string): boolean {
  return /^#![ig]pxe[ \t\n\v\f\r]/.test(data)
}

function split(source: string): Script {
  const lines: ScriptLine[] = []
  let unfinished = false
  let number = 1
  for (const logical of splitLines(source)) {
    if (logical.unfinished) unfinished = true
    else lines.push(splitLine(logical.text, number))
    for (
      let at = source.indexOf('\n', logical.start);
      at >= 0 && at < logical.end;
      at = source.indexOf('\n', at + 1)
    ) {
      number++
    }
  }
  return { lines, unfinished }
}

function splitLine(text: string, number: number): ScriptLine {
  const nul = text.indexOf('\0')
  const words = (nul < 0 ? text : text.slice(0, nul)).split(/[ \t\n\v\f\r]+/).filter((word) => word !== '')
  let label: string | undefined
  if (words[0]?.startsWith(':')) label = words.shift()!.slice(1)
  return { number, label, pieces: splitCommands(words) }
}

/** One line that is typed or held by a setting. */
export function splitCommand(text: string): readonly Piece[] {
  const nul = text.indexOf('\0')
  return splitCommands(
    (nul < 0 ? text : text.slice(0, nul)).split(/[ \t\n\v\f\r]+/).filter((word) => word !== ''),
  )
}

function splitCommands(words: readonly string[]): readonly Piece[] {
  const pieces: Piece[] = []
  let own: string[] = []
  let operator: Piece['operator'] = ''
  const finish = () => {
    pieces.push({ words: own, expands: own.some((word) => word.includes('${')), operator })
  }
  for (const word of words) {
    if (word.startsWith('#')) break
    if (word === '||' || word === '&&' || word === ';') {
      finish()
      own = []
      operator = word
    } else own.push(word)
  }
  finish()
  return pieces
}
