/** Schema errors in words: what stands there, what was expected, what was probably meant. */
import type * as z from 'zod'
import { suggest } from '../data/suggest.js'
import { projectSchema, variableSchemas } from './schema.js'
import { descriptionOf, keysOf, kindsOf, schemaAt } from './schema-walk.js'
import { shown, type YamlPath } from './yaml.js'

export interface SchemaReport {
  path: YamlPath
  part?: 'key' | 'value'
  reason: string
  expected?: string[]
  note?: string
  /** The key that was probably meant by an unknown one. */
  meantKey?: string
  isMissing?: boolean
}

type Issue = z.core.$ZodIssue

/**
 * What zod's issues mean to somebody who wrote YAML, or a menu in TypeScript. A key that is missing because it is
 * misspelt is not reported as missing too.
 *
 * @param data as {@link projectSchema} sees it
 */
export function explainIssues(issues: readonly Issue[], data: unknown, base: YamlPath): SchemaReport[] {
  const reports = issues.flatMap((issue) => explainIssue(issue, data, base))
  const meantKeys = new Set(
    reports.flatMap(({ path, meantKey }) =>
      meantKey === undefined ? [] : [JSON.stringify([...path.slice(0, -1), meantKey])],
    ),
  )
  return reports.filter(({ path, isMissing }) => isMissing !== true || !meantKeys.has(JSON.stringify(path)))
}

function explainIssue(issue: Issue, data: unknown, base: YamlPath): SchemaReport[] {
  const path = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))]
  const where = nameOf(path, data)
  const value = at(data, path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, data))
    case 'invalid_union':
      return explainUnion(issue, data, path)
    case 'invalid_key':
      return [
        {
          path,
          part: 'key',
          reason: `\`${shown(String(path.at(-1)))}\` cannot be the name of a variable`,
          note: 'A name begins with a letter or `_` and goes on with letters, digits, `_`, `-` and `.`.',
        },
      ]
    case 'invalid_value': {
      const values = issue.values.map(String)
      if (value === undefined) return [missing(path, where, values)]
      return [{ path, reason: `${where} is ${quote(value)}${meant(value, values)}`, expected: values }]
    }
    case 'invalid_type': {
      if (value === undefined) return [missing(path, where, [kinds[issue.expected] ?? issue.expected])]
      return [wrongKind(path, data, [issue.expected])]
    }
    case 'too_big':
      return [{ path, reason: `${where} ${Array.isArray(value) ? 'has too many parts' : 'is too large'}` }]
    case 'too_small':
      return [{ path, reason: `${where} is empty` }]
    case 'invalid_format':
      return [invalidText(path, where, data)]
    default:
      return [
        {
          path,
          reason: `${where} is ${quote(value)}, which is not possible here`,
          expected: [issue.message],
        },
      ]
  }
}

function missing(path: YamlPath, where: string, expected: string[]): SchemaReport {
  return { path, part: 'key', reason: `${where} is missing`, expected, isMissing: true }
}

function invalidText(path: YamlPath, where: string, data: unknown): SchemaReport {
  const value = String(at(data, path))
  const list = typeof path.at(-1) === 'number' ? path.slice(0, -1) : path
  const about =
    descriptionOf(schemaAt(projectSchema, data, path)) ?? descriptionOf(schemaAt(projectSchema, data, list))
  const break_ = /[\r\n]/.test(value)
  const what = break_ ? ', which holds a line break' : /\s/.test(value) ? ', which holds a blank' : ''
  return {
    path,
    reason: `${where} is \`${shown(value)}\`${what === '' ? ', which is not possible here' : what}`,
    ...(about !== undefined && { note: about }),
  }
}

function explainUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  data: unknown,
  path: YamlPath,
): SchemaReport[] {
  const value = at(data, path)
  if (issue.discriminator !== undefined) {
    const owner = path.slice(0, -1)
    const list = schemaAt(projectSchema, data, owner.slice(0, -1))?._zod.def
    const union = list?.type === 'array' ? list.element : list?.type === 'record' ? list.valueType : undefined
    const known = union ? kindsOf(union, issue.discriminator) : []
    const what = capital(ownerName(owner, data))
    const reason =
      value === undefined
        ? `${what} has no \`${issue.discriminator}\``
        : `${what} has the ${issue.discriminator} ${quote(value)}${meant(value, known)}`
    return [{ path, part: value === undefined ? 'key' : 'value', reason, expected: known }]
  }
  if (value === undefined)
    return [
      missing(path, nameOf(path, data), [...new Set(wantedKinds(issue).map((kind) => kinds[kind] ?? kind))]),
    ]
  // of a mapping or list the branch for such knows more; else any of the kinds would do
  const isDeep = typeof value === 'object' && value !== null
  const deep = isDeep
    ? issue.errors.find((branch) =>
        branch.some((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
      )
    : undefined
  if (deep) return deep.flatMap((inner) => explainIssue(inner, data, path))
  const sameKind = issue.errors.find((branch) => !branch.some(isOfKind))
  if (sameKind) return sameKind.flatMap((inner) => explainIssue(inner, data, path))
  const values = issue.errors.flat().flatMap((inner) => (inner.code === 'invalid_value' ? inner.values : []))
  if (typeof value === 'string' && values.length > 0) {
    const known = values.map(String)
    return [
      { path, reason: `${nameOf(path, data)} is ${quote(value)}${meant(value, known)}`, expected: known },
    ]
  }
  return [wrongKind(path, data, wantedKinds(issue))]
}

function isOfKind({ code }: Issue): boolean {
  return code === 'invalid_type' || code === 'invalid_union' || code === 'invalid_value'
}

function wantedKinds(issue: Extract<Issue, { code: 'invalid_union' }>): string[] {
  return issue.errors.flat().flatMap((inner): string[] => {
    if (inner.code === 'invalid_type') return [inner.expected]
    if (inner.code === 'invalid_union') return wantedKinds(inner)
    return inner.code === 'invalid_value' ? inner.values.map(String) : []
  })
}

const kinds: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  array: 'a list',
  tuple: 'a list',
  record: 'a mapping',
}

function wrongKind(path: YamlPath, data: unknown, wanted: readonly string[]): SchemaReport {
  const value = at(data, path)
  const expected = [...new Set(wanted.map((kind) => kinds[kind] ?? kind))]
  const isPlain = typeof value === 'number' || typeof value === 'boolean'
  const wantsQuotes = isPlain && wanted.includes('string')
  return {
    path,
    reason: `${nameOf(path, data)} is ${kindOf(value)}, expected ${expected.join(' or ')}`,
    expected,
    ...(wantsQuotes && {
      note: `YAML reads it as ${kindOf(value)}: put quotes around it ('1.10' would become 1.1).`,
    }),
    ...(value === null && { note: nothingThere }),
  }
}

const nothingThere = 'Nothing follows the colon.'

function kindOf(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  if (typeof value === 'string') return 'text'
  return typeof value === 'number' ? 'a number' : 'true or false'
}

function unknownKey(path: YamlPath, key: string, data: unknown): SchemaReport {
  const known = keysOf(schemaAt(projectSchema, data, path))
  const near = suggest(key, known)
  const owner = path[0] === 'variables' && path.length === 2 ? typesWithKey(key) : []
  const meantHere = near === undefined ? '' : `; did you mean \`${near}\`?`
  const type = typeOfVariable(path, data)
  const ofEntry = path.length === 0 ? '' : ` in ${ownerName(path, data)}`
  const reason =
    owner.length > 0 && type !== undefined
      ? `\`${key}\` is for variables of type ${owner.join(', ')}; this one is of type ${type}`
      : `There is no key \`${shown(key)}\` ${ofEntry === '' || path[0] === 'variables' ? 'here' : ofEntry.trim()}${meantHere}`
  const isVariable = path.length === 0 && typeof at(data, [key]) !== 'object' && near === undefined
  return {
    path: [...path, key],
    part: 'key',
    reason,
    expected: known,
    ...(near !== undefined && { meantKey: near }),
    ...(isVariable && { note: `Is it a variable? Those stand below \`variables:\`, each with a type.` }),
  }
}

function typeOfVariable(path: YamlPath, data: unknown): string | undefined {
  const type = path[0] === 'variables' && path.length === 2 ? at(data, [...path, 'type']) : undefined
  return typeof type === 'string' ? type : undefined
}

function typesWithKey(key: string): string[] {
  return Object.entries(variableSchemas).flatMap(([type, schema]) => (key in schema.shape ? [type] : []))
}

function meant(value: unknown, candidates: readonly string[]): string {
  const near = typeof value === 'string' ? suggest(value, candidates) : undefined
  return near === undefined ? '' : `; did you mean \`${near}\`?`
}

function at(data: unknown, path: YamlPath): unknown {
  let value = data
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}

function quote(value: unknown): string {
  return typeof value === 'string' ? `\`${shown(value)}\`` : kindOf(value)
}

const singular: Record<string, string> = {
  menus: 'menu',
  entries: 'entry',
  machines: 'machine',
  groups: 'group',
}

/** ``entry `centos` ``: the innermost thing with a name around a path; the keys below it are in `rest`. */
function ownerOf(path: YamlPath, data: unknown): { name: string; rest: YamlPath } | undefined {
  if (path[0] === 'variables' && path.length >= 2) {
    return { name: `variable \`${String(path[1])}\``, rest: path.slice(2) }
  }
  for (let length = path.length; length >= 2; length--) {
    const kind = singular[String(path[length - 2])]
    const index = path[length - 1]
    if (kind === undefined || typeof index !== 'number') continue
    const id = at(data, [...path.slice(0, length), 'id'])
    const name = typeof id === 'string' ? `\`${shown(id, 40)}\`` : String(index + 1)
    const menu = kind === 'entry' && name === String(index + 1) ? ownerOf(path.slice(0, 2), data) : undefined
    return { name: `${kind} ${name}${menu ? ` of ${menu.name}` : ''}`, rest: path.slice(length) }
  }
  return undefined
}

function ownerName(path: YamlPath, data: unknown): string {
  const owner = ownerOf(path, data)
  if (!owner) return `\`${shownPath(path)}\``
  return owner.rest.length === 0 ? owner.name : `\`${shownPath(owner.rest)}\` of ${owner.name}`
}

function nameOf(path: YamlPath, data: unknown): string {
  const owner = ownerOf(path, data)
  // of a variable the quotes say enough
  if (path[0] === 'variables' && owner && owner.rest.length > 0) {
    return `\`${shownPath(owner.rest)}\` of \`${String(path[1])}\``
  }
  return capital(ownerName(path, data))
}

function shownPath(path: YamlPath): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${step}`))
    .join('')
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
