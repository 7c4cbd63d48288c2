/** Links into the tree whose file is not there. */
import { count, quote } from '../rules/message.js'
import { Diagnostic, type Severity } from '../diagnostics/diagnostic.js'
import { onceFolder } from '../model/once.js'
import { encodeText } from '../syntax/bytes.js'
import type { Link, Report } from './resolve.js'
import type { DynamicTarget, InsideTarget } from './targets.js'
import type { Tree } from './tree.js'

export const missingTarget = 'missing-target'

/** @param isPlaceKnown whether it is known which URL the tree is published at */
export function checkTargets<Found extends { link: Link }>(
  found: readonly Found[],
  tree: Tree,
  isPlaceKnown: boolean,
  report: Report<Found>,
): void {
  for (const checked of found) {
    const { target } = checked.link
    if (target.kind === 'inside') checkInside(checked, target, tree, isPlaceKnown, report)
    else if (target.kind === 'dynamic' && target.isOurs && target.matches.length === 0) {
      checkPattern(checked, target, tree, report)
    }
  }
}

function checkInside<Found extends { link: Link }>(
  checked: Found,
  target: InsideTarget,
  tree: Tree,
  isPlaceKnown: boolean,
  report: Report<Found>,
): void {
  const { link } = checked
  const { path, found, fromRoot, climbs } = target
  // made by `ipxetool serve` when it is asked for
  if (path.startsWith(onceFolder) && !climbs) return
  const isFine = found === 'file' || (found === 'folder' && link.role === 'argument')
  if (isFine && !climbs) return
  // below the tree's URL there may be what another program serves, or what is put there later; not next to a typo
  const isElsewhere = target.byUrl === true && (path === '' || tree.nearest(path) === undefined)
  const severity: Severity = isFine
    ? 'warning'
    : link.isOptional
      ? 'info'
      : isElsewhere || (fromRoot && !isPlaceKnown)
        ? 'warning'
        : 'error'
  report(checked, (file, place) => {
    const shown = quote(encodeText(link.text))
    const common = { ruleId: missingTarget, severity, file, ...(place && { place }) }
    if (climbs) {
      const note = isFine
        ? 'That works as long as the tree is at the root of its server: there iPXE has nowhere else to go.'
        : `There is no ${quote(encodeText(path))} in the tree either.`
      return new Diagnostic({ ...common, reason: `${shown} leads out of the tree`, note })
    }
    if (found === 'folder') {
      const reason = `${shown} leads to the folder ${folderName(path)}, not to a file`
      return new Diagnostic({ ...common, reason, note: 'Name a file in it: iPXE cannot load a folder.' })
    }
    const near = path === '' ? undefined : tree.nearest(path)
    const same = near && near.path !== path ? near : undefined
    const meant = same && quote(encodeText(same.path))
    const hint =
      meant === undefined
        ? ''
        : same?.why === 'case'
          ? `; there is ${meant}, which differs in upper and lower case`
          : same?.why === 'folder'
            ? `; there is ${meant} in another folder`
            : `; did you mean ${meant}?`
    const resolved = link.text === path ? '' : `, that is ${quote(encodeText(path))} in the tree,`
    const note = link.isOptional
      ? 'The script goes on without it.'
      : fromRoot && !isPlaceKnown
        ? 'A path that begins with `/` starts at the root of the server. Write it relative to the script.'
        : link.role === 'argument'
          ? 'The booted system would ask for it and get "not found".'
          : 'The machine would get "not found" and go on with what stands after `||`, or stop.'
    return new Diagnostic({
      ...common,
      reason: `${shown}${resolved} is not there${hint}`,
      note,
      ...(same && { expected: [same.path] }),
    })
  })
}

function checkPattern<Found extends { link: Link }>(
  checked: Found,
  target: DynamicTarget,
  tree: Tree,
  report: Report<Found>,
): void {
  const { link } = checked
  const severity = link.isOptional ? 'info' : 'warning'
  report(checked, (file, place) => {
    const common = { ruleId: missingTarget, severity, file, ...(place && { place }) } as const
    if (!target.pattern.includes('*')) {
      const near = tree.nearest(target.pattern)?.path
      const hint = near === undefined ? '' : `; did you mean ${quote(encodeText(near))}?`
      return new Diagnostic({
        ...common,
        reason: `The tree has no ${quote(encodeText(target.pattern))} for ${quote(encodeText(link.text))}${hint}`,
        note: 'It is asked of the server that machines boot from. Put it into `static/`, or name another server.',
        ...(near !== undefined && { expected: [near] }),
      })
    }
    const folder = target.pattern.includes('/') ? target.pattern.replace(/\/[^/]*$/, '') : ''
    const beside = folder.includes('*') ? 0 : tree.below(folder).length
    const where =
      folder === '' || folder.includes('*')
        ? ''
        : beside === 0
          ? ` There is no folder ${folderName(folder)}.`
          : ` The folder ${folderName(folder)} has ${count(beside, 'file')} of other names.`
    return new Diagnostic({
      ...common,
      reason: `No file of the tree fits ${quote(encodeText(link.text))}`,
      note: `Whatever the machine puts in place of \`\${…}\`, it would get "not found".${where}`,
    })
  })
}

function folderName(path: string): string {
  return quote(encodeText(`${path}/`))
}
