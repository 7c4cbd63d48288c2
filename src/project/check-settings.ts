/** `check:` of `ipxetool.yaml`: which rules run, and what the scripts are checked for. */
import { parseTarget, type Target } from '../analysis/target.js'
import { findRule } from '../rules/index.js'
import type { Preset } from '../rules/rule.js'
import { type CheckSettings, settingProblems, type RuleSetting } from '../rules/settings.js'
import type { SchemaReport } from './schema-issues.js'
import type { CheckSection } from './schema.js'

/** What the command line says in place of the project. */
export interface CheckOverrides {
  preset?: Preset
  target?: Target
}

export interface ProjectCheck {
  readonly settings: CheckSettings
  readonly target: Target | undefined
}

export function projectCheck(section: CheckSection = {}, overrides: CheckOverrides = {}): ProjectCheck {
  const { preset = 'default', target: written } = section
  const target = overrides.target ?? (written === undefined ? undefined : parseTarget(written))
  return { settings: { preset: overrides.preset ?? preset, rules: rulesOf(section) }, target }
}

function rulesOf({ rules = {} }: CheckSection): Map<string, RuleSetting> {
  return new Map(
    Object.entries(rules).map(([id, value]): [string, RuleSetting] => {
      if (typeof value === 'string') return [id, { severity: value }]
      const { severity, ...options } = value
      return [id, { ...(severity && { severity }), options }]
    }),
  )
}

/** What the schema cannot say: names of rules and of their options, and targets. */
export function checkSectionProblems(section: CheckSection = {}): SchemaReport[] {
  const reports: SchemaReport[] = []
  for (const [id, setting] of rulesOf(section)) {
    for (const { key, reason, expected } of settingProblems(id, setting, findRule(id))) {
      const path = ['check', 'rules', id, ...(key === undefined ? [] : [key])]
      reports.push({ path, part: 'key', reason, ...(expected && { expected }) })
    }
  }
  if (section.target !== undefined && !parseTarget(section.target)) {
    reports.push({ path: ['check', 'target'], reason: `ipxetool knows no target \`${section.target}\`` })
  }
  return reports
}
