/** Programs that some loaders need beside the usual ones, looked for before anything is unpacked or compiled. */
import { access, constants } from 'node:fs/promises'
import { arch } from 'node:os'
import { delimiter, join } from 'node:path'
import { type LoaderNeed, type LoaderTarget } from '../../data/loader-targets.js'
import { crossPackage, hostCrossPrefixes } from '../cross.js'
import type { EngineContext, Unusable } from './types.js'

/** Any of the programs will do; isolinux is files in one of twenty places, which only iPXE's own script knows. */
const programs: Readonly<Record<LoaderNeed, readonly string[]>> = {
  mtools: ['mcopy'],
  xorriso: ['xorrisofs', 'mkisofs', 'genisoimage'],
  isolinux: [],
}

/** Undefined: nothing is missing. */
export async function missingNatively(
  targets: readonly LoaderTarget[],
  env: EngineContext['env'],
  host: string = arch(),
): Promise<Unusable | undefined> {
  const has = async (name: string): Promise<boolean> => {
    for (const folder of (env['PATH'] ?? '').split(delimiter)) {
      const found = await access(join(folder, name), constants.X_OK).then(
        () => true,
        () => false,
      )
      if (found) return true
    }
    return false
  }
  for (const { make, architecture, needs } of targets) {
    const prefix = hostCrossPrefixes(host)[architecture]
    if (prefix !== undefined && !(await has(`${prefix}gcc`))) {
      return {
        why: `${make} wants ${prefix}gcc, which this machine has not`,
        hint: `apt-get install ${crossPackage(prefix)}, or leave that loader out`,
      }
    }
    for (const need of needs) {
      const any = programs[need]
      if (any.length === 0 || (await Promise.all(any.map(has))).includes(true)) continue
      return {
        why: `${make} wants ${any.join(' or ')}, which this machine has not`,
        hint: `apt-get install ${needs.join(' ')}, or leave that loader out`,
      }
    }
  }
  return undefined
}
