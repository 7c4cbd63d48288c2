/** Whether the compiler of this machine is still the one that it was. */
import { realpath, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { EngineContext } from './types.js'

/** Another one when compiler or linker have been exchanged; nothing is started to find out. */
export async function nativeStamp(env: EngineContext['env']): Promise<string> {
  const stamps = ['gcc', 'ld'].map(async (name) => {
    for (const folder of (env['PATH'] ?? '').split(delimiter)) {
      const path = await realpath(join(folder, name)).catch(() => undefined)
      if (path === undefined) continue
      const { size, mtimeMs } = await stat(path)
      return `${path} ${size} ${mtimeMs}`
    }
    return `no ${name}`
  })
  return (await Promise.all(stamps)).join('; ')
}
