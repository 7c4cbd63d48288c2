/** `ipxetool graph`: what leads where in a project. */
import { writeFile } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { prettyReport } from '../diagnostics/reporters/pretty.js'
import { sortDiagnostics } from '../diagnostics/sort.js'
import { summaryLine } from '../diagnostics/summary.js'
import { visible } from '../diagnostics/visible.js'
import { type Graph, graphOf, simplified } from '../links/graph.js'
import { graphSvg } from '../links/graph-svg.js'
import { graphDot, graphJson, graphText } from '../links/graph-text.js'
import { linkInputOf } from '../links/project-links.js'
import { resolveLinks } from '../links/resolve.js'
import { checkScripts } from '../project/check.js'
import { loadProject } from '../project/project.js'
import { ExitCode } from './exit-codes.js'
import { findProject } from './find-project.js'
import { parseVariables } from './variables.js'
import { useColor } from './output.js'
import type { Io } from './io.js'
import { nodeHost } from './node-host.js'
import { treeFiles } from './tree-files.js'

export const graphFormats = ['text', 'svg', 'dot', 'json'] as const
export type GraphFormat = (typeof graphFormats)[number]

export interface GraphOptions {
  /** Default: by the ending of `out`, else `text`. */
  format?: GraphFormat
  /** The same as `format: 'json'`. */
  json?: boolean
  /** File to write, relative to the current folder; default: stdout. */
  out?: string
  /** The project's folder; default: the nearest one upward. */
  project?: string
  /** `NAME=VALUE` for build-time variables. */
  var?: string[]
  quiet?: boolean
  color?: boolean
}

/**
 * Text and pictures show the scripts of a folder as one when there are many; JSON and DOT have all.
 *
 * @returns 1 when the project cannot be read; that links are broken is for `check` to judge, here they are only shown
 * @throws IpxetoolError for a wrong call (exit code 2) and for a file that cannot be written
 */
export async function runGraph(options: GraphOptions, io: Io): Promise<number> {
  const format = formatOf(options)
  const variables = parseVariables(options.var ?? [])
  const root = await findProject(io.cwd, options.project)
  const host = nodeHost(io.cwd)
  const { project, diagnostics, sources } = await loadProject(root, host, {
    variables,
    environment: io.env,
  })
  if (!project) {
    const look = {
      color: useColor(options, io, io.stderr),
      width: io.stderr.columns ?? 120,
    }
    const sorted = sortDiagnostics(diagnostics)
    io.stderr.write(`${prettyReport(sorted, sources, look)}\n${summaryLine(sorted)}\n`)
    return ExitCode.problems
  }
  const checked = await checkScripts(project)
  const files = await treeFiles(project, io.cwd, resolve(io.cwd, root, project.config.out))
  const report = resolveLinks(linkInputOf(project, checked, files))
  const text = printed(graphOf(report), format, project.config.title ?? project.config.entry)
  if (options.out === undefined) io.stdout.write(text)
  else await save(options.out, text, options, io)
  const broken = report.diagnostics.filter(({ severity }) => severity !== 'info')
  if (broken.length > 0 && options.quiet !== true) {
    const count = `${broken.length} link${broken.length === 1 ? '' : 's'}`
    io.stderr.write(`ipxetool: something is wrong with ${count}; \`ipxetool check\` says what\n`)
  }
  return ExitCode.ok
}

function printed(graph: Graph, format: GraphFormat, title: string): string {
  switch (format) {
    case 'json':
      return graphJson(graph)
    case 'dot':
      return graphDot(graph)
    case 'svg':
      return graphSvg(simplified(graph), `What leads where: ${title}`)
    case 'text':
      return graphText(simplified(graph))
  }
}

function formatOf({ format, json, out }: GraphOptions): GraphFormat {
  if (json === true) return 'json'
  const ending = /\.(svg|dot|json)$/.exec(out ?? '')?.[1]
  return format ?? (ending as GraphFormat | undefined) ?? 'text'
}

async function save(out: string, text: string, { quiet }: GraphOptions, io: Io): Promise<void> {
  const full = resolve(io.cwd, out)
  try {
    await writeFile(full, text)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const reasons: Record<string, string> = {
      ENOENT: 'its folder is not there',
      EISDIR: 'it is a folder',
      EACCES: 'this user has no permission',
    }
    throw new IpxetoolError('graph-write', `${visible(out)} cannot be written: ${reasons[code] ?? code}`, {
      hint: 'name another file with --out, or leave it out to print the graph',
      cause: error,
    })
  }
  const way = relative(io.cwd, full).split(sep).join('/')
  if (quiet !== true) io.stdout.write(`${visible(way.startsWith('..') ? full : way)}\n`)
}
