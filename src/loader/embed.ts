/** Files that are linked into a loader: checked, made small, and named so that make can bear it. */
import { analyse } from '../analysis/analyse.js'
import type { ParsedCommand } from '../analysis/commands.js'
import { parseDirective } from '../analysis/directives.js'
import { placeOf } from '../analysis/places.js'
import type { Script } from '../ast/nodes.js'
import { linesOf } from '../ast/walk.js'
import { findUriScheme } from '../data/lookup.js'
import { Diagnostic, type DiagnosticOptions } from '../diagnostics/diagnostic.js'
import { visible } from '../diagnostics/visible.js'
import { sortDiagnostics } from '../diagnostics/sort.js'
import { looseFacts } from '../rules/facts.js'
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
  for (const { name, args } of analyse(script).commands) {
    if (talkers.has(name)) continue
    for (const { text } of args) {
      const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]
      const needs = scheme === undefined ? null : (findUriScheme(scheme)?.needs ?? null)
      if (needs !== null && !wanted.has(needs)) wanted.set(needs, text)
    }
  }
  return wanted
}

/** Commands whose words are only shown. */
const talkers = new Set(['echo', 'item', 'menu', 'prompt', 'form'])

/**
 * The commands that a loader does not have. A command with `||` behind it may fail: it is told of, and no more.
 *
 * @param has build options of the loader
 */
export function checkCommands(script: Script, file: string, has: ReadonlySet<string>): Diagnostic[] {
  const found: Diagnostic[] = []
  for (const command of analyse(script).commands) {
    const { spec, name, line, nameWord } = command
    const missing = spec ? missingOption(spec.buildOption, has) : undefined
    if (missing === undefined) continue
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

/** `A + B` wants both, `A or B` one of them. */
function missingOption(buildOption: string | null, has: ReadonlySet<string>): string | undefined {
  if (buildOption === null) return undefined
  const choices = buildOption.split(' or ')
  if (choices.length > 1) return choices.some((name) => has.has(name)) ? undefined : choices[0]
  return buildOption.split(' + ').find((name) => !has.has(name))
}

/** A later `||` on the line catches a failure; `&&` before it is passed over (core/exec.c system). */
function isGuarded({ node, line }: ParsedCommand): boolean {
  const index = line.children.findIndex((child) => child === node)
  const operators = line.children.slice(index + 1).filter((child) => child.type === 'operator')
  // `a ; b || c`: the failure of a ends the line's status when b begins, so it is caught as well.
  return index >= 0 && operators.some(({ value }) => value === '||' || value === ';')
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
