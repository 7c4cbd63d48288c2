/** podman and docker: found out by trying, the toolchain image made where it is missing. */
import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { pack } from 'tar-stream'
import { IpxetoolError } from '../../diagnostics/error.js'
import { type Finished, runProcess } from '../process.js'
import { buildCommand, inspectImageCommand, probeCommand, runCommand, stopCommands } from './command-lines.js'
import type { ContainerEngine, Engine, EngineContext, Quirks, Unusable } from './types.js'

export interface ImageWish {
  /** An image that is there already. */
  readonly image?: string | undefined
  /** Base of the image that is built: a Debian. */
  readonly base?: string | undefined
  /** Debian packages beside the usual ones. */
  readonly extra?: readonly string[] | undefined
}

/** Whether the program is there and may be used by us. */
export async function findContainerEngine(
  name: 'podman' | 'docker',
  { env, signal }: EngineContext,
): Promise<{ version: string; rootless: boolean } | Unusable> {
  const ask = (...args: string[]): Promise<Finished> =>
    runProcess({ command: name, args, env }, { signal, timeout: 30_000 })
  const format = name === 'podman' ? '{{.Client.Version}}' : '{{.Server.Version}}'
  const asked = await ask('version', '--format', format)
  if (asked.failure === 'ENOENT') return { why: `${name} is not installed` }
  if (asked.failure !== undefined) return { why: `${name} cannot be started: ${asked.failure}` }
  if (asked.code !== 0) return refusal(name, asked.stderr)
  const security = name === 'podman' ? '{{.Host.Security.Rootless}}' : '{{.SecurityOptions}}'
  const info = await ask('info', '--format', security)
  if (info.code !== 0) return refusal(name, info.stderr)
  return { version: asked.stdout.trim(), rootless: /true|rootless/.test(info.stdout) }
}

/** Pure: what the words of an engine mean. */
export function refusal(name: string, stderr: string): Unusable {
  const said = stderr.trim().split('\n').at(-1) ?? ''
  if (/permission denied/i.test(stderr)) {
    return {
      why: `this user may not use ${name}: ${said}`,
      hint:
        name === 'docker'
          ? 'join the group docker, or install podman, which needs no daemon'
          : 'run it as a user who may',
    }
  }
  if (/cannot connect|is the docker daemon running|no such file or directory/i.test(stderr))
    return {
      why: `${name} is installed, but its daemon does not run`,
      hint: `start it, for example: systemctl start ${name}`,
    }
  return { why: `${name} does not work here: ${said || 'it says nothing'}` }
}

/**
 * An engine with an image that has a compiler.
 * @throws IpxetoolError `image-missing`, `image-build-failed`, `engine-broken`
 */
export async function containerEngine(
  name: 'podman' | 'docker',
  found: { version: string; rootless: boolean; why: string },
  wish: ImageWish,
  context: EngineContext,
): Promise<Engine> {
  const ids = process.getuid && process.getgid ? `${process.getuid()}:${process.getgid()}` : undefined
  // root of a rootless container is the user who started it
  const user = found.rootless ? undefined : ids
  const base: ContainerEngine = {
    name,
    program: name,
    quirks: { limits: true },
    ...(user !== undefined && { user }),
  }
  const { engine, image } = await readyImage(base, wish, context)
  return {
    name,
    version: found.version,
    why: found.why,
    toolchain: `image ${image}`,
    run: async (run, options = {}) => {
      const container = `ipxetool-compile-${randomUUID()}`
      const [gently, forced] = stopCommands(name, container)
      const stop = async (): Promise<void> => {
        await runProcess({ ...gently!, env: context.env })
        await delay(5000)
        await runProcess({ ...forced!, env: context.env })
      }
      const line = runCommand(engine, { ...run, image, container })
      const finished = await runProcess({ ...line, env: context.env }, { ...options, stop, grace: 15_000 })
      // the client may be gone before the container is
      if (finished.aborted) await runProcess({ ...forced!, env: context.env })
      return finished
    },
  }
}

