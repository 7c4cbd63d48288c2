/** Parses all files of a folder, as the parser is shipped, and says how many lines they have: node bench/parse-files.mjs DIR */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from '../dist/syntax/parse.js'

const folder = process.argv[2]
let lines = 0
for (const name of readdirSync(folder)) {
  lines += parse(readFileSync(join(folder, name)), { positions: false }).children.length
}
console.log(`${lines} lines`)
