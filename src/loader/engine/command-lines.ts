/** The command lines of podman and docker: pure, one argument each, for no shell. */
import type { CommandLine } from '../process.js'
import type { ContainerEngine, ContainerRun, Quirks } from './types.js'

/** Where the tree is in every container: a path in a loader's bytes would tell machines apart. */
export const treeInContainer = '/ipxe'

export const containerLabel = 'ipxetool=compile'

function runtime({ runtime: name }: Quirks, engine: ContainerEngine['name']): string[] {
  // docker takes it after `run`
  return name === undefined || engine === 'docker' ? [] : ['--runtime', name]
}

/** Quite enough for make, and below what any system allows. */
export function ulimits({ lowUlimits }: Quirks): string[] {
  return lowUlimits === true ? ['--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=4096:4096'] : []
}

/** A compile: no network, no capabilities, nothing writable but the tree and /tmp. */
export function runCommand(engine: ContainerEngine, run: ContainerRun): CommandLine {
  const { name, program, quirks, user } = engine
  return {
    command: program,
    args: [
      ...runtime(quirks, name),
      'run',
      '--rm',
      ...(name === 'docker' && quirks.runtime !== undefined ? ['--runtime', quirks.runtime] : []),
      '--name',
      run.container,
      '--label',
      containerLabel,
      '--network',
      'none',
      '--hostname',
      'ipxetool',
      '--read-only',
      '--tmpfs',
      '/tmp:rw,exec,size=1g',
      '--cap-drop',
      'ALL',
      '--security-opt',
      'no-new-privileges',
      // labelling a tree of thousands of files anew would cost more than it keeps out
      '--security-opt',
      'label=disable',
      ...(quirks.limits ? ['--memory', '4g', '--pids-limit', '2048'] : []),
      ...ulimits(quirks),
      ...(user === undefined ? [] : ['--user', user]),
      ...Object.entries(run.environment).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
      '--volume',
      `${run.tree}:${treeInContainer}:rw`,
      '--workdir',
      `${treeInContainer}/src`,
      '--pull=never',
      '--entrypoint',
      run.command,
      run.image,
      ...run.args,
    ],
  }
}

/** As small as a container can be, to see whether one starts at all. */
export function probeCommand(engine: ContainerEngine, image: string, container: string): CommandLine {
  const run = { image, container, tree: '', command: 'true', args: [], environment: {} }
  const { command, args } = runCommand(engine, run)
  const volume = args.indexOf('--volume')
  const rest = args.filter((_value, index) => index !== volume && index !== volume + 1)
  const workdir = rest.indexOf('--workdir')
  return { command, args: rest.filter((_value, index) => index !== workdir && index !== workdir + 1) }
}

export interface ImageBuild {
  readonly tag: string
  readonly base: string | undefined
  /** Debian packages beside the usual ones. */
  readonly extra: readonly string[]
  /** Where the engine's own network does not work. */
  readonly hostNetwork: boolean
}

/** The build context is a tar on standard input. */
export function buildCommand({ name, program, quirks }: ContainerEngine, build: ImageBuild): CommandLine {
  return {
    command: program,
    args: [
      ...runtime(quirks, name),
      'build',
      '--label',
      containerLabel,
      '--tag',
      build.tag,
      '--file',
      'Containerfile',
      ...(build.base === undefined ? [] : ['--build-arg', `BASE=${build.base}`]),
      ...(build.extra.length === 0 ? [] : ['--build-arg', `EXTRA=${build.extra.join(' ')}`]),
      ...(build.hostNetwork ? ['--network', 'host'] : []),
      ...ulimits(quirks),
      '-',
    ],
  }
}

export function inspectImageCommand(program: string, image: string): CommandLine {
  return { command: program, args: ['image', 'inspect', '--format', '{{.Id}}', image] }
}

export function stopCommands(program: string, container: string): CommandLine[] {
  return [
    { command: program, args: ['kill', '--signal', 'TERM', container] },
    { command: program, args: ['rm', '--force', container] },
  ]
}
