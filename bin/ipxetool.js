#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { bundle, load } from './load.js'

/** Those that are over soon, unless they watch. */
const brief = ['build', 'check', 'fmt', 'graph', 'machines', 'run', 'test']

if (existsSync(bundle)) {
  const { main } = load().exports
  const args = process.argv.slice(2)
  // These are over before optimised code repays the compiler, which took 40 % of the CPU time of a `check`: a function
  // has to run for longer than the 132 KB of bytecode that V8 asks for. Not before `load`: what V8 kept is refused under
  // other flags.
  if (brief.includes(args.find((arg) => !arg.startsWith('-'))) && !args.includes('--watch')) {
    setFlagsFromString('--interrupt-budget=1000000')
  }
  process.exitCode = await main(args)
} else {
  process.stderr.write(
    'ipxetool: this copy has not been built\n  run `npm run build` (or `npm start`) in its folder\n',
  )
  process.exitCode = 3
}
