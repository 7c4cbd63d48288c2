/** What was imported as the text of an `ipxetool.yaml`. */
import { Document, isMap, isScalar, isSeq, visit } from 'yaml'
import type { Entry, Menu } from '../model/schema.js'
import { visible } from '../diagnostics/visible.js'
import type { ImportedMachine, ImportResult } from './result.js'

/**
 * `variables:` and `menus:` as data, the machines as comments. The places in the imported files are comments above
 * the menus and not data.
 */
export function toYaml(result: ImportResult): string {
  const { menus, variables, origin } = result
  const document = new Document({
    ...(Object.keys(variables).length > 0 && { variables }),
    menus: menus.map(withoutSource),
  })
  document.commentBefore = ` Imported from ${visible(origin)} by ipxetool. It is yours to change now.`
  const list = document.get('menus')
  if (isSeq(list)) {
    for (const [index, item] of list.items.entries()) {
      const source = menus[index]?.source
      if (isMap(item) && source) item.commentBefore = ` from ${visible(source.file)}:${source.line}`
    }
  }
  visit(document, {
    Pair(_key, pair) {
      if (isScalar(pair.key) && pair.key.value === 'args' && isSeq(pair.value)) pair.value.flow = true
    },
  })
  return document.toString({ lineWidth: 0, indentSeq: true }) + machineComments(result.machines)
}

/** What people look for comes first. */
const firstFields = ['kind', 'id', 'menu', 'label', 'key', 'needs'] as const

function withoutSource(menu: Menu): object {
  return { ...pick(menu, (name) => name !== 'source'), entries: menu.entries.map(entryFields) }
}

function entryFields(entry: Entry): object {
  const isFirst = (name: string): boolean => (firstFields as readonly string[]).includes(name)
  const fields: Readonly<Record<string, unknown>> = entry
  return {
    ...Object.fromEntries(firstFields.flatMap((name) => (name in fields ? [[name, fields[name]]] : []))),
    ...pick(entry, (name) => name !== 'source' && !isFirst(name)),
  }
}

function pick(fields: object, isWanted: (name: string) => boolean): object {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => isWanted(name)))
}

function machineComments(machines: readonly ImportedMachine[]): string {
  if (machines.length === 0) return ''
  const lines = machines.map(({ id, match, menu, file }) => {
    const [[key, value]] = Object.entries(match) as [[string, string]]
    // machines have no match by address
    return 'ip' in match
      ? `# ${value} had the menu ${menu}, ${visible(file)}\n`
      : `#   - { id: ${id}, match: { ${key}: '${value}' }, menu: ${menu} } # ${visible(file)}\n`
  })
  const isByAddress = (line: string): boolean => !line.startsWith('#   -')
  const named = lines.filter((line) => !isByAddress(line))
  return [
    '\n# Who gets another menu than the first one.\n',
    ...(named.length > 0 ? ['# machines:\n', ...named] : []),
    ...lines.filter(isByAddress),
  ].join('')
}
