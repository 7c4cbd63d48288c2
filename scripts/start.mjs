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
  console.log(`ipxetool serve ${[OUT, ...args].join(' ')}    (Ctrl-C stops it)`)
  return serve(args)
}

/** Runs `ipxetool serve` until it ends; it alone decides what a signal means. */
function serve(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [TOOL, 'serve', OUT, ...args], { cwd: root, stdio: 'inherit' })
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
