/** The tables of docs/menus.md: kinds of entries and their fields, menus, machines, from src/model/schema.ts. */
import type { z } from 'zod'
import { groupSchema, machineSchema } from '../src/model/machine-schema.js'
import {
  entryFields,
  entrySchema,
  fieldSchema,
  filesOfKind,
  initrdSchema,
  kernelEntrySchemas,
  kernelFields,
  menuSchema,
  needsSchema,
} from '../src/model/schema.js'

/** By the name that the page gives in `<!-- generated: NAME -->`. */
export function modelTables(): Map<string, string> {
  return new Map([
    ['kinds', kinds()],
    ['menu', fields(menuSchema.shape)],
    ['entry', fields(entryFields)],
    ['kernel', fields(only(kernelFields, entryFields))],
    ['needs', fields(needsSchema.shape)],
    ['initrd', fields(initrdSchema.shape)],
    ['field', fields(fieldSchema.shape)],
    ['machine', fields(machineSchema.shape)],
    ['group', fields(groupSchema.shape)],
  ])
}

type Shape = Readonly<Record<string, z.ZodType>>

/** One row per field of its own; what several kinds share has tables of its own. */
function kinds(): string {
  const kernels = new Set<z.ZodType>(kernelEntrySchemas)
  const rows = entrySchema.options.flatMap((schema) => {
    const shared = kernels.has(schema) ? kernelFields : entryFields
    const own = Object.entries(only(schema.shape, shared))
    const kind = [...schema.shape.kind.values][0]!
    const start = kernels.has(schema) ? ' Starts a kernel.' : ''
    const first = `**\`${kind}\`** | | | ${cell(`${schema.description ?? ''}${start}`)}`
    return [first, ...own.map(([name, type]) => ` | ${fieldRow(name, type, kind)}`)]
  })
  return table(['kind', 'field', 'value', 'meaning'], rows)
}

/** Without what another list has, the kind, and the place in the source, which people do not write. */
function only(shape: Shape, shared: Shape): Shape {
  const isOwn = ([name, type]: [string, z.ZodType]): boolean =>
    name !== 'kind' && name !== 'source' && shared[name] !== type
  return Object.fromEntries(Object.entries(shape).filter(isOwn))
}

function fields(shape: Shape): string {
  const rows = Object.entries(only(shape, {})).map(([name, type]) => fieldRow(name, type))
  return table(['field', 'value', 'meaning'], rows)
}

function table(head: readonly string[], rows: readonly string[]): string {
  return [head.join(' | '), head.map(() => '---').join(' | '), ...rows].map((row) => `| ${row} |`).join('\n')
}

function fieldRow(name: string, type: z.ZodType, kind = ''): string {
  const isRequired = !type.safeParse(undefined).success
  const files: Readonly<Record<string, readonly string[] | undefined>> = filesOfKind
  const required = isRequired
    ? 'Required.'
    : files[kind]?.includes(name) === true
      ? 'Required without `use`.'
      : ''
  const meaning = descriptionOf(type)
  const words = [...(required === '' ? [] : [required]), ...(meaning === undefined ? [] : [meaning])]
  return `\`${name}\` | ${cell(valueOf(type))} | ${cell(words.join(' '))}`
}

/** The nearest words: of the field, else of what is in it. */
function descriptionOf(type: z.ZodType): string | undefined {
  if (type.description !== undefined) return type.description
  return inside(type)
    .map(descriptionOf)
    .find((text) => text !== undefined)
}

function inside(type: z.ZodType): z.ZodType[] {
  const { def } = type as z.ZodType & { def: { innerType?: z.ZodType; options?: z.ZodType[] } }
  return def.innerType ? [def.innerType] : (def.options ?? [])
}

/** What may be written, in a word or two: the title of a schema, else what its kind says. */
function valueOf(type: z.ZodType): string {
  const title = type.meta()?.title
  if (title !== undefined) return title
  const { def } = type as z.ZodType & { def: Definition }
  switch (def.type) {
    case 'optional':
      return valueOf(def.innerType!)
    case 'union':
      return [...new Set(def.options!.map(valueOf))].join(', ')
    case 'array':
      return `list of ${plural(valueOf(def.element!))}`
    case 'record':
      return def.keyType!.safeParse('x86_64').success && !def.keyType!.safeParse('x').success
        ? 'by architecture'
        : `${valueOf(def.valueType!)} by name`
    case 'enum':
      return Object.values(def.entries!)
        .map((value) => `\`${value}\``)
        .join(', ')
    case 'literal':
      return def.values!.map((value) => `\`${String(value)}\``).join(', ')
    case 'object':
      return `\`{ ${Object.keys(def.shape!).join(', ')} }\``
    case 'boolean':
      return '`true`, `false`'
    case 'string':
      return 'text'
    case 'number':
      return 'number'
    default:
      throw new TypeError(`the tables have no word for ${def.type}`)
  }
}

/** What zod keeps of a schema, as far as the tables read it. */
interface Definition {
  type: string
  innerType?: z.ZodType
  options?: z.ZodType[]
  element?: z.ZodType
  keyType?: z.ZodType
  valueType?: z.ZodType
  entries?: Record<string, string>
  values?: unknown[]
  shape?: Shape
}

function plural(word: string): string {
  if (word.startsWith('`')) return word
  return word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}s`
}

function cell(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replace(/\$\{?<?[\w.-]+>?\}?/g, (name) => (/[<{]/.test(name) ? `\`${name}\`` : name))
}
