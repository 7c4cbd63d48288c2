/** Which engine compiles: the one that is named, or the first that works. */
import { IpxetoolError, isIpxetoolError } from '../../diagnostics/error.js'
import { containerEngine, findContainerEngine, type ImageWish } from './container.js'
import { findNative } from './native.js'
import {
  checkEngineName,
  type Engine,
  type EngineContext,
  type EngineName,
  engineNames,
  type Unusable,
} from './types.js'

export { type Engine, type EngineContext, type EngineName, engineNames, type ImageWish }

/**
 * @param wish `auto`, or a name
 * @throws IpxetoolError `unknown-engine` (exit code 2), `no-engine`, and what stands in the way of the one that is named
 */
export async function chooseEngine(wish: string, image: ImageWish, context: EngineContext): Promise<Engine> {
  checkEngineName(wish)
  const named = wish === 'auto' ? undefined : (wish as EngineName)
  const tried: Unusable[] = []
  for (const name of named === undefined ? engineNames : [named]) {
    // an image that is named is in a container engine
    if (name === 'native' && named === undefined && image.image !== undefined) continue
    const why = named === undefined ? whyAuto(name, tried) : `--engine ${name}`
    try {
      const engine = await tryEngine(name, why, image, context)
      if ('toolchain' in engine) return engine
      tried.push(engine)
    } catch (error) {
      context.signal?.throwIfAborted()
      const mayGoOn = named === undefined && image.image === undefined && isIpxetoolError(error)
      if (!mayGoOn) throw error
      tried.push({ why: error.message, ...(error.hint !== undefined && { hint: error.hint }) })
    }
  }
  throw new IpxetoolError(
    named === undefined ? 'no-engine' : 'engine-unusable',
    named === undefined
      ? `nothing here can compile: ${tried.map(({ why }) => why).join('; ')}`
      : (tried[0]?.why ?? `${named} cannot be used`),
    {
      hint:
        tried.findLast(({ hint }) => hint !== undefined)?.hint ??
        'install podman, or gcc, make, binutils, perl and liblzma-dev',
    },
  )
}

async function tryEngine(
  name: EngineName,
  why: string,
  image: ImageWish,
  context: EngineContext,
): Promise<Engine | Unusable> {
  if (name === 'native') return findNative(context, why)
  const found = await findContainerEngine(name, context)
  if ('why' in found) return found
  return containerEngine(name, { ...found, why }, image, context)
}

/** Pure. */
export function whyAuto(name: EngineName, tried: readonly Unusable[]): string {
  return tried.length === 0
    ? `found first of ${engineNames.join(', ')}`
    : `${tried.map(({ why }) => why).join('; ')}; so ${name}`
}
