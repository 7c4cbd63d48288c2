/** Files that are linked into a loader: checked, made small, and named so that make can bear it. */
import { analyse } from '../analysis/analyse.js'
import { parseDirective } from '../analysis/directives.js'
import { isGuarded, missingOption, urlsOf } from '../analysis/loader-needs.js'
import { placeOf } from '../analysis/places.js'
import type { Script } from '../ast/nodes.js'
import { linesOf } from '../ast/walk.js'
import { Diagnostic, type DiagnosticOptions } from '../diagnostics/diagnostic.js'
import { visible } from '../diagnostics/visible.js'
import { sortDiagnostics } from '../diagnostics/sort.js'
import { Disabled } from '../rules/disabled.js'
import { looseFacts } from '../rules/facts.js'
import { notInLoader } from '../rules/not-in-loader.js'
import { runRules } from '../rules/run.js'
import { bytesToText } from '../syntax/bytes.js'
import { parse } from '../syntax/parse.js'
import { stripComments } from './strip.js'
import { slotWord } from './slot.js'
import type { NamedBytes } from './types.js'

/** Longest script, bytes before its comments are stripped. */
export const largestScript = 262_144
/** All embedded files together, bytes. */
export const largestEmbed = 1_048_576

export interface PreparedEmbed {
  /** Undefined: refused, the diagnostics say why. */
  readonly bytes: Uint8Array | undefined
  /** Undefined: no script, but data that a script uses. */
  readonly script: Script | undefined
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * What will be embedded: a script without its comments, other data as it is.
 *
 * @param first it is the one that iPXE runs, so it must be a script
 */
export function prepareEmbed(file: NamedBytes, first: boolean): PreparedEmbed {
  const { name, bytes } = file
  const isScript = first || /^#!(?:ipxe|gpxe)\s/.test(bytesToText(bytes.subarray(0, 8)))
  const limit = isScript ? largestScript : largestEmbed
  if (bytes.length > limit || bytes.length === 0) {
    const reason =
      bytes.length === 0
        ? 'The file is empty.'
        : `The file has ${bytes.length} bytes; ${isScript ? 'an embedded script' : 'all that is embedded'} may have ${limit}.`
    const note =
      bytes.length === 0
        ? 'A script begins with the line #!ipxe.'
        : 'A loader has to fit into the memory that firmware gives it. Put the file on the server and load it from the script, with chain or imgfetch.'
    return refused([error(name, 'embed-size', reason, note)])
  }
  if (!isScript) return { bytes, script: undefined, diagnostics: [] }
  const script = parse(bytes)
  const found = runRules(script, { path: name, facts: looseFacts })
  found.push(...checkDirectives(script, name))
  if (bytes.includes(0) && !found.some(isError)) {
    found.push(
      error(name, 'embed-nul', 'A NUL byte is in the script.', 'iPXE would not read what follows it.'),
    )
  }
  const stripped = stripComments(script)
  if (!/^#!(?:ipxe|gpxe)\s/.test(bytesToText(stripped.subarray(0, 8))) && !found.some(isError)) {
    found.push(
      error(
        name,
        'embed-magic',
        'The script does not begin with `#!ipxe`.',
        'Its first bytes must be #!ipxe and a line end, without a byte order mark or an empty line before them.',
      ),
    )
  }
  if (bytesToText(stripped).includes(slotWord)) {
    const reason = `The script holds the word \`${slotWord}\`, by which ipxetool finds its place in a loader.`
    found.push(error(name, 'embed-marker', reason, 'Write something else there.'))
  }
  const diagnostics = sortDiagnostics(found)
  return diagnostics.some(isError) ? refused(diagnostics) : { bytes: stripped, script, diagnostics }
}

/** What is wanted by URLs that are written out, and where: option to the first URL. */
export function optionsWantedBy(script: Script): Map<string, string> {
  const wanted = new Map<string, string>()
  for (const command of analyse(script).commands) {
    for (const { argument, needs } of urlsOf(command))
      if (!wanted.has(needs)) wanted.set(needs, argument.text)
  }
  return wanted
}

/**
 * The commands that a loader does not have. A command with `||` behind it may fail: it is told of, and no more.
 *
 * @param has build options of the loader
 */
export function checkCommands(script: Script, file: string, has: ReadonlySet<string>): Diagnostic[] {
  const found: Diagnostic[] = []
  const disabled = new Disabled(script, () => file, file)
  for (const command of analyse(script).commands) {
    const { name, line, nameWord } = command
    const missing = missingOption(command, has)
    if (missing === undefined || disabled.has(notInLoader.id, line)) continue
    const guarded = isGuarded(command)
    const place = placeOf(line, nameWord.span)
    found.push(
      new Diagnostic({
        ruleId: 'missing-command',
        severity: guarded ? 'info' : 'error',
        file,
        reason: `The loader will not have the command \`${visible(name)}\`: \`${missing}\` is off.`,
        note: guarded
          ? `The script goes on after its \`||\`. Add --define ${missing} to have it.`
          : `Add --define ${missing}, or \`||\` behind the command if the script can go on without it.`,
        ...(place ? { place } : {}),
      }),
    )
  }
  return found
}

function checkDirectives(script: Script, file: string): Diagnostic[] {
  return linesOf(script).flatMap((line) =>
    line.children.flatMap((child) => {
      if (child.type !== 'comment' || parseDirective(child)?.kind !== 'include') return []
      const place = placeOf(line, child.span)
      const reason = 'An embedded script cannot include another file.'
      const note = 'Embed the script that ipxetool build has put together in the output tree.'
      return [error(file, 'embed-include', reason, note, place)]
    }),
  )
}

/**
 * Names in the loader, in order: letters, digits, `.`, `_` and `-`, each once. Make would split a name at blanks and
 * commas. The first is always the same, so that a new name makes no new loader.
 */
export function embeddedNames(files: readonly NamedBytes[]): string[] {
  const taken = new Set<string>()
  return files.map(({ name }, index) => {
    const base = index === 0 ? firstName : safeName(name)
    const dot = base.lastIndexOf('.')
    const [stem, ending] = dot > 0 ? [base.slice(0, dot), base.slice(dot)] : [base, '']
    let free = base
    for (let count = 2; taken.has(free.toLowerCase()); count++) free = `${stem}-${count}${ending}`
    taken.add(free.toLowerCase())
    return free
  })
}

export const firstName = 'embed.ipxe'

/** The last part of a path, as a name that make and the assembler can bear. */
export function safeName(path: string): string {
  const name = path
    .split(/[/\\]/)
    .at(-1)!
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+|-+$/g, '')
  return name.slice(-64) || 'file'
}

function isError({ severity }: Diagnostic): boolean {
  return severity === 'error'
}

function refused(diagnostics: readonly Diagnostic[]): PreparedEmbed {
  return { bytes: undefined, script: undefined, diagnostics }
}

function error(
  file: string,
  ruleId: string,
  reason: string,
  note: string,
  place?: DiagnosticOptions['place'],
): Diagnostic {
  return new Diagnostic({ file, ruleId, severity: 'error', reason, note, ...(place ? { place } : {}) })
}
