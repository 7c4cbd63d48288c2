/** What every import has to be: YAML that the project reads, menus that compile to scripts without a complaint. */
import assert from 'node:assert/strict'
import { stringify } from '../../src/index.js'
import type { ImportResult } from '../../src/import/result.js'
import { toYaml } from '../../src/import/to-yaml.js'
import { compileMachines } from '../../src/model/machines.js'
import { compileMenus } from '../../src/model/compile.js'
import { machineSchema } from '../../src/model/machine-schema.js'
import { menusSchema } from '../../src/model/schema.js'
import { variableSchema } from '../../src/project/schema.js'
import { readYaml } from '../../src/project/yaml.js'
import { runRules } from '../../src/rules/run.js'

export interface Usable {
  yaml: string
  /** Text of the scripts by path; the first menu is `boot.ipxe`. */
  scripts: Map<string, string>
}

/** Asserts that a result can be used as it is. */
export function assertUsable(result: ImportResult): Usable {
  const yaml = toYaml(result)
  const data = read(yaml)
  for (const variable of Object.values(data['variables'] ?? {})) variableSchema.parse(variable)
  const menus = menusSchema.parse(data['menus'])
  const options = { first: { menu: menus[0]!.id, path: 'boot.ipxe' } }
  const { scripts, problems } = compileMenus(menus, options)
  assert.deepEqual(
    problems.filter(({ rule }) => rule !== 'unreachable-menu'),
    [],
  )
  menusSchema.parse(result.menus)

  // the comments say the same with the hashes taken away
  const commented = yaml.replace(/^# (machines:| {2}- )/gm, '$1')
  const machines = machineSchema.array().parse(read(commented)['machines'] ?? [])
  const compiled = compileMachines(machines, [], menus, options)
  assert.deepEqual(compiled.problems, [])
  assert.equal(machines.length, result.machines.filter(({ match }) => !('ip' in match)).length)

  const texts = new Map<string, string>()
  for (const { script, path } of [...scripts, ...compiled.scripts]) {
    const complaints = runRules(script, { path }).filter(
      ({ ruleId, reason }) =>
        ruleId !== 'undefined-variable' &&
        // what the tree says of disks and consoles is its own
        ruleId !== 'destructive-default' &&
        ruleId !== 'console-disagrees' &&
        // the compiler writes `failed:` also where no entry of the menu can fail
        !(ruleId === 'unset-setting' && reason.startsWith('Nothing sets `what`')),
    )
    const text = new TextDecoder().decode(stringify(script))
    assert.deepEqual(
      complaints.map(({ ruleId, reason, place }) => `${path}:${place?.start.line ?? ''} ${ruleId} ${reason}`),
      [],
      text,
    )
    texts.set(path, text)
  }
  return { yaml, scripts: texts }
}

function read(yaml: string): Record<string, unknown> {
  const { data, diagnostics } = readYaml('ipxetool.yaml', new TextEncoder().encode(yaml))
  assert.deepEqual(
    diagnostics.map(({ reason }) => reason),
    [],
  )
  assert.ok(data)
  return data
}
