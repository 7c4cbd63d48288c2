/** The compiler of this machine. */
import { runProcess } from '../process.js'
import { missingNatively } from './native-needs.js'
import type { Engine, EngineContext, Unusable } from './types.js'

/** Beside gcc: what the makefiles of iPXE call, with the package of Debian that has it. */
const tools = [
  ['make', 'make'],
  ['gcc', 'gcc'],
  ['ld', 'binutils'],
  ['perl', 'perl'],
] as const

/** Make gets no more of the environment than this: EMBED, CONFIG, DEBUG and the like would change the loader. */
const passed = ['PATH', 'HOME', 'TMPDIR']

export async function findNative(context: EngineContext, why: string): Promise<Engine | Unusable> {
  const { env, signal } = context
  const kept = Object.fromEntries(passed.map((name) => [name, env[name]]))
  const versions = await Promise.all(
    tools.map(async ([command, debian]) => {
      const { code, stdout } = await runProcess(
        { command, args: ['--version'], env: { ...kept, LC_ALL: 'C' } },
        { signal },
      )
      const line = stdout.trim().split('\n')[0] ?? ''
      return { command, debian, version: code === 0 ? line : undefined }
    }),
  )
  const missing = versions.filter(({ version }) => version === undefined)
  if (missing.length > 0) {
    return {
      why: `this machine has no ${missing.map(({ command }) => command).join(', ')}`,
      hint: `apt-get install ${[...new Set(missing.map(({ debian }) => debian))].join(' ')} liblzma-dev libc6-dev`,
    }
  }
  const [, gcc, ld] = versions
  return {
    name: 'native',
    version: gcc?.version ?? '',
    why,
    // make and perl leave no traces in a loader
    toolchain: `native ${gcc?.version ?? ''}; ${ld?.version ?? ''}`,
    lacks: (targets) => missingNatively(targets, env),
    run: (run, options = {}) =>
      runProcess(
        {
          command: run.command,
          args: run.args,
          cwd: `${run.tree}/src`,
          env: { ...kept, ...run.environment },
        },
        options,
      ),
  }
}
