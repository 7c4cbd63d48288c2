/** What a command and its URLs want of the loader that runs them: build options of iPXE. */
import { findUriScheme } from '../data/lookup.js'
import type { ParsedCommand } from './commands.js'

/** A loader, as far as scripts care. */
export interface LoaderFacts {
  /** `undionly.kpxe` */
  readonly name: string
  /** Names of the build options that it has. */
  readonly has: ReadonlySet<string>
}

/** The build option that brings this command and that the loader lacks. */
export function missingOption({ spec }: ParsedCommand, has: ReadonlySet<string>): string | undefined {
  const wanted = spec?.buildOption ?? null
  if (wanted === null) return undefined
  // `A + B` wants both, `A or B` one of them
  const choices = wanted.split(' or ')
  if (choices.length > 1) return choices.some((name) => has.has(name)) ? undefined : choices[0]
  return wanted.split(' + ').find((name) => !has.has(name))
}

/** A later `||` on the line catches a failure; `&&` before it is passed over (core/exec.c system). */
export function isGuarded({ node, line }: ParsedCommand): boolean {
  const index = line.children.findIndex((child) => child === node)
  const operators = line.children.slice(index + 1).filter((child) => child.type === 'operator')
  // `a ; b || c`: the failure of a ends the line's status when b begins, so it is caught as well.
  return index >= 0 && operators.some(({ value }) => value === '||' || value === ';')
}

/** Commands whose words are only shown. */
const talkers = new Set(['echo', 'item', 'menu', 'prompt', 'form'])

/** URLs that are written out, and the build option that each wants. */
export function urlsOf({ name, args }: ParsedCommand): { argument: (typeof args)[number]; needs: string }[] {
  if (talkers.has(name)) return []
  return args.flatMap((argument) => {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(argument.text)?.[1]
    const needs = scheme === undefined ? undefined : findUriScheme(scheme)?.needs
    return needs ? [{ argument, needs }] : []
  })
}
