/** Which commands the loaders have that `compile:` of a project declares, for the check of its scripts. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isIpxetoolError } from '../diagnostics/error.js'
import type { LoadersOf } from '../project/project.js'
import type { CompileSection } from '../project/schema.js'

/**
 * Nothing is fetched: the version of a source that is not here is not known, unless its `ref` is one, and then nothing
 * is said of its loaders.
 */
export const declaredLoaders =
  (cwd: string): LoadersOf =>
  async (section, root) => {
    const folder = resolve(cwd, root)
    try {
      // most projects have no such section, and need none of this
      const [{ readWishes }, { planCompile }] = await Promise.all([
        import('./compile-wishes.js'),
        import('../loader/plan.js'),
      ])
      const wishes = await readWishes({ define: [], trust: [], cert: [] }, folder, section)
      const version = await versionOfSource(section, folder)
      if (version === undefined) return { loaders: [] }
      const { plan, diagnostics } = planCompile({ ...wishes, source: { id: '', version, time: 0 } })
      const error = diagnostics.find(({ severity }) => severity === 'error')
      if (error) return { loaders: [], problem: { reason: error.reason, note: error.note } }
      const loaders = (plan?.builds ?? []).flatMap(({ outputs, has }) =>
        outputs.map(({ target }) => ({ name: target.output, has })),
      )
      return { loaders }
    } catch (error) {
      if (!isIpxetoolError(error)) throw error
      return { loaders: [], problem: { reason: error.message, note: error.hint } }
    }
  }

async function versionOfSource({ source, ref }: CompileSection, folder: string): Promise<string | undefined> {
  if (ref !== undefined && /^v?\d+\.\d+(?:\.\d+)?$/.test(ref)) return ref
  const { pinnedSource } = await import('../loader/source/index.js')
  if (source === undefined)
    return ref === undefined || ref === pinnedSource().commit ? pinnedSource().version : undefined
  if (ref !== undefined) return undefined
  const { versionOf } = await import('../loader/source/tree-facts.js')
  const makefile = await readFile(join(resolve(folder, source), 'src', 'Makefile'), 'utf8').catch(() => '')
  return versionOf(makefile)
}
