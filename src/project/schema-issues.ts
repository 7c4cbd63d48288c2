/** Schema errors in words: what stands there, what was expected, what was probably meant. */
import type { z } from 'zod'
import { suggest } from '../data/suggest.js'
import { projectSchema, variableSchemas } from './schema.js'
import { shown, type YamlPath } from './yaml.js'

export interface SchemaReport {
  path: YamlPath
  part?: 'key' | 'value'
  reason: string
  expected?: string[]
  note?: string
}

type Issue = z.core.$ZodIssue

/** What one of zod's issues means to somebody who wrote YAML. */
export function explainIssue(issue: Issue, data: unknown, base: YamlPath): SchemaReport[] {
  const path = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))]
  const where = nameOf(path)
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
      return [
        {
          path,
          reason: `${where} is ${quote(at(data, path))}${meant(at(data, path), values)}`,
          expected: values,
        },
      ]
    }
    case 'invalid_type': {
      const value = at(data, path)
      if (value === undefined)
        return [
          {
            path,
            part: 'key',
            reason: `${where} is missing`,
            expected: [kinds[issue.expected] ?? issue.expected],
          },
        ]
      return [wrongKind(path, value, [issue.expected])]
    }
    case 'too_big':
      return [{ path, reason: `${where} is too large` }]
    case 'too_small':
      return [{ path, reason: `${where} is empty` }]
    default:
      return [
        {
          path,
          reason: `${where} is ${quote(at(data, path))}, which is not possible here`,
          expected: [issue.message],
        },
      ]
  }
}

function explainUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  data: unknown,
  path: YamlPath,
): SchemaReport[] {
  if (issue.discriminator !== undefined) {
    const types = Object.keys(variableSchemas)
    const value = at(data, path)
    const name = String(path.at(-2))
    const reason =
      value === undefined
        ? `Variable \`${name}\` has no \`type\``
        : `Variable \`${name}\` has the type ${quote(value)}${meant(value, types)}`
    return [{ path, part: value === undefined ? 'key' : 'value', reason, expected: types }]
  }
  // of a mapping the branch for mappings knows more; else any of the kinds would do
  const value = at(data, path)
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value)
  const deep = isMapping
    ? issue.errors.find((branch) =>
        branch.some((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
      )
    : undefined
  if (deep) return deep.flatMap((inner) => explainIssue(inner, data, path))
  const wanted = issue.errors.flatMap((branch) =>
    branch.flatMap((inner) => (inner.code === 'invalid_type' ? [inner.expected] : [])),
  )
  return [wrongKind(path, value, wanted)]
}

const kinds: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  array: 'a list',
  record: 'a mapping',
}

function wrongKind(path: YamlPath, value: unknown, wanted: readonly string[]): SchemaReport {
  const expected = [...new Set(wanted.map((kind) => kinds[kind] ?? kind))]
  const isPlain = typeof value === 'number' || typeof value === 'boolean'
  const wantsQuotes = isPlain && wanted.includes('string')
  return {
    path,
    reason: `${nameOf(path)} is ${kindOf(value)}, expected ${expected.join(' or ')}`,
    expected,
    ...(wantsQuotes && {
      note: `YAML reads it as ${kindOf(value)}: put quotes around it ('1.10' would become 1.1).`,
    }),
    ...(value === null && { note: 'Nothing follows the colon.' }),
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  if (typeof value === 'string') return 'text'
  return typeof value === 'number' ? 'a number' : 'true or false'
}

function unknownKey(path: YamlPath, key: string, data: unknown): SchemaReport {
  const known = knownKeys(path, data)
  const near = suggest(key, known)
  const owner = path[0] === 'variables' && path.length === 2 ? typesWithKey(key) : []
  const meantHere = near === undefined ? '' : `; did you mean \`${near}\`?`
  const type = typeOfVariable(path, data)
  const reason =
    owner.length > 0 && type !== undefined
      ? `\`${key}\` is for variables of type ${owner.join(', ')}; this one is of type ${type}`
      : `There is no key \`${shown(key)}\` here${meantHere}`
  const isVariable = path.length === 0 && typeof at(data, [key]) !== 'object' && near === undefined
  return {
    path: [...path, key],
    part: 'key',
    reason,
    expected: known,
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

function knownKeys(path: YamlPath, data: unknown): string[] {
  if (path.length === 0) return Object.keys(projectSchema.shape)
  if (path[0] !== 'variables') return []
  if (path.length === 3) return ['port', 'speed']
  const type = typeOfVariable(path, data)
  const entry = Object.entries(variableSchemas).find(([name]) => name === type)
  return entry ? Object.keys(entry[1].shape) : []
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

function nameOf(path: YamlPath): string {
  if (path[0] === 'variables' && path.length === 2) return `Variable \`${String(path[1])}\``
  if (path[0] === 'variables' && path.length > 2) {
    return `\`${path.slice(2).join('.')}\` of \`${String(path[1])}\``
  }
  return `\`${path.join('.')}\``
}
