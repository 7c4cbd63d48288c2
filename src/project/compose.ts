/** One script with everything that it includes, as one tree whose lines know which file they came from. */
import { parseDirective, type IncludeDirective } from '../analysis/directives.js'
import { placeOf } from '../analysis/places.js'
import type { Comment, InvalidLine, Line, LineEnding, Script, ScriptContent } from '../ast/nodes.js'
import { suggest } from '../data/suggest.js'
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { decodeText } from '../syntax/bytes.js'
import { parse } from '../syntax/parse.js'
import { HostError, type ProjectHost } from './host.js'
import { folderOf, hasControl, isWithin, joinPaths, nameOfPath, tidyPath } from './paths.js'
import { shown } from './yaml.js'

/** A script with all that it includes; iPXE holds it in memory, so do we. */
export const scriptSizeLimit = 16 * 2 ** 20
const includeDepthLimit = 32
const includeCountLimit = 1000

/** Reads scripts once and remembers them. */
export class ScriptReader {
  readonly host: ProjectHost
  /** The real path that includes must stay below. */
  readonly boundary: string
  /** The bytes of all that was read, by the path that diagnostics name. */
  readonly sources = new Map<string, Uint8Array>()

  constructor(host: ProjectHost, boundary: string) {
    this.host = host
    this.boundary = boundary
  }

  async read(path: string): Promise<Uint8Array> {
    let bytes = this.sources.get(path)
    if (!bytes) {
      bytes = await this.host.readFile(path, scriptSizeLimit)
      this.sources.set(path, bytes)
    }
    return bytes
  }
}

export interface ComposedScript {
  script: Script
  /** Paths of the script and of all files in it, each once, in the order in which they were met. */
  files: string[]
  diagnostics: Diagnostic[]
}

/**
 * Replaces `# ipxetool include FILE` lines. Never throws for what a script says: problems are diagnostics, and the
 * directive stays as the comment that it is to iPXE.
 */
export async function composeScript(
  path: string,
  bytes: Uint8Array,
  reader: ScriptReader,
): Promise<ComposedScript> {
  const script = parse(bytes, { positions: false })
  return includesAnything(script)
    ? composeParsed(path, script, reader)
    : { script, files: [path], diagnostics: [] }
}

/** Whether there is an include in it, in a place where it means something or not. */
export function includesAnything(script: Script): boolean {
  return script.children.some((line) => includeOf(line) !== undefined)
}

/** The same as {@link composeScript} for a tree, which is changed; the contents of its lines are not. */
export async function composeParsed(
  path: string,
  script: Script,
  reader: ScriptReader,
): Promise<ComposedScript> {
  const composer = new Composer(reader, path)
  // standard input has no path of its own; what it includes starts at the boundary
  const realPath = await reader.host.realpath(path).catch(() => joinPaths(reader.boundary, path))
  script.children = await composer.expand(script.children, [{ path, realPath }])
  return { script, files: [...composer.files], diagnostics: composer.diagnostics }
}

/**
 * The same for a script that was made from the model: an include in it is relative to the file that its line came from.
 *
 * @param path of the script in the output tree, under the project's root
 * @returns `files` are those that were included; the script that was given stays as it is
 */
export async function composeGenerated(
  script: Script,
  path: string,
  reader: ScriptReader,
): Promise<ComposedScript> {
  const composer = new Composer(reader, path)
  const children: ScriptContent[] = []
  for (const line of script.children) {
    if (!includeOf(line)) {
      children.push(line)
      continue
    }
    const from = line.origin?.path ?? path
    const realPath = await reader.host.realpath(from).catch(() => joinPaths(reader.boundary, from))
    for (const other of await composer.expand([line], [{ path: from, realPath }])) children.push(other)
  }
  const [, ...files] = composer.files
  return { script: { ...script, children }, files, diagnostics: composer.diagnostics }
}

interface Frame {
  path: string
  realPath: string
}

interface Directive {
  line: Line
  comment: Comment
  include: IncludeDirective
}

class Composer {
  readonly diagnostics: Diagnostic[] = []
  readonly files: Set<string>
  readonly #reader: ScriptReader
  #count = 0
  #size = 0
  /** A limit was passed: nothing more is included, and that is said once. */
  #stopped = false

