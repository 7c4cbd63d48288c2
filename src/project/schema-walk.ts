/** Finds the part of a schema that some data is measured against. */
import type * as z from 'zod'
import type { YamlPath } from './yaml.js'

type Schema = z.core.$ZodTypes

/** The schema of what stands at a path, or would stand there; alternatives are picked by the data. */
export function schemaAt(root: z.core.$ZodType, data: unknown, path: YamlPath): Schema | undefined {
  let value = data
  let schema = pick(root, value)
  for (const step of path) {
    if (!schema) return undefined
    const next = below(schema, step)
    value =
      isObject(value) && Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined
    schema = next && pick(next, value)
  }
  return schema
}

/** The keys that a mapping may have; `source` is nothing that people write. */
export function keysOf(schema: Schema | undefined): string[] {
  const { def } = schema?._zod ?? {}
  if (def?.type === 'object') return Object.keys(def.shape).filter((key) => key !== 'source')
  if (def?.type === 'record' && isEnum(def.keyType)) return def.keyType._zod.def.entries
  return []
}

/** What the discriminator of a union may be. */
export function kindsOf(union: z.core.$ZodType, discriminator: string): string[] {
  const { def } = unwrapped(union)._zod
  if (def.type !== 'union') return []
  return def.options.flatMap((option) => literalOf(option, discriminator) ?? [])
}

/** What the schema says about its values. */
export function descriptionOf(schema: z.core.$ZodType | undefined): string | undefined {
  return (schema as z.ZodType | undefined)?.description
}

function isEnum(
  schema: z.core.$ZodType,
): schema is z.core.$ZodType & { _zod: { def: { entries: string[] } } } {
  return (schema as Schema)._zod.def.type === 'enum'
}

function below(schema: Schema, step: string | number): z.core.$ZodType | undefined {
  const { def } = schema._zod
  switch (def.type) {
    case 'object':
      return def.shape[String(step)]
    case 'array':
      return def.element
    case 'record':
      return def.valueType
    case 'tuple':
      return def.items[Number(step)]
    default:
      return undefined
  }
}

function unwrapped(schema: z.core.$ZodType): Schema {
  let inner = schema as Schema
  while (inner._zod.def.type === 'optional' || inner._zod.def.type === 'default') {
    inner = inner._zod.def.innerType as Schema
  }
  return inner
}

/** The schema itself, or the alternative that is meant for data of this sort. */
function pick(schema: z.core.$ZodType, value: unknown): Schema | undefined {
  const inner = unwrapped(schema)
  const { def } = inner._zod
  if (def.type !== 'union') return inner
  if ('discriminator' in def) {
    const key = def.discriminator as string
    const kind = isObject(value) ? (value as Record<string, unknown>)[key] : undefined
    return def.options.find((option) => literalOf(option, key) === kind) as Schema | undefined
  }
  const options = def.options.flatMap((option) => pick(option, value) ?? [])
  return options.find((option) => fits(option, value)) ?? options[0]
}

function fits(schema: Schema, value: unknown): boolean {
  const { type } = schema._zod.def
  if (Array.isArray(value)) return type === 'array' || type === 'tuple'
  if (isObject(value)) return type === 'object' || type === 'record'
  return type !== 'array' && type !== 'tuple' && type !== 'object' && type !== 'record'
}

function literalOf(option: z.core.$ZodType, key: string): string | undefined {
  const { def } = (option as Schema)._zod
  if (def.type !== 'object') return undefined
  const literal = (def.shape[key] as Schema | undefined)?._zod.def
  return literal?.type === 'literal' ? String(literal.values[0]) : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
