/** `ipxetool lsp`: the language server over stdio. */
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node.js'
import type { DocumentFacts } from '../lsp/open-document.js'
import { type LanguageHost, looseDocument, serveLanguage } from '../lsp/server.js'
import { projectCheck } from '../project/check-settings.js'
import { loadProject } from '../project/project.js'
import { settingsSetBy } from '../rules/facts.js'
import type { Preset } from '../rules/rule.js'
import { parse } from '../syntax/parse.js'
import { declaredLoaders } from './declared-loaders.js'
import { ExitCode } from './exit-codes.js'
import { isProject } from './find-project.js'
import type { Io } from './io.js'
import { packageVersion } from './main.js'
import { nodeHost } from './node-host.js'

export interface LspOptions {
  /** In place of what projects say. */
  preset?: Preset
}

/** Serves until the editor says `exit` or closes the pipe. @returns 0 */
export async function runLsp({ preset }: LspOptions, io: Io): Promise<number> {
  const output = io.stdout as unknown as NodeJS.WritableStream
  const connection = createConnection(new StreamMessageReader(io.stdin), new StreamMessageWriter(output))
  const ended = new Promise<void>((resolve) => {
    io.stdin.once('end', resolve)
    io.stdin.once('close', resolve)
    connection.onExit(resolve)
    io.signal.addEventListener('abort', () => {
      resolve()
    })
  })
  serveLanguage(connection, languageHost(io, preset))
  await ended
  connection.dispose()
  return ExitCode.ok
}

function languageHost(io: Io, preset: Preset | undefined): LanguageHost {
  let projects = new Map<string, Promise<DocumentFacts>>()
  const overrides = preset ? { preset } : {}
  const loose: DocumentFacts = { ...looseDocument, settings: projectCheck({}, overrides).settings }
  return {
    version: packageVersion(),
    forget() {
      projects = new Map()
    },
    async factsOf(uri) {
      if (!uri.startsWith('file:')) return loose
      const file = fileURLToPath(uri)
      const root = await projectAround(file)
      if (root === undefined) return loose
      const known = projects.get(root) ?? factsOfProject(root, io, overrides).catch(() => loose)
      projects.set(root, known)
      const facts = await known
      return basename(file).startsWith('_') ? { ...facts, isPart: true } : facts
    },
  }
}

async function projectAround(file: string): Promise<string | undefined> {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (await isProject(folder)) return folder
    if (dirname(folder) === folder) return undefined
  }
}

/** What all scripts of a project set, as they are on disk. */
async function factsOfProject(root: string, io: Io, check: { preset?: Preset }): Promise<DocumentFacts> {
  const { project } = await loadProject(root, nodeHost(io.cwd, io.stderr), {
    variables: new Map(),
    environment: {},
    loadersOf: declaredLoaders(io.cwd),
    check,
  })
  if (!project) return looseDocument
  const settingsSetAnywhere = new Set<string>()
  const host = nodeHost(io.cwd, io.stderr)
  for (const { path } of project.scripts) {
    const bytes = await host.readFile(`${root}/${path}`, 1 << 20).catch(() => undefined)
    if (!bytes) continue
    for (const name of settingsSetBy(parse(bytes, { positions: false }))) settingsSetAnywhere.add(name)
  }
  const { target, settings } = project.check
  return {
    facts: { loose: false, settingsSetAnywhere, loaders: project.loaders, ...(target && { target }) },
    settings,
    variables: [...project.config.variables.keys()],
  }
}
