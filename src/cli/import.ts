/** `ipxetool import KIND PATH`: menus of another tool as an `ipxetool.yaml`. */
import { randomBytes } from 'node:crypto'
import { access, link, rename, rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { suggest } from '../data/suggest.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { jsonReport } from '../diagnostics/reporters/json.js'
import { prettyReport } from '../diagnostics/reporters/pretty.js'
import { sortDiagnostics } from '../diagnostics/sort.js'
import { visible } from '../diagnostics/visible.js'
import { importNetbootxyz } from '../import/netbootxyz.js'
import { importPxelinux } from '../import/pxelinux.js'
import { countImport, type ImportCounts, type ImportResult } from '../import/result.js'
import { toYaml } from '../import/to-yaml.js'
import { configName } from '../project/config.js'
import { HostError, type ProjectHost } from '../project/host.js'
import { ExitCode } from './exit-codes.js'
import { useColor } from './output.js'
import type { Io } from './io.js'
import { nodeHost } from './node-host.js'
import { makeFolder } from '../files/folder.js'

export interface ImportCommandOptions {
  /** A folder, made if need be; the file in it is `ipxetool.yaml`. Without it the text goes to stdout. */
  out?: string
  /** One JSON object on stdout in place of all text. */
  json?: boolean
  /** No closing line. */
  quiet?: boolean
  color?: boolean
}

const endpointsLimit = 4 * 2 ** 20
/** What a project file may have. */
const configLimit = 2 ** 18

const kinds: Readonly<Record<string, (path: string, host: ProjectHost) => Promise<ImportResult>>> = {
  pxelinux: importPxelinux,
  netbootxyz: async (path, host) => importNetbootxyz(path, await host.readFile(path, endpointsLimit)),
}

/**
 * @returns 0: imported, perhaps with warnings; 1: nothing usable was found
 * @throws IpxetoolError (exit code 2) for an unknown kind, a path that cannot be read, and a file that is there already
 */
export async function runImport(
  kind: string,
  path: string,
  options: ImportCommandOptions,
  io: Io,
): Promise<number> {
  const read = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (!read) throw unknownKind(kind)
  const target = options.out === undefined ? undefined : resolve(io.cwd, options.out, configName)
  if (target !== undefined) await refuseToOverwrite(target, io)

  const sources = new Map<string, Uint8Array>()
  const host = recording(nodeHost(io.cwd), sources)
  let result: ImportResult
  try {
    result = await read(path, host)
  } catch (error) {
    if (error instanceof HostError) throw unreadable(kind, path, error)
    throw error
  }
  result.diagnostics = sortDiagnostics(result.diagnostics)
  const counts = countImport(result)
  const yaml = counts.menus > 0 ? toYaml(result) : undefined
  if (yaml !== undefined && target !== undefined) await writeNew(target, yaml, io)
  report(result, counts, yaml, target, sources, options, io)
  return yaml === undefined ? ExitCode.problems : ExitCode.ok
}

function report(
  result: ImportResult,
  counts: ImportCounts,
  yaml: string | undefined,
  target: string | undefined,
  sources: ReadonlyMap<string, Uint8Array>,
  options: ImportCommandOptions,
  io: Io,
): void {
  const { diagnostics, menus, machines, variables } = result
  const out = target === undefined ? undefined : shown(target, io)
  if (options.json === true) {
    const told = JSON.parse(jsonReport(diagnostics, sources)) as object
    const data = {
      ok: yaml !== undefined,
      ...(out !== undefined && { out }),
      counts,
      variables,
      menus,
      machines,
    }
    io.stdout.write(`${JSON.stringify({ ...data, ...told }, null, 2)}\n`)
    return
  }
  if (yaml !== undefined && target === undefined) io.stdout.write(yaml)
  const look = { color: useColor(options, io, io.stderr), width: io.stderr.columns ?? 120 }
  const text = prettyReport(diagnostics, sources, look)
  if (text !== '') io.stderr.write(`${text}\n`)
  if (yaml === undefined) io.stderr.write('nothing was imported\n')
  else {
    const size = new TextEncoder().encode(yaml).length
    if (size > configLimit) {
      io.stderr.write(
        `${configName} has ${Math.ceil(size / 1024)} KiB, more than the ${configLimit / 1024} KiB that a project file may have: move menus into files of their own\n`,
      )
    }
    if (options.quiet !== true) io.stderr.write(`${out === undefined ? '' : `${out}: `}${summary(counts)}\n`)
  }
}

function summary({ menus, entries, machines, lost }: ImportCounts): string {
  const parts = [
    counted(menus, 'menu', 'menus'),
    counted(entries, 'entry', 'entries'),
    counted(machines, 'machine', 'machines'),
    counted(lost, 'thing not carried over', 'things not carried over'),
  ]
  return parts.join(', ')
}

function counted(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}

function unknownKind(kind: string): IpxetoolError {
  const known = Object.keys(kinds)
  const near = suggest(kind, known)
  return new IpxetoolError('unknown-kind', `there is nothing called "${visible(kind)}" to import from`, {
    exitCode: 2,
    hint:
      near === undefined
        ? 'possible are `ipxetool import pxelinux DIR` and `ipxetool import netbootxyz FILE`'
        : `did you mean \`ipxetool import ${near}\`?`,
  })
}

const needed: Readonly<Record<string, string>> = {
  pxelinux: 'it takes the folder with pxelinux.cfg in it, or pxelinux.cfg itself',
  netbootxyz: 'it takes the file endpoints.yml of netboot.xyz',
}

function unreadable(kind: string, path: string, error: HostError): IpxetoolError {
  return new IpxetoolError('unreadable', `${visible(path)} cannot be read: ${error.message}`, {
    exitCode: 2,
    hint: needed[kind]!,
    cause: error,
  })
}

/** A host that keeps what was read, to show the lines that diagnostics are about. */
function recording(host: ProjectHost, sources: Map<string, Uint8Array>): ProjectHost {
  return {
    ...host,
    async readFile(path, limit) {
      const bytes = await host.readFile(path, limit)
      sources.set(path, bytes)
      return bytes
    },
  }
}

function exists(target: string, io: Io): IpxetoolError {
  return new IpxetoolError('file-exists', `${visible(shown(target, io))} is there already`, {
    exitCode: 2,
    hint: 'name another folder with --out, or leave --out away to see the text',
  })
}

async function refuseToOverwrite(target: string, io: Io): Promise<void> {
  if (await isThere(target)) throw exists(target, io)
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Complete or not at all, and never in place of another file. */
async function writeNew(target: string, text: string, io: Io): Promise<void> {
  const folder = resolve(target, '..')
  const beside = join(folder, `.${configName}.${randomBytes(6).toString('hex')}`)
  try {
    await makeFolder(folder)
    await writeFile(beside, text, { flag: 'wx' })
    try {
      await link(beside, target) // unlike a rename it does not replace what came in the meantime
    } catch (error) {
      if (codeOf(error) === 'EEXIST') throw exists(target, io)
      // some file systems have no links
      await refuseToOverwrite(target, io)
      await rename(beside, target)
    }
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined || error instanceof IpxetoolError) throw error
    throw new IpxetoolError('cannot-write', `${visible(shown(target, io))} cannot be written: ${code}`, {
      hint: 'name a folder with --out that this user may write to',
      cause: error,
    })
  } finally {
    await rm(beside, { force: true }).catch(() => undefined)
  }
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}

function shown(path: string, { cwd }: Io): string {
  const way = relative(cwd, path)
  return way.startsWith('..') ? path : way
}
