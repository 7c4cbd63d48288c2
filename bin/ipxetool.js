#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { bundle, load } from './load.js'

if (existsSync(bundle)) process.exitCode = await load().exports.main(process.argv.slice(2))
else {
  process.stderr.write(
    'ipxetool: this copy has not been built\n  run `npm run build` (or `npm start`) in its folder\n',
  )
  process.exitCode = 3
}