  constructor(reader: ScriptReader, path: string) {
    this.#reader = reader
    this.files = new Set([path])
  }

  /** @param stack the file that the lines are from, last, and those that include it */
  async expand(lines: readonly ScriptContent[], stack: readonly Frame[]): Promise<ScriptContent[]> {
    const result: ScriptContent[] = []
    for (const line of lines) {
      const directive = includeOf(line)
      const included = directive ? await this.#include(directive, stack) : undefined
      if (!included) result.push(line)
      else for (const other of included) result.push(other)
    }
    return result
  }

  async #include(directive: Directive, stack: readonly Frame[]): Promise<ScriptContent[] | undefined> {
    if (this.#stopped) return undefined
    const includer = stack[stack.length - 1]!
    const { path } = includer
    const fail = (ruleId: string, reason: string, note: string, expected?: string[]): undefined => {
      const { line, comment, include } = directive
      const start = (comment.span?.[0] ?? 0) + 1
      // offsets in the comment are those of the file unless a continuation cuts it
      const span = comment.breaks ? comment.span : ([start + include.start, start + include.end] as const)
      const place = placeOf(line, span)
      this.diagnostics.push(
        new Diagnostic({
          ruleId,
          severity: 'error',
          file: path,
          reason,
          note,
          ...(place && { place }),
          ...(expected && { expected }),
        }),
      )
      return undefined
    }
    if (!isAlone(directive.line)) {
      fail(
        'include-place',
        'An include has to stand on a line of its own',
        'The file takes the place of the line.',
      )
      return
    }
    const file = decodeText(directive.include.file)
    if (file === '') {
      fail(
        'include-missing',
        'The name of the file to include is missing',
        'Write `# ipxetool include FILE`.',
        ['FILE'],
      )
      return
    }
    const wrong = namesProblem(file)
    if (wrong !== undefined) {
      fail('include-missing', `\`${shown(file)}\` cannot be included: ${wrong}`, relativeNote)
      return
    }

    const target = joinPaths(folderOf(path), file)
    const found = await this.#find(target, file, includer)
    if ('reason' in found) {
      fail(found.ruleId, found.reason, found.note, found.expected)
      return
    }

    const chain = [...stack, { path: target, realPath: found.realPath }]
    const start = stack.findIndex(({ realPath }) => realPath === found.realPath)
    if (start >= 0) {
      const names = chain.slice(start).map((frame) => `\`${frame.path}\``)
      const reason =
        names.length === 2
          ? `${names[0]!} includes itself`
          : `Files include each other in a circle: ${names.join(' -> ')}`
      fail('include-cycle', reason, 'It would never end. Move what both need into a file of its own.')
      return
    }
    this.#count++
    this.#size += found.bytes.length
    const limit = this.#passedLimit(stack)
    if (limit !== undefined) {
      this.#stopped = true
      fail('include-limit', limit, 'Are files included that include each other several times?')
      return
    }
    this.files.add(target)
    const binary = found.bytes.indexOf(0)
    if (binary >= 0) {
      fail(
        'include-binary',
        `\`${target}\` is not text: it holds a NUL byte at offset ${binary}`,
        'Only scripts can be included.',
      )
      return
    }
    const lines = parse(found.bytes, { positions: false }).children
    const endsOpen = lines.some((line) => line.type === 'invalid')
    for (const line of lines) line.origin = { path: target }
    if (endsOpen) {
      this.#unfinished(lines, target)
      return
    }
    endLastLine(lines, directive.line)
    return this.expand(withoutMagic(lines), chain)
  }

