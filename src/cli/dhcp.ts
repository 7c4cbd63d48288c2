/** `ipxetool dhcp KIND`: the configuration of a DHCP server, on stdout; what was assumed, on stderr. */
import { planDhcp, parseKind, type DhcpWish, type DhcpWishes } from '../dhcp-config/plan.js'
import { dhcpConfig } from '../dhcp-config/print.js'
import { IpxetoolError, isIpxetoolError } from '../diagnostics/error.js'
import { jsonReport } from '../diagnostics/reporters/json.js'
import { prettyReport } from '../diagnostics/reporters/pretty.js'
import { sortDiagnostics } from '../diagnostics/sort.js'
import { summaryLine } from '../diagnostics/summary.js'
import { configName, type ProjectConfig, readConfig } from '../project/config.js'
import { ExitCode } from './exit-codes.js'
import { findProject } from './find-project.js'
import type { Io } from './io.js'
import { nodeHost } from './node-host.js'
import { useColor } from './output.js'

export interface DhcpCommandOptions extends DhcpWishes {
  full?: boolean
  proxy?: boolean
  /** Version of the server. */
  for?: string
  /** The project's folder; default: the nearest one upward, if there is one. */
  project?: string
  json?: boolean
  quiet?: boolean
  color?: boolean
}

const wishes = [
  'server',
  'subnet',
  'range',
  'router',
  'dns',
  'interface',
  'http',
  'target',
  'option',
  'loaders',
  'tftpRoot',
] as const satisfies readonly DhcpWish[]

/**
 * Options win over `dhcp:` in the project's `ipxetool.yaml`.
 *
 * @returns 1 when the project file cannot be read
 * @throws IpxetoolError for a wrong call, and for a value that the server could not carry
 */
export async function runDhcp(text: string, options: DhcpCommandOptions, io: Io): Promise<number> {
  const kind = parseKind(text)
  if (options.full === true && options.proxy === true) {
    throw new IpxetoolError('bad-mode', '--full and --proxy exclude each other', {
      exitCode: 2,
      hint: '--proxy where another DHCP server hands out addresses, --full where none does',
    })
  }
  const project = await readProject(options, io)
  if (project === 'unreadable') return ExitCode.problems
  const section = project?.dhcp
  const said: DhcpWishes = {}
  const origins = new Map<DhcpWish, string>()
  for (const wish of wishes) {
    const written = wish === 'tftpRoot' ? undefined : section?.[wish]
    const value = options[wish] ?? (written === undefined ? undefined : String(written))
    if (value === undefined) continue
    said[wish] = value
    if (options[wish] === undefined) origins.set(wish, `dhcp.${wish} in ${configName}`)
  }
  const { plan, notes } = planDhcp(kind, {
    wishes: said,
    nameOf: (wish) => origins.get(wish) ?? (wish === 'tftpRoot' ? '--tftp-root' : `--${wish}`),
    entry: project?.entry ?? 'boot.ipxe',
    ...((options.proxy === true || options.full === true) && {
      mode: options.proxy === true ? 'proxy' : 'full',
    }),
    ...(options.for !== undefined && { version: options.for }),
  })
  if (options.json === true) {
    io.stdout.write(`${JSON.stringify({ ok: true, ...plan, config: dhcpConfig(plan), notes }, null, 2)}\n`)
    return ExitCode.ok
  }
  io.stdout.write(dhcpConfig(plan))
  if (options.quiet !== true) for (const note of notes) io.stderr.write(`ipxetool: ${note}\n`)
  return ExitCode.ok
}

/** Without a project the options are enough; with one that is broken something would be missing. */
async function readProject(
  options: DhcpCommandOptions,
  io: Io,
): Promise<ProjectConfig | 'unreadable' | undefined> {
  let root: string
  try {
    root = await findProject(io.cwd, options.project)
  } catch (error) {
    const isNone = isIpxetoolError(error) && error.code === 'no-project'
    if (options.project === undefined && isNone) return undefined
    throw error
  }
  const { config, diagnostics, bytes } = await readConfig(root, nodeHost(io.cwd))
  if (config !== undefined) return config
  const sorted = sortDiagnostics(diagnostics)
  const sources = new Map(bytes === undefined ? [] : sorted.map(({ file }) => [file, bytes] as const))
  if (options.json === true) {
    const report = JSON.parse(jsonReport(sorted, sources)) as object
    io.stdout.write(`${JSON.stringify({ ok: false, ...report }, null, 2)}\n`)
    return 'unreadable'
  }
  const look = { color: useColor(options, io, io.stderr), width: io.stderr.columns ?? 120 }
  io.stderr.write(`${prettyReport(sorted, sources, look)}\n${summaryLine(sorted)}\n`)
  return 'unreadable'
}
