#!/usr/bin/env node
/**
 * Installs what is missing: checks the Node version, and runs `npm ci` when node_modules is not what the lockfile says.
 * Costs a few milliseconds when nothing is missing. Exit code 1 with one line when it cannot be done.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, run, stopwatch } from './processes.mjs'

/** as "engines" in package.json */
const LEAST_NODE = [20, 19]

/** In the environment while npm installs for our scripts: its `prepare` then does nothing. */
export const preparing = 'IPXETOOL_PREPARING'

/** One line about a Node that is too old, or undefined. */
export function nodeProblem(version) {
  const [major, minor] = version.split('.').map(Number)
  const [leastMajor, leastMinor] = LEAST_NODE
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return undefined
  return `ipxetool needs Node ${LEAST_NODE.join('.')} or later, this is ${version}: https://nodejs.org/en/download`
}

/**
 * The packages that the lockfile wants and that are not installed in the same version.
 * npm keeps a lockfile of what it really installed in node_modules/.package-lock.json and writes it last, so an
 * interrupted installation is seen, too. Optional packages are those of other platforms.
 */
export function missingFrom(lock, installed) {
  return Object.entries(lock.packages)
    .filter(([path, wanted]) => {
      if (path === '' || wanted.optional || wanted.devOptional) return false
      const found = installed?.packages?.[path]
      return !found || found.version !== wanted.version || found.integrity !== wanted.integrity
    })
    .map(([path]) => path.replace(/^.*node_modules\//, ''))
}

/**
 * @returns {Promise<{ ok: boolean, message: string }>} `message` says what was done or what is wrong; it is empty when
 *   there was nothing to do
 */
export async function ensure() {
  const problem = nodeProblem(process.versions.node)
  if (problem) return { ok: false, message: problem }
  const missing = missingFrom(readJson('package-lock.json'), readJson('node_modules/.package-lock.json'))
  if (missing.length === 0) return { ok: true, message: '' }

  const elapsed = stopwatch()
  // npm tells its children where it is; running that with our Node avoids npm.cmd, which needs a shell on Windows.
  const npm = process.env.npm_execpath
  const [command, args] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []]
  const env = { [preparing]: '1' }
  const result = await run(command, [...args, 'ci', '--include=dev', '--no-audit', '--no-fund'], { env })
  if (result.code !== 0) return { ok: false, message: `npm ci failed:\n${result.output.trimEnd()}` }
  return { ok: true, message: `installed ${missing.length} packages (${elapsed()})` }
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8'))
  } catch (error) {
    if (path === 'package-lock.json') throw error
    return undefined
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { ok, message } = await ensure()
  if (message) console.log(message)
  process.exitCode = ok ? 0 : 1
}
