#!/usr/bin/env node
/**
 * npm start: from a fresh clone to a served boot project.
 * Installs and builds what is missing, compiles menus/example into out/, and serves that in the foreground.
 *
 *   npm start                       serve with the defaults
 *   npm start -- --no-serve         stop after the build
 *   npm start -- --http 8081        further arguments go to `ipxetool serve`
 */
import { spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { build } from './build.mjs'
import { ensure } from './ensure.mjs'
import { exitCodeOfSignal, root, runNode } from './processes.mjs'

const PROJECT = 'menus/example'
const OUT = 'out'
const TOOL = 'bin/ipxetool.js'

async function main(args) {
  for (const step of [ensure, build]) {
    const { ok, message } = await step()
    if (message) (ok ? console.log : console.error)(message)
    if (!ok) return 1
  }

  const compile = ['build', 'menus', '--project', PROJECT, '--out', OUT]
  console.log(`ipxetool ${compile.join(' ')}`)
  const compiled = await runNode([TOOL, ...compile], { show: true })
  if (compiled.code !== 0) return compiled.code

  if (args.includes('--no-serve')) return 0
  if ((await runNode([TOOL, 'serve', '--help'])).code !== 0) {
    console.log(`this version cannot serve: give ${OUT}/ to any HTTP server`)
    return 0
  }
  const copy = args.some((arg) => /^--user(=|$)/.test(arg)) ? undefined : readableCopy()
  try {
    const tree = copy === undefined ? OUT : join(copy, OUT)
    console.log(`ipxetool serve ${[tree, ...args].join(' ')}    (Ctrl-C stops it)`)
    return await serve(tree, args)
  } finally {
    if (copy !== undefined) rmSync(copy, { recursive: true, force: true })
  }
}

/**
 * Started by root, `serve` goes on as a user that has no right to anything, and a clone below /root is for root only.
 * Returns a folder with a copy of the tree that everybody can read, or undefined where none is needed.
 */
function readableCopy() {
  const tree = resolve(root, OUT)
  if (process.getuid?.() !== 0 || statSync(tree).uid !== 0) return undefined
  const closed = aboves(tree).find((folder) => (statSync(folder).mode & 0o001) === 0)
  if (closed === undefined) return undefined
  const copy = mkdtempSync(join(tmpdir(), 'ipxetool-start-'))
  chmodSync(copy, 0o755)
  cpSync(tree, join(copy, OUT), { recursive: true })
  console.log(
    `${closed} is for root only, and serve does not stay root: it serves a copy, in ${copy}. After a build, start again.`,
  )
  return copy
}

/** The folders above, to the root. */
function aboves(path) {
  const above = dirname(path)
  return above === path ? [] : [above, ...aboves(above)]
}

/** Runs `ipxetool serve` until it ends; it alone decides what a signal means. */
function serve(tree, args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [TOOL, 'serve', tree, ...args], { cwd: root, stdio: 'inherit' })
    const pass = (signal) => {
      // Ctrl-C on a terminal reaches the child by itself, and a second SIGINT could mean "at once".
      const wait = signal === 'SIGINT' && process.stdin.isTTY ? 2000 : 0
      setTimeout(() => child.kill(signal), wait).unref()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass)
    child.once('error', (error) => {
      console.error(`cannot start node: ${error.message}`)
      resolve(1)
    })
    child.once('close', (code, signal) => {
      resolve(code ?? exitCodeOfSignal(signal))
    })
  })
}

process.exitCode = await main(process.argv.slice(2))
