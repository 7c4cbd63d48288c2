/** The values of variables for one machine: those of the project, some of them its own. */
import { suggest } from '../data/suggest.js'
import { Diagnostic, type Place } from '../diagnostics/diagnostic.js'
import type { ProjectConfig } from './config.js'
import { Found } from './found.js'
import { Resolver, variableOf, type Variables } from './variables.js'
import { shown } from './yaml.js'

/** A value that a machine or its group gives. */
export interface Given {
  text: string
  /** As the user knows it. */
  file: string
  /** Where in it that stands. */
  place: Place | undefined
  /** For people: ``machine `node1` ``. */
  owner: string
}

/**
 * Checks given values as those of `--var`; variables whose values refer to them follow.
 *
 * @param base the values without them
 */
export function overrideVariables(
  config: ProjectConfig,
  base: Variables,
  given: ReadonlyMap<string, Given>,
): Variables {
  const diagnostics: Diagnostic[] = []
  const known = new Map<string, Given>()
  for (const [name, value] of given) {
    if (config.variables.has(name)) known.set(name, value)
    else diagnostics.push(unknownVariable(name, value, config))
  }
  if (known.size === 0) return { ...base, diagnostics }
  const stale = dependents(base, known.keys())
  const resolved = Resolver.again(config, base, stale, known)
  return { ...resolved, diagnostics: [...diagnostics, ...resolved.diagnostics] }
}

/** What is wrong with the values that machines and groups give; each value once, whoever shares it. */
export function overrideProblems(
  config: ProjectConfig,
  base: Variables,
  all: Iterable<ReadonlyMap<string, Given>>,
): Diagnostic[] {
  const seen = new Set<string>()
  const found = new Found()
  for (const given of all) {
    const key = JSON.stringify([...given])
    if (seen.has(key)) continue
    seen.add(key)
    found.add(overrideVariables(config, base, given).diagnostics)
  }
  return found.diagnostics
}

/** The variables themselves and all whose values refer to them. */
function dependents({ references }: Variables, names: Iterable<string>): Set<string> {
  const found = new Set(names)
  for (let before = -1; before !== found.size;) {
    before = found.size
    for (const [name, others] of references) {
      if (!found.has(name) && [...others].some((other) => found.has(other))) found.add(name)
    }
  }
  return found
}

function unknownVariable(name: string, { owner, file, place }: Given, config: ProjectConfig): Diagnostic {
  const near = suggest(name, config.variables.keys())
  const parent = variableOf(name, config.variables)
  const note =
    parent === undefined
      ? `Variables are declared below \`variables:\`; this one is given to ${owner}.`
      : `It is a part of \`${parent}\`: give that, \`${parent}: ttyS0,115200\`.`
  return new Diagnostic({
    ruleId: 'unknown-override',
    severity: 'error',
    file,
    reason: `There is no variable ${shown(name)}${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
    ...(place && { place }),
    expected: near === undefined ? [...config.variables.keys()] : [near],
    note,
  })
}
