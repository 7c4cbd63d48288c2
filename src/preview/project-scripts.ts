/** The scripts of a project as the preview shows them: machines that get the same menu are one. */
import type { Script } from '../ast/nodes.js'
import type { ReadyScript } from '../project/check.js'
import type { Project } from '../project/project.js'
import type { PreviewScript } from './preview.js'

/**
 * Scripts of machines that differ in the values of variables alone share one part of the page, which shows the first
 * of them.
 */
export function previewScripts(
  { generated }: Pick<Project, 'generated'>,
  scripts: readonly ReadyScript[],
): PreviewScript[] {
  const made = new Map(generated.map((item) => [item.path, item]))
  const shared = new Map<Script, { script: PreviewScript; alike: { path: string; machine: string }[] }>()
  const shown: PreviewScript[] = []
  for (const { path, kind, script } of scripts) {
    if (kind !== 'output') continue
    const { menu, machine, script: template } = made.get(path) ?? {}
    const id = machine?.machine.id
    const known = template && id !== undefined ? shared.get(template) : undefined
    if (known && id !== undefined) {
      known.alike.push({ path, machine: id })
      continue
    }
    const alike = id === undefined ? [] : [{ path, machine: id }]
    const own = { path, script, ...(menu && { menu }), ...(id !== undefined && { alike }) }
    if (template && id !== undefined) shared.set(template, { script: own, alike })
    shown.push(own)
  }
  return shown
}
