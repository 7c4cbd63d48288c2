/** Checks the types of `menus/*.ts`, in a thread of its own: TypeScript takes seconds. Talks to {@link ./type-check.ts}. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type ts from 'typescript'

export interface TypeRequest {
  /** Files of TypeScript itself; the first that can be used is. */
  compilers: readonly string[]
  /** Full path of the project. */
  root: string
  /** Full paths. */
  files: readonly string[]
  /** The project's own `tsconfig.json`. */
  config?: string
  /** What `ipxetool/menu` is. */
  menuModule: string
}

export interface TypeAnswer {
  /** No compiler could be used. */
  version: string | undefined
  problems: TypeProblem[]
}

export interface TypeProblem {
  /** Full path. */
  file: string
  /** 1-based; columns and offsets in bytes. */
  start: { line: number; column: number; offset: number }
  end: { line: number; column: number; offset: number }
  code: number
  /** The first line says what is wrong, the others why. */
  message: string
}

type Compiler = typeof ts

const require = createRequire(import.meta.url)

function check({ compilers, root, files, config, menuModule }: TypeRequest): TypeAnswer {
  const found = usable(compilers)
  if (!found) return { version: undefined, problems: [] }
  const { compiler, path } = found
  const own = config === undefined ? undefined : readConfig(compiler, config)
  const options = own?.options ?? builtIn(compiler, path, root)
  const program = compiler.createProgram({
    rootNames: [...files, ...(own?.fileNames ?? []).filter((name) => /\.d\.[cm]?ts$/.test(name))],
    options: {
      ...options,
      ...asRun(compiler),
      noEmit: true,
      incremental: false,
      composite: false,
      // the running copy, as when the menus run
      paths: { ...options.paths, 'ipxetool/menu': [menuModule.replace(/\.js$/, '.d.ts')] },
    },
  })
  const folder = `${root}/`
  const diagnostics = [
    ...(own?.errors ?? []).filter(({ code }) => !isNoInput.has(code)),
    ...program.getOptionsDiagnostics(),
    ...program
      .getSourceFiles()
      .filter(({ fileName }) => fileName.startsWith(folder) && !fileName.includes('/node_modules/'))
      .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
  ]
  const problems = diagnostics
    .filter(({ category }) => category === compiler.DiagnosticCategory.Error)
    .map((diagnostic) => toProblem(compiler, diagnostic, config ?? files[0]!))
    .filter(({ code, message }) => own !== undefined || !isAboutNode(code, message))
  return { version: compiler.version, problems }
}

/** Newer ones have no interface for programs. */
function usable(compilers: readonly string[]): { compiler: Compiler; path: string } | undefined {
  for (const path of compilers) {
    try {
      const compiler = require(path) as Partial<Compiler>
      if (typeof compiler.createProgram === 'function') return { compiler: compiler as Compiler, path }
    } catch {
      // a broken installation is as good as none
    }
  }
  return undefined
}

/** The files are ours to say. */
const isNoInput = new Set([18002, 18003])

function readConfig(compiler: Compiler, path: string): ts.ParsedCommandLine | undefined {
  return compiler.getParsedCommandLineOfConfigFile(path, undefined, {
    ...compiler.sys,
    onUnRecoverableConfigFileDiagnostic: () => undefined,
  })
}

/** No pedantry for people who only want a menu. */
function builtIn(compiler: Compiler, path: string, root: string): ts.CompilerOptions {
  const typeRoots = [join(root, 'node_modules/@types'), join(dirname(path), '../../@types')].filter(
    (folder) => existsSync(join(folder, 'node')),
  )
  const hasNode = typeRoots.length > 0
  return {
    target: compiler.ScriptTarget.ES2023,
    lib: hasNode ? ['lib.es2023.d.ts'] : ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    types: hasNode ? ['node'] : [],
    ...(hasNode && { typeRoots }),
    strict: true,
    noImplicitAny: false,
    skipLibCheck: true,
  }
}

/** What runs the menus takes each for an ES module, whatever a `package.json` says, and guesses the ends of paths. */
function asRun(compiler: Compiler): ts.CompilerOptions {
  return {
    module: compiler.ModuleKind.ESNext,
    moduleResolution: compiler.ModuleResolutionKind.Bundler,
    moduleDetection: compiler.ModuleDetectionKind.Force,
    allowImportingTsExtensions: true,
    resolveJsonModule: true,
  }
}

/** Without `@types/node` nothing is known of Node.js, which is no mistake. */
function isAboutNode(code: number, message: string): boolean {
  return code === 2580 || code === 2591 || ((code === 2307 || code === 7016) && message.includes("'node:"))
}

function toProblem(compiler: Compiler, diagnostic: ts.Diagnostic, elsewhere: string): TypeProblem {
  const { file, start = 0, length = 0, code, messageText } = diagnostic
  const message = compiler.flattenDiagnosticMessageText(messageText, '\n')
  const first = { line: 1, column: 1, offset: 0 }
  if (!file) return { file: elsewhere, start: first, end: first, code, message }
  const point = (position: number): TypeProblem['start'] => {
    const { line } = file.getLineAndCharacterOfPosition(position)
    const begin = file.getPositionOfLineAndCharacter(line, 0)
    const column = Buffer.byteLength(file.text.slice(begin, position)) + 1
    return { line: line + 1, column, offset: Buffer.byteLength(file.text.slice(0, position)) }
  }
  return { file: file.fileName, start: point(start), end: point(start + length), code, message }
}

parentPort!.postMessage(check(workerData as TypeRequest))
