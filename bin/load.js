/**
 * Loads dist/bundle/ipxetool.cjs with the code that V8 kept of it when it was built (scripts/bundle.mjs): without, most of
 * the time of a short command goes to compiling. Another version of Node refuses what was kept, and compiles.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'

export const bundle = fileURLToPath(new URL('../dist/bundle/ipxetool.cjs', import.meta.url))
export const kept = `${bundle}.cache`

/** @returns {{ exports: typeof import('../dist/cli/main.js'), script: Script, mark: Buffer }} */
export function load() {
  // esbuild writes ASCII
  const source = readFileSync(bundle, 'latin1')
  const mark = Buffer.from(source.slice(-markLength), 'latin1')
  const parameters = 'exports, require, module, __filename, __dirname'
  const script = new Script(`(function (${parameters}) {${source}\n})`, {
    filename: bundle,
    cachedData: readKept(mark),
  })
  const module = { exports: {} }
  script.runInThisContext()(module.exports, createRequire(bundle), module, bundle, dirname(bundle))
  return { exports: module.exports, script, mark }
}

/** The bundle's last line, a digest of the rest: V8 itself only compares lengths. */
const markLength = '//'.length + 64

function readKept(mark) {
  let data
  try {
    data = readFileSync(kept)
  } catch {
    return undefined
  }
  return data.subarray(0, markLength).equals(mark) ? data.subarray(markLength) : undefined
}
