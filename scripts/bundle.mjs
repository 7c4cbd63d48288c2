#!/usr/bin/env node
/**
 * Makes dist/bundle/ipxetool.cjs, the command line as one file, and keeps the code that V8 compiled of it while it did
 * typical work, for bin/load.js.
 *
 *   node scripts/bundle.mjs [--warm]     --warm: only the second part, in this process
 */
import { build } from 'esbuild'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { bundle as bundleFile, kept, load } from '../bin/load.js'
import { root, runNode } from './processes.mjs'

const DIST = join(root, 'dist')
/** What only some commands need stays where it is; the menu loader and the type checker find files beside themselves. */
const external = [
  'vscode-languageserver',
  'vscode-languageserver-textdocument',
  'jiti',
  'typescript',
  'undici',
  'openpgp',
  'send',
  'xz-decompress',
]

/** @returns {Promise<{ ok: boolean, message: string }>} as the steps of scripts/build.mjs */
export async function bundle() {
  const result = await build({
    entryPoints: [join(DIST, 'cli', 'main.js')],
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    // a script that came from kept code cannot import()
    supported: { 'dynamic-import': false },
    external,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'silent',
    write: false,
    plugins: [ownPlaces],
  }).catch((error) => error)
  if (result instanceof Error) return { ok: false, message: result.message }
  const text = result.outputFiles[0].text
  const digest = createHash('sha256').update(text).digest('hex')
  mkdirSync(join(DIST, 'bundle'), { recursive: true })
  rmSync(kept, { force: true })
  writeFileSync(`${bundleFile}.new`, `${text}//${digest}`)
  renameSync(`${bundleFile}.new`, bundleFile)
  const player = await build({
    entryPoints: [join(DIST, 'simulate', 'index.js')],
    bundle: true,
    format: 'iife',
    globalName: 'ipxetoolSimulator',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
    outfile: join(DIST, 'bundle', 'player.js'),
  }).catch((error) => error)
  if (player instanceof Error) return { ok: false, message: player.message }
  // in a process that has compiled nothing else
  const warmed = await runNode([fileURLToPath(import.meta.url), '--warm'])
  return { ok: warmed.code === 0, message: warmed.output.trimEnd() }
}

/** `import.meta.url` goes on naming the module that says it: files are found from there. */
const ownPlaces = {
  name: 'own-places',
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      if (!path.startsWith(DIST + sep)) return undefined
      const text = readFileSync(path, 'utf8')
      const own = JSON.stringify(`../${relative(DIST, path).split(sep).join('/')}`)
      const url = `new URL(${own},require('node:url').pathToFileURL(__filename)).href`
      return { contents: text.replaceAll('import.meta.url', url), loader: 'js' }
    })
  },
}

async function warm() {
  const { exports, script, mark } = load()
  const folder = mkdtempSync(join(tmpdir(), 'ipxetool-warm-'))
  try {
    const project = join(folder, 'project')
    cpSync(join(root, 'menus', 'example'), project, { recursive: true })
    const silent = () => new Writable({ write: (_chunk, _encoding, done) => done() })
    for (const line of [
      ['--help'],
      ['build', '--project', project],
      ['check', '--project', project],
      ['check', '--format', 'json', join(root, 'embed')],
      ['machines', '--project', project],
      ['graph', '--project', project],
      ['dhcp', 'dnsmasq', '--project', project],
      ['compile', '--list'],
      ['run', project, '--choose', 'local'],
      ['run', join(project, 'menus', 'coreos.ipxe'), '--net', 'tree', '--choose', 'back'],
      ['test', project, '--all-paths'],
      ['fmt', '--check', project],
      ['explain', '0x3c092083'],
    ]) {
      const io = { cwd: folder, env: {}, stdin: process.stdin, stdout: silent(), stderr: silent() }
      const code = await exports.run(line, {
        ...io,
        signal: AbortSignal.any([]),
        ownsProcess: false,
      })
      if (code > 1) throw new Error(`ipxetool ${line.join(' ')}: exit code ${code}`)
    }
    writeFileSync(`${kept}.new`, Buffer.concat([mark, script.createCachedData()]))
    renameSync(`${kept}.new`, kept)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === '--warm') await warm()
