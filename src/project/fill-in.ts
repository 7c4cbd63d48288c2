/** Puts values in the place of variables, and says what is wrong with them where they stand. */
import type { Line, Script, Variable } from '../ast/nodes.js'
import { placeOf } from '../analysis/places.js'
import { suggest } from '../data/suggest.js'
import { Diagnostic, type Place } from '../diagnostics/diagnostic.js'
import { Disabled } from '../rules/disabled.js'
import type { ProjectConfig } from './config.js'
import { substitute } from './substitute.js'
import type { UseProblem } from './use-checks.js'
import { missingPart, variableOf, type Variables } from './variables.js'

export interface FillIn {
  /** Of the script itself. */
  path: string
  /** Those of the project or of a machine. */
  variables: Variables
  config: ProjectConfig
  /** Gets the names of the declared variables that occur. */
  used: Set<string>
  /** What is not to be said where. Default: what the script says. */
  disabled?: Disabled
}

/** Replaces the variables of a script, or of some lines of one. */
export function fillIn(
  script: Script,
  { path, variables, config, used, disabled = disabledIn(script, path) }: FillIn,
): Diagnostic[] {
  const places = new SamePlaces(path)
  substitute(script, {
    look(variable, line) {
      const { name } = variable
      const declared = variableOf(name, config.variables)
      if (declared !== undefined) used.add(declared)
      const value = variables.values.get(name)
      if (value || variables.failed.has(name) || disabled.has('undefined-variable', line)) return value
      const problem = undefinedVariable(name, declared, config)
      // the one that was meant is not unused
      for (const meant of problem.expected ?? []) used.add(meant.slice(2, -1))
      places.add(problem, variable, line)
      return undefined
    },
    report: (problem, variable, line) => {
      places.add(problem, variable, line)
    },
  })
  return places.diagnostics()
}

export function disabledIn(script: Script, path: string): Disabled {
  return new Disabled(script, (line) => line.origin?.path ?? path, path)
}

function undefinedVariable(name: string, declared: string | undefined, config: ProjectConfig): UseProblem {
  const ruleId = 'undefined-variable'
  if (declared !== undefined) {
    return { ruleId, reason: missingPart(name, declared), note: 'Write the value as `ttyS0,115200`.' }
  }
  const near = suggest(name, config.variables.keys())
  return {
    ruleId,
    reason: `Variable \`$<${name}>\` is not declared${near === undefined ? '' : `; did you mean \`$<${near}>\`?`}`,
    note: `Declare it in ${config.file}, or keep the text with \`# ipxetool disable=undefined-variable\`.`,
    ...(near !== undefined && { expected: [`$<${near}>`] }),
  }
}

/** What is wrong with a value is wrong in many places: said at the first of each file, with the lines of the others. */
class SamePlaces {
  readonly #path: string
  readonly #problems = new Map<string, { file: string; problem: UseProblem; places: Place[] }>()

  /** @param path of the script itself */
  constructor(path: string) {
    this.#path = path
  }

  add(problem: UseProblem, variable: Variable, line: Line): void {
    const file = line.origin?.path ?? this.#path
    const key = JSON.stringify([file, problem.ruleId, problem.reason])
    const same = this.#problems.get(key) ?? { file, problem, places: [] }
    this.#problems.set(key, same)
    const place = placeOf(line, variable.span)
    if (place) same.places.push(place)
  }

  diagnostics(): Diagnostic[] {
    return [...this.#problems.values()].map(({ file, problem, places }) => {
      const { ruleId = 'variable-use', reason, note, expected } = problem
      const [place, ...others] = places
      const lines = [...new Set(others.map(({ start }) => start.line))].filter(
        (line) => line !== place?.start.line,
      )
      const more =
        lines.length > 5 ? `${lines.slice(0, 5).join(', ')} and ${lines.length - 5} more` : lines.join(', ')
      const also = lines.length === 0 ? '' : ` Also in line${lines.length === 1 ? '' : 's'} ${more}.`
      return new Diagnostic({
        ruleId,
        severity: 'error',
        file,
        reason,
        note: `${note}${also}`,
        ...(expected && { expected }),
        ...(place && { place }),
      })
    })
  }
}
