#!/usr/bin/env node
/**
 * What npm runs before it packs a clone, for `npm install -g git+https://…` and for pre-commit: builds dist/. npm has then
 * not always installed what the build needs, and has told its children to install things globally.
 */
import { preparing, ensure } from './ensure.mjs'

// `npm ci` of our own scripts: they build when they want to
if (process.env[preparing] === undefined) {
  process.env['npm_config_global'] = 'false'
  let { ok, message } = await ensure()
  if (ok) {
    const { build } = await import('./build.mjs')
    ;({ ok, message } = await build())
  }
  if (message) console.log(message)
  process.exitCode = ok ? 0 : 1
}