  #unfinished(lines: readonly ScriptContent[], file: string): undefined {
    const last = lines[lines.length - 1] as InvalidLine
    const place = placeOf(last)
    this.diagnostics.push(
      new Diagnostic({
        ruleId: 'include-unfinished',
        severity: 'error',
        file,
        reason: 'The included file ends while a line is being continued',
        note: 'The backslash would swallow the line after the include. Remove it.',
        ...(place && { place }),
      }),
    )
    return undefined
  }

  #passedLimit(stack: readonly Frame[]): string | undefined {
    if (stack.length > includeDepthLimit)
      return `Files are included more than ${includeDepthLimit} levels deep`
    if (this.#count > includeCountLimit)
      return `More than ${includeCountLimit} files are included in \`${stack[0]!.path}\``
    if (this.#size > scriptSizeLimit) {
      return `With what it includes \`${stack[0]!.path}\` is larger than ${scriptSizeLimit / 2 ** 20} MiB`
    }
    return undefined
  }

  async #find(target: string, file: string, includer: Frame): Promise<Found | NotFound> {
    const { host, boundary } = this.#reader
    const outside = {
      ruleId: 'include-outside',
      reason: `\`${shown(target)}\` is outside of the project`,
      note: `Only files below \`${boundary}\` can be included. ${relativeNote}`,
    }
    // before the file system is asked: whether something exists outside is nobody's business
    const lexical = joinPaths(folderOf(includer.realPath), file)
    if (!isWithin(boundary, lexical)) return outside
    try {
      const realPath = await host.realpath(target)
      if (!isWithin(boundary, realPath))
        return { ...outside, reason: `\`${shown(target)}\` is a link that leads out of the project` }
      return { realPath, bytes: await this.#reader.read(target) }
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      if (error.kind !== 'missing' && error.kind !== 'not-folder') {
        return {
          ruleId: 'include-unreadable',
          reason: `\`${shown(target)}\` cannot be included: ${error.message}`,
          note: 'An include names one script file.',
        }
      }
      const near = await this.#similar(target)
      return {
        ruleId: 'include-missing',
        reason: `There is no file \`${shown(target)}\` to include${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
        note: relativeNote,
        ...(near !== undefined && { expected: [near] }),
      }
    }
  }

  async #similar(target: string): Promise<string | undefined> {
    const entries = await this.#reader.host.list(folderOf(target)).catch(() => [])
    const names = entries.filter(({ kind }) => kind !== 'folder').map(({ name }) => name)
    const name = nameOfPath(target)
    const partial = [`_${name}`, `${name}.ipxe`, `_${name}.ipxe`].find((other) => names.includes(other))
    return partial ?? suggest(name, names.sort())
  }
}

interface Found {
  realPath: string
  bytes: Uint8Array
}

interface NotFound {
  ruleId: string
  reason: string
  note: string
  expected?: string[]
}

const relativeNote = 'The name is relative to the file that the line is in.'

function namesProblem(file: string): string | undefined {
  if (hasControl(file)) return 'the name holds a control character'
  if (file.includes('\\')) return 'folders are separated by `/`, not by a backslash'
  if (file.startsWith('/') || /^[A-Za-z]:/.test(file)) return 'the name is absolute'
  if (tidyPath(file) === '.') return 'that is a folder'
  return undefined
}

function includeOf(line: ScriptContent): Directive | undefined {
  if (line.type !== 'line') return undefined
  for (const comment of line.children) {
    if (comment.type !== 'comment') continue
    const include = parseDirective(comment)
    return include?.kind === 'include' ? { line, comment, include } : undefined
  }
  return undefined
}

function isAlone(line: Line): boolean {
  return line.children.every(
    ({ type }) => type === 'blank' || type === 'comment' || type === 'continuation' || type === 'lineEnding',
  )
}

/** Without a final line ending the last line would run into the one after the include. */
function endLastLine(lines: readonly ScriptContent[], directive: Line): void {
  const last = lines[lines.length - 1]
  if (last?.type !== 'line') return
  const ending = last.children.find((child): child is LineEnding => child.type === 'lineEnding')
  if (!ending || ending.value.endsWith('\n')) return
  const style = directive.children.find((child) => child.type === 'lineEnding')?.value
  ending.value = style === '\r\n' || ending.value === '\r' ? '\r\n' : '\n'
}

/** The included file's own `#!ipxe` would be a stray comment. */
function withoutMagic(lines: ScriptContent[]): ScriptContent[] {
  const [first] = lines
  if (first?.type !== 'line') return lines
  const [start] = first.children
  const isMagic = start?.type === 'comment' && /^![ig]pxe(?:\s|$)/.test(start.value)
  return isMagic ? lines.slice(1) : lines
}
