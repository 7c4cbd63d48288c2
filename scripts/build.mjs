#!/usr/bin/env node
/**
 * Builds dist/: parsers from grammar/*.peggy, then TypeScript, then the JSON Schema of ipxetool.yaml, then the
 * command line as one file.
 *
 *   node scripts/build.mjs [--parsers]      --parsers: only src/syntax/generated/, which types and tests need
 *
 * Each step keeps a hash of what it was made from, and does nothing while that is the same.
 */
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { root, runNode, stopwatch } from './processes.mjs'

const GRAMMARS = join(root, 'grammar')
const GENERATED = join(root, 'src', 'syntax', 'generated')
const SOURCES = join(root, 'src')
const DIST = join(root, 'dist')
const STAMP = '.stamp'
/** what package.json exports as ipxetool/schema.json, and the module whose `projectJsonSchema()` it comes from */
const SCHEMA = join('project', 'ipxetool.schema.json')
/** the distributions that `fetch` knows, read at run time */
const CATALOG = join('data', 'catalog')
const SCHEMA_MODULE = join('project', 'schema.js')

/**
 * @param {{ parsersOnly?: boolean }} [options]
 * @returns {Promise<{ ok: boolean, message: string }>} `message` says in one line what was made (empty: nothing), or
 *   holds the whole output of what failed
 */
export async function build({ parsersOnly = false } = {}) {
  const elapsed = stopwatch()
  const made = []
  for (const step of parsersOnly ? [buildParsers] : [buildParsers, buildModules]) {
    const { ok, message } = await step()
    if (!ok) return { ok, message }
    if (message) made.push(message)
  }
  return { ok: true, message: made.length === 0 ? '' : `built ${made.join(', ')} (${elapsed()})` }
}

async function buildParsers() {
  const names = listFiles(GRAMMARS)
    .filter((file) => file.endsWith('.peggy'))
    .map((file) => file.slice(0, -'.peggy'.length))
  // Types of the rules' results: { "<grammar>": { "<rule>": "<TypeScript type>" } }
  const typesFile = join(GRAMMARS, 'types.json')
  const types = existsSync(typesFile) ? JSON.parse(readFileSync(typesFile, 'utf8')) : {}
  const tool = hashOf([fileURLToPath(import.meta.url), join(root, 'node_modules', 'peggy', 'package.json')])

  mkdirSync(GENERATED, { recursive: true })
  const stamps = readStamp(GENERATED)
  const fresh = {}
  const made = []
  for (const name of names) {
    const grammar = join(GRAMMARS, `${name}.peggy`)
    const returnTypes = JSON.stringify(types[name] ?? {})
    const hash = hashOf([grammar], tool + returnTypes)
    const outputs = [`${name}.js`, `${name}.d.ts`]
    if (stamps[name] === hash && outputs.every((file) => existsSync(join(GENERATED, file)))) {
      fresh[name] = hash
      continue
    }
    // Somebody may be running tests on the old parser: the new one takes its place whole.
    const work = join(GENERATED, `.new-${process.pid}`)
    mkdirSync(work, { recursive: true })
    const args = [
      '--format',
      'es',
      '--dts',
      '--return-types',
      returnTypes,
      '-o',
      join(work, `${name}.js`),
      grammar,
    ]
    const result = await runNode(['node_modules/peggy/bin/peggy.js', ...args])
    if (result.code === 0) for (const file of outputs) renameSync(join(work, file), join(GENERATED, file))
    rmSync(work, { recursive: true })
    if (result.code !== 0) return { ok: false, message: `grammar/${name}.peggy:\n${result.output.trimEnd()}` }
    fresh[name] = hash
    made.push(name)
  }
  for (const file of listFiles(GENERATED)) {
    if (!names.some((name) => file === `${name}.js` || file === `${name}.d.ts`)) rmSync(join(GENERATED, file))
  }
  if (made.length > 0 || Object.keys(stamps).length !== names.length) writeStamp(GENERATED, fresh)
  return { ok: true, message: made.length === 0 ? '' : `parsers ${made.join(', ')}` }
}

async function buildModules() {
  const sources = filesBelow(SOURCES).map((file) => relative(SOURCES, file))
  const modules = sources.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  const parsers = sources.filter((file) => file.startsWith(join('syntax', 'generated') + sep))
  const outputs = new Set(parsers)
  for (const file of modules) {
    const base = file.slice(0, -'.ts'.length)
    for (const end of ['.js', '.js.map', '.d.ts']) outputs.add(base + end)
  }
  outputs.add(SCHEMA)
  for (const file of ['ipxetool.cjs', 'ipxetool.cjs.cache', 'player.js']) outputs.add(join('bundle', file))
  const data = sources.filter((file) => file.startsWith(CATALOG + sep) && file.endsWith('.yaml'))
  for (const file of data) outputs.add(file)

  const settings = ['tsconfig.json', 'tsconfig.build.json', 'node_modules/typescript/package.json']
  const hash = hashOf([
    ...settings.map((file) => join(root, file)),
    fileURLToPath(import.meta.url),
    ...['scripts/bundle.mjs', 'bin/load.js', 'node_modules/esbuild/package.json'].map((file) =>
      join(root, file),
    ),
    ...sources.map((file) => join(SOURCES, file)),
  ])
  const complete = [...outputs].every((file) => existsSync(join(DIST, file)))
  if (complete && readStamp(DIST).hash === hash) return { ok: true, message: '' }

  mkdirSync(DIST, { recursive: true })
  rmSync(join(DIST, STAMP), { force: true })
  const memory = join(DIST, '.tsbuildinfo')
  // With its memory tsc writes only what changed, so it must forget when somebody removed files.
  if (!complete) rmSync(memory, { force: true })
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']
  const result = await runNode([...tsc, '--incremental', '--tsBuildInfoFile', memory])
  if (result.code !== 0) return { ok: false, message: result.output.trimEnd() }

  for (const file of [...parsers, ...data]) {
    mkdirSync(dirname(join(DIST, file)), { recursive: true })
    copyFileSync(join(SOURCES, file), join(DIST, file))
  }
  const { projectJsonSchema } = await import(pathToFileURL(join(DIST, SCHEMA_MODULE)).href)
  writeFileSync(join(DIST, SCHEMA), `${JSON.stringify(projectJsonSchema(), null, 2)}\n`)
  // not before npm install: it needs esbuild
  const { bundle } = await import('./bundle.mjs')
  const bundled = await bundle()
  if (!bundled.ok) return bundled
  // What an older build left behind could still be imported.
  for (const file of filesBelow(DIST)) {
    if (!outputs.has(relative(DIST, file))) rmSync(file)
  }
  writeStamp(DIST, { hash })
  return { ok: true, message: `${modules.length} modules` }
}

function listFiles(directory) {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort()
}

/** Full paths, sorted, without hidden files and folders. */
export function filesBelow(directory) {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(directory, entry.name)
      return entry.isDirectory() ? filesBelow(path) : [path]
    })
}

/** Of names and contents, not of times: a checkout changes those. */
function hashOf(files, extra = '') {
  const hash = createHash('sha256').update(extra)
  for (const file of files) {
    const content = readFileSync(file)
    hash.update(`\0${relative(root, file)}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

function readStamp(directory) {
  try {
    return JSON.parse(readFileSync(join(directory, STAMP), 'utf8'))
  } catch {
    return {}
  }
}

function writeStamp(directory, value) {
  writeFileSync(join(directory, STAMP), JSON.stringify(value))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { ok, message } = await build({ parsersOnly: process.argv.includes('--parsers') })
  if (message) console.log(message)
  process.exitCode = ok ? 0 : 1
}
