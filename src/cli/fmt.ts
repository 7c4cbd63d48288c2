/** `ipxetool fmt [PATH…]`. */
import { Buffer } from 'node:buffer'
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import { scriptSizeLimit } from '../project/compose.js'
import { HostError, type ProjectHost } from '../project/host.js'
import { isOutputTree } from '../project/output-tree.js'
import { isBinary } from '../rules/magic.js'
import { formatScript } from '../syntax/format.js'
import { parse } from '../syntax/parse.js'
import { ExitCode } from './exit-codes.js'
import { findProject } from './find-project.js'
import type { Io } from './io.js'
import { nodeHost } from './node-host.js'
import { type Rewrite, rewriteFile, unifiedDiff } from './rewrite.js'
import { readStdin } from './stdin.js'

export interface FmtOptions {
  /** Write nothing; exit with 1 when a file is not formatted. */
  check?: boolean
  /** Print a diff, and write nothing. */
  diff?: boolean
  project?: string
  json?: boolean
  quiet?: boolean
}

/**
 * Formats files and the `*.ipxe` below folders in place, or `-` from standard input to standard output. Without a path:
 * the nearest project upward, or else the current folder.
 *
 * @returns 0: done, or with `--check` and `--diff` nothing to do; 1: there is something to do, or a file is no script; 2: a
 * path that is not there
 */
export async function runFmt(paths: readonly string[], options: FmtOptions, io: Io): Promise<number> {
  const host = nodeHost(io.cwd, io.stderr)
  const isDry = options.check === true || options.diff === true
  const wanted = paths.length > 0 ? paths : [await projectOrHere(options, io)]
  const failures: HostError[] = []
  const files: string[] = []
  for (const path of wanted) files.push(...(await scriptsOf(host, path, failures)))

  const changed: Rewrite[] = []
  let isStdin = false
  for (const path of new Set(files)) {
    const rewrite = await formatFile(host, path, io).catch((error: unknown) => {
      if (!(error instanceof HostError)) throw error
      failures.push(error)
      return undefined
    })
    if (!rewrite) continue
    if (path === '-' && !isDry) {
      isStdin = true
      io.stdout.write(rewrite.after)
    } else if (!Buffer.from(rewrite.before).equals(rewrite.after)) changed.push(rewrite)
  }
  for (const rewrite of isDry ? [] : changed) await rewriteFile(io.cwd, rewrite)
  if (!isStdin) report(changed, options, { io, isDry, count: files.length })
  for (const { path, message } of failures) io.stderr.write(`ipxetool: ${visible(path)}: ${message}\n`)
  if (failures.some(({ kind }) => kind === 'missing' || kind === 'not-folder')) return ExitCode.usage
  return failures.length > 0 || (isDry && changed.length > 0) ? ExitCode.problems : ExitCode.ok
}

function report(
  changed: readonly Rewrite[],
  { json, diff, quiet }: FmtOptions,
  { io, isDry, count }: { io: Io; isDry: boolean; count: number },
): void {
  if (json === true) {
    const result = { changed: changed.map(({ path }) => path), files: count }
    io.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
    return
  }
  for (const rewrite of changed) {
    io.stdout.write(diff === true ? unifiedDiff(rewrite) : `${visible(rewrite.path)}\n`)
  }
  if (quiet === true) return
  const what = isDry ? 'not formatted' : 'formatted'
  io.stderr.write(`${changed.length} of ${count} ${count === 1 ? 'file' : 'files'} ${what}\n`)
}

async function projectOrHere({ project }: FmtOptions, io: Io): Promise<string> {
  try {
    return await findProject(io.cwd, project)
  } catch (error) {
    if (error instanceof IpxetoolError && error.code === 'no-project' && project === undefined) return '.'
    throw error
  }
}

/** @throws HostError */
async function formatFile(host: ProjectHost, path: string, io: Io): Promise<Rewrite> {
  const before = path === '-' ? await readStdin(io.stdin) : await host.readFile(path, scriptSizeLimit)
  const script = parse(before, { positions: false })
  if (isBinary(script)) throw new HostError('other', path, 'it is no text, and left as it is')
  return { path, before, after: formatScript(script) }
}

const depthLimit = 40

/** Without `node_modules`, what is hidden, and output trees. A file may have any name. */
async function scriptsOf(
  host: ProjectHost,
  path: string,
  failures: HostError[],
  depth = 0,
): Promise<string[]> {
  if (path === '-') return [path]
  let entries
  try {
    entries = await host.list(path)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    // a file, or what reading it will complain of
    if (depth === 0 && error.kind !== 'denied') return [path]
    failures.push(error)
    return []
  }
  if (depth > depthLimit || (await isOutputTree(host, path, entries))) return []
  const found: string[] = []
  for (const { name, kind } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (name.startsWith('.') || name === 'node_modules') continue
    const below = path === '.' ? name : path.endsWith('/') ? path + name : `${path}/${name}`
    if (kind === 'folder') found.push(...(await scriptsOf(host, below, failures, depth + 1)))
    else if (kind === 'file' && name.endsWith('.ipxe')) found.push(below)
  }
  return found
}
