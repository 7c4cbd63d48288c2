/**
 * What bench/fetch.ts times: the transfer of `ipxetool fetch` in a process of its own.
 *
 *   node bench/fetch-peer.mjs STORE MEMORY-FILE URL…      prints the SHA-256 of each file; appends the peak of memory in kB
 */
import { appendFileSync } from 'node:fs'
import { Store } from '../dist/fetch/store.js'
import { createClient } from '../dist/fetch/transfer/client.js'
import { downloadAll } from '../dist/fetch/transfer/download-all.js'

const [folder, memory, ...urls] = process.argv.slice(2)
const client = createClient({ environment: {} })
const store = await Store.open(folder)
const files = await downloadAll(
  urls.map((url) => ({ urls: [url] })),
  { client, store, events: () => undefined },
)
for (const { sha256 } of files) console.log(sha256)
await client.close()
appendFileSync(memory, `${process.resourceUsage().maxRSS}\n`)
