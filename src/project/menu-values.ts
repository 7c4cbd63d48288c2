/** The values of variables that a menu names as its `default` and its `timeout`. */
import { suggest } from '../data/suggest.js'
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { entryId } from '../model/problems.js'
import type { Menu } from '../model/schema.js'
import { placeOfSource } from './model.js'
import { underRoot } from './paths.js'
import type { Variables } from './variables.js'
import { shown } from './yaml.js'

/** iPXE takes a default that is not in the menu for the first entry, and a timeout of another shape for an error. */
export function menuValueProblems(menu: Menu, { values }: Variables, root: string): Diagnostic[] {
  const problems: Diagnostic[] = []
  const valueOf = (text: string | undefined): string | undefined =>
    text?.startsWith('$<') === true ? values.get(text.slice(2, -1))?.text : undefined
  const report = (ruleId: string, reason: string, note: string, expected: string[]): void => {
    const { source } = menu
    problems.push(
      new Diagnostic({
        ruleId,
        severity: 'error',
        file: underRoot(root, source?.file ?? 'ipxetool.yaml'),
        reason,
        note,
        expected,
        ...(source && { place: placeOfSource(source) }),
      }),
    )
  }
  const id = valueOf(menu.default)
  const ids = menu.entries.flatMap((entry) => entryId(entry) ?? [])
  if (id !== undefined && !ids.includes(id)) {
    const near = suggest(id, ids)
    report(
      'missing-entry',
      `The default entry of the menu \`${menu.id}\`, \`${menu.default!}\`, is \`${shown(id)}\`, which does not exist`,
      'It must be the id of one of those.',
      near === undefined ? ids : [near],
    )
  }
  const timeout = valueOf(menu.timeout)
  if (timeout !== undefined && !/^\d{1,10}$/.test(timeout)) {
    report(
      'menu-text',
      `The timeout of the menu \`${menu.id}\`, \`${menu.timeout!}\`, is \`${shown(timeout)}\``,
      'In a variable it is a number of milliseconds, as iPXE reads it. Units are for what stands in the menu itself.',
      ['30000'],
    )
  }
  return problems
}
