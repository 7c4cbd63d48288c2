/** Which rules run, how severe their reports are, and their options: `check:` of `ipxetool.yaml` and `--preset`. */
import { suggest } from '../data/suggest.js'
import type { Diagnostic, Severity } from '../diagnostics/diagnostic.js'
import { linkRuleIds, ruleIds } from './ids.js'
import type { OptionValue, Preset, Rule } from './rule.js'

export interface CheckSettings {
  readonly preset: Preset
  /** By the id of a rule. */
  readonly rules: ReadonlyMap<string, RuleSetting>
}

export interface RuleSetting {
  /** In place of what the rule says; `off`: it does not run. */
  readonly severity?: Severity | 'off'
  readonly options?: Readonly<Record<string, OptionValue>>
}

export const defaultSettings: CheckSettings = { preset: 'default', rules: new Map() }

/** A rule that runs. */
export interface ActiveRule {
  readonly rule: Rule
  /** Of all that it reports; undefined: as it says. */
  readonly severity: Severity | undefined
  /** All that it has, with their defaults. */
  readonly options: Readonly<Record<string, OptionValue>>
}

/** An opt-in rule runs with the preset `strict`, or when the project gives it a severity or options. */
export function activeRules(rules: readonly Rule[], settings: CheckSettings): readonly ActiveRule[] {
  const known = active.get(settings)
  if (known?.rules === rules) return known.active
  const found = findActive(rules, settings)
  active.set(settings, { rules, active: found })
  return found
}

/** Of the last rules that were asked for: thousands of scripts have the same. */
const active = new WeakMap<CheckSettings, { rules: readonly Rule[]; active: readonly ActiveRule[] }>()

function findActive(rules: readonly Rule[], { preset, rules: set }: CheckSettings): ActiveRule[] {
  return rules.flatMap((rule) => {
    const setting = set.get(rule.id)
    if (setting?.severity === 'off') return []
    if (rule.preset === 'strict' && preset !== 'strict' && !setting) return []
    return [{ rule, severity: setting?.severity, options: { ...defaultsOf(rule), ...setting?.options } }]
  })
}

/** Whether a rule runs. */
export function isActive(rule: Rule, settings: CheckSettings): boolean {
  return findActive([rule], settings).length > 0
}

function defaultsOf({ options = {} }: Rule): Record<string, OptionValue> {
  return Object.fromEntries(Object.entries(options).map(([name, { value }]) => [name, value]))
}

/** What is wrong with a {@link RuleSetting}; `key` is the option that it is about, if any. */
export interface SettingProblem {
  readonly key?: string
  readonly reason: string
  readonly expected?: string[]
}

/** @param rule undefined when `id` is not among the rules that are known, such as one about links */
export function settingProblems(
  id: string,
  { options = {} }: RuleSetting,
  rule: Rule | undefined,
): SettingProblem[] {
  if (!ruleIds.has(id) && !linkRuleIds.has(id)) {
    const near = suggest(id, [...ruleIds, ...linkRuleIds])
    const reason = `There is no rule \`${id}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`
    return [{ reason, ...(near !== undefined && { expected: [near] }) }]
  }
  const known = rule?.options ?? {}
  return Object.entries(options).flatMap(([key, value]): SettingProblem[] => {
    const option = known[key]
    if (!option) {
      const names = ['severity', ...Object.keys(known)]
      const near = suggest(key, names)
      const reason = `The rule \`${id}\` has no option \`${key}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`
      return [{ key, reason, expected: near === undefined ? names : [near] }]
    }
    if (kindOf(value) === kindOf(option.value)) return []
    return [
      {
        key,
        reason: `\`${key}\` of \`${id}\` is ${kindOf(value)}`,
        expected: [kindOf(option.value)],
      },
    ]
  })
}

function kindOf(value: OptionValue): string {
  if (Array.isArray(value)) return 'a list of texts'
  return { string: 'a text', number: 'a number', boolean: 'true or false' }[typeof value as 'string']
}

/** What other parts of ipxetool report about links, as the project wants it. */
export function configuredLinks(
  diagnostics: readonly Diagnostic[],
  { rules }: CheckSettings,
): readonly Diagnostic[] {
  if (rules.size === 0) return diagnostics
  return diagnostics.flatMap((diagnostic) => {
    const severity = linkRuleIds.has(diagnostic.ruleId) ? rules.get(diagnostic.ruleId)?.severity : undefined
    if (severity === undefined) return [diagnostic]
    return severity === 'off' ? [] : [diagnostic.withSeverity(severity)]
  })
}
