/** Templates of catalog files: `{name}`, `{document:path}`, both with templates inside. */
import { IpxetoolError } from '../../diagnostics/error.js'

export interface TemplateScope {
  /** @param nested it only helps to name another value: `{document:path/{name}}` */
  variable(name: string, nested: boolean): string | undefined
  /** @returns undefined when there is nothing at the path */
  value(document: string, path: string): string | undefined
}

/**
 * @param where names the place in the catalog, for the error: `coreos: files[0].url`
 * @throws IpxetoolError `catalog-value` when a name or a value is not there. Values are never read as templates.
 */
export function expand(template: string, scope: TemplateScope, where: string): string {
  return read(template, 0, scope, where, false).text
}

/** As {@link expand}, with values escaped so that they stand for themselves in a regular expression. */
export function expandRegex(template: string, scope: TemplateScope, where: string, flags = ''): RegExp {
  const source = template.replace(/\{([a-z][A-Za-z0-9]*)\}/g, (_, name: string) =>
    needed(scope.variable(name, true), `{${name}}`, where).replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'),
  )
  try {
    return new RegExp(source, flags)
  } catch (cause) {
    throw new IpxetoolError('catalog-value', `${where}: \`${template}\` is no regular expression`, { cause })
  }
}

function read(
  template: string,
  start: number,
  scope: TemplateScope,
  where: string,
  nested: boolean,
): { text: string; end: number } {
  let text = ''
  let at = start
  while (at < template.length) {
    const char = template[at]!
    if (nested && char === '}') return { text, end: at + 1 }
    // `{8}` of a regular expression is no reference: a name begins with a letter
    if (char !== '{' || !/[a-z]/.test(template[at + 1] ?? '')) {
      text += char
      at++
      continue
    }
    const inner = read(template, at + 1, scope, where, true)
    const colon = inner.text.indexOf(':')
    const value =
      colon < 0
        ? scope.variable(inner.text, nested)
        : scope.value(inner.text.slice(0, colon), inner.text.slice(colon + 1))
    text += needed(value, `{${inner.text}}`, where)
    at = inner.end
  }
  if (nested) throw new IpxetoolError('catalog-value', `${where}: \`${template}\` lacks a \`}\``)
  return { text, end: at }
}

function needed(value: string | undefined, reference: string, where: string): string {
  if (value !== undefined) return value
  throw new IpxetoolError('catalog-value', `${where}: nothing gives \`${reference}\``, {
    hint: 'The publisher may have changed the format of its metadata; `--catalog FILE` can correct the description.',
  })
}
