/**
 * The language: parse alone, `ipxetool check` as a whole beside shellcheck and shfmt on as many lines of shell, and
 * start-up beside a Node that does nothing.
 */
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type * as Library from '../src/index.js'
import { commandPeer, functionPeer, type Benchmark, type Peer } from './harness.js'
import { ipxeScript, renamed, shellScript } from './scripts.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const tool = join(root, 'bin', 'ipxetool.js')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const nothing = ''

/** @param folder for the scripts; the caller removes it */
export async function* benchmarks(folder: string): AsyncGenerator<Benchmark> {
  // Not the sources: what is shipped.
  const library = (await import(join(root, 'dist', 'index.js'))) as typeof Library
  for (const lines of [1_000, 10_000]) {
    yield parseAlone(library, lines)
    yield await checkFile(folder, lines)
  }
  yield await checkFolder(folder)
  yield await startUp()
}

function parseAlone(library: typeof Library, lines: number): Benchmark {
  const bytes = new TextEncoder().encode(ipxeScript(lines))
  const parser = (name: string, positions: boolean) =>
    functionPeer({
      name,
      version,
      work: () => library.parse(bytes, { positions }),
      output: (tree) => library.stringify(tree),
      expect: bytes,
    })
  return {
    name: `parse alone, in a running process, ${grouped(lines)} lines`,
    work: { amount: lines, unit: 'lines' },
    // `check` and editors need offsets within lines only; a position for every node is for users of the library.
    peers: [parser('parse', true), parser('parse, spans only', false)],
    rounds: 25,
  }
}

async function checkFile(folder: string, lines: number): Promise<Benchmark> {
  const ipxe = join(folder, `menu-${lines}.ipxe`)
  const shell = join(folder, `fetch-${lines}.sh`)
  await writeFile(ipxe, ipxeScript(lines))
  await writeFile(shell, shellScript(lines))
  return {
    name: `check a file, whole process, ${grouped(lines)} lines`,
    work: { amount: lines, unit: 'lines' },
    peers: [
      await toolPeer('ipxetool check', ['check', '--no-color', ipxe], 'no problems in 1 file\n'),
      ...(await shellPeers([shell], shell)),
    ],
  }
}

/** What shell scripts have: a linter, which is given files, and a formatter, which also takes a folder. */
async function shellPeers(files: readonly string[], all: string): Promise<Peer[]> {
  const common = { versionArgs: ['--version'], expect: nothing }
  return [
    await commandPeer({ ...common, name: 'shellcheck', command: 'shellcheck', args: ['--norc', ...files] }),
    await commandPeer({ ...common, name: 'shfmt -d', command: 'shfmt', args: ['-d', all] }),
  ]
}

/** Many small files, as they are in the field: no two scripts are alike, and hardly a line. */
async function checkFolder(folder: string): Promise<Benchmark> {
  const files = 730
  const linesOfEach = 42
  const ipxe = join(folder, 'ipxe')
  const shell = join(folder, 'shell')
  const shellFiles: string[] = []
  for (const path of [ipxe, shell]) await mkdir(path)
  for (let n = 0; n < files; n++) {
    await writeFile(join(ipxe, `menu${n}.ipxe`), renamed(ipxeScript(linesOfEach), n))
    shellFiles.push(join(shell, `fetch${n}.sh`))
    await writeFile(shellFiles[n]!, shellScript(linesOfEach).replaceAll('release', `release${n}`))
  }
  const lines = files * linesOfEach
  return {
    name: `check a folder, whole process, ${files} files, ${grouped(lines)} lines`,
    work: { amount: lines, unit: 'lines' },
    peers: [
      await toolPeer('ipxetool check', ['check', '--no-color', ipxe], `no problems in ${files} files\n`),
      await commandPeer({
        name: 'parsing alone',
        command: process.execPath,
        args: [join(root, 'bench', 'parse-files.mjs'), ipxe],
        versionArgs: [tool, '--version'],
        expect: `${lines} lines\n`,
      }),
      ...(await shellPeers([...shellFiles], shell)),
    ],
  }
}

async function startUp(): Promise<Benchmark> {
  return {
    name: 'start-up, whole process',
    peers: [
      await commandPeer({
        name: 'node -e 0',
        command: process.execPath,
        args: ['-e', '0'],
        versionArgs: ['--version'],
        expect: nothing,
      }),
      await toolPeer('ipxetool --version', ['--version'], `${version}\n`),
    ],
    rounds: 15,
  }
}

function toolPeer(name: string, args: readonly string[], expect: Peer['expect']): Promise<Peer> {
  return commandPeer({
    name,
    command: process.execPath,
    args: [tool, ...args],
    versionArgs: [tool, '--version'],
    expect,
  })
}

function grouped(count: number): string {
  return count.toLocaleString('en')
}