async function readyImage(
  base: ContainerEngine,
  wish: ImageWish,
  context: EngineContext,
): Promise<{ engine: ContainerEngine; image: string }> {
  const inspect = async (image: string): Promise<string | undefined> => {
    const { code, stdout } = await runProcess({
      ...inspectImageCommand(base.program, image),
      env: context.env,
    })
    return code === 0 ? stdout.trim().replace(/^sha256:/, '') : undefined
  }
  const tag = wish.image ?? imageTag(wish)
  let image = await inspect(tag)
  if (image === undefined && wish.image !== undefined) {
    throw new IpxetoolError('image-missing', `${base.name} has no image ${wish.image}`, {
      hint: `get it with \`${base.name} pull ${wish.image}\`; without --image one is built from ipxe-build/Containerfile`,
    })
  }
  // limits have to be known before the first container of a build runs
  if (image === undefined) {
    await buildImage(base, tag, wish, context)
    image = await inspect(tag)
    if (image === undefined)
      throw new IpxetoolError('image-build-failed', `${base.name} built no image ${tag}`)
  }
  return { engine: { ...base, quirks: await probe(base, image, context) }, image }
}

export function containerfile(): string {
  return readFileSync(new URL('../../../ipxe-build/Containerfile', import.meta.url), 'utf8')
}

/** The same for the same recipe, so that an image is built once. */
export function imageTag({ base, extra = [] }: ImageWish): string {
  const recipe = JSON.stringify([containerfile(), base ?? '', [...extra].sort()])
  return `localhost/ipxetool-toolchain:${createHash('sha256').update(recipe).digest('hex').slice(0, 16)}`
}

/** What may be needed, from the usual to the exceptional; the first that starts a container is taken. */
export const quirkCandidates: readonly Quirks[] = [
  { limits: true },
  { limits: true, lowUlimits: true },
  { limits: true, runtime: 'runc' },
  { limits: true, runtime: 'runc', lowUlimits: true },
  // cgroups of a rootless user are often not delegated
  { limits: false },
  { limits: false, lowUlimits: true },
  { limits: false, runtime: 'runc', lowUlimits: true },
]

async function probe(base: ContainerEngine, image: string, context: EngineContext): Promise<Quirks> {
  let said = ''
  for (const quirks of quirkCandidates) {
    context.signal?.throwIfAborted()
    const container = `ipxetool-probe-${randomUUID()}`
    const line = probeCommand({ ...base, quirks }, image, container)
    const { code, stderr } = await runProcess(
      { ...line, env: context.env },
      { timeout: 60_000, signal: context.signal },
    )
    if (code === 0) return quirks
    said = stderr.trim().split('\n').at(-1) ?? said
    await runProcess({ ...stopCommands(base.program, container)[1]!, env: context.env })
  }
  throw new IpxetoolError('engine-broken', `${base.name} cannot start a container here: ${said}`, {
    hint: 'try another --engine; `--engine native` needs gcc, make, binutils, perl and liblzma-dev on this machine',
  })
}

/** A failure of the network of a container, not of what runs in it. */
export function isNetworkTrouble(output: string): boolean {
  return /netavark|\bcni\b|slirp4netns|pasta|netns|network namespace|iptables|nftables|Temporary failure resolving|Could not resolve|bridge/i.test(
    output,
  )
}

/** Pure: what matters of all that a build of an image prints. */
export function buildError(output: string): string {
  const lines = output.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  const errors = lines.filter((line) => /^(?:error|e):/i.test(line))
  return (errors.length > 0 ? errors : lines).slice(-2).join('; ')
}

async function buildImage(
  base: ContainerEngine,
  tag: string,
  wish: ImageWish,
  { env, signal, onNote }: EngineContext,
): Promise<void> {
  onNote?.(`building the toolchain image ${tag}, once`)
  let last = ''
  // limits first: a build has no other probe than itself
  for (const lowUlimits of [false, true]) {
    for (const hostNetwork of [false, true]) {
      signal?.throwIfAborted()
      const build = { tag, base: wish.base, extra: wish.extra ?? [], hostNetwork }
      const context = pack()
      context.entry({ name: 'Containerfile', mtime: new Date(0) }, containerfile())
      context.finalize()
      const line = buildCommand({ ...base, quirks: { ...base.quirks, lowUlimits } }, build)
      const { code, stdout, stderr } = await runProcess(
        { ...line, env },
        { input: Readable.from(context as AsyncIterable<Buffer>), signal },
      )
      if (code === 0) return
      last = `${stdout}\n${stderr}`
      if (!isNetworkTrouble(last)) break
    }
    if (!/rlimit/i.test(last)) break
  }
  signal?.throwIfAborted()
  const said = buildError(last)
  throw new IpxetoolError(
    'image-build-failed',
    `the toolchain image cannot be built by ${base.name}: ${said}`,
    {
      hint: 'it needs network once, for a Debian image and packages; --image names one that you have, --base another base',
    },
  )
}
