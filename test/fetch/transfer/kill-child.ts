/** Downloads until it is killed: STORE URL SHA256; says on stdout what has come. */
import { Store } from '../../../src/fetch/store.js'
import { createClient } from '../../../src/fetch/transfer/client.js'
import { download } from '../../../src/fetch/transfer/download.js'

const [folder, url, hex] = process.argv.slice(2)
const client = createClient()
const store = await Store.open(folder!)
process.stdout.write('begin\n')
await download(
  { urls: [url!], digests: [{ algorithm: 'sha256', hex: hex! }] },
  {
    client,
    store,
    events: (event) => {
      if (event.type === 'progress') process.stdout.write(`${event.received}\n`)
    },
  },
)
await client.close()
