/** A store in a temporary folder, a client that does not wait, and what happened. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Store } from '../../../src/fetch/store.js'
import { createClient, type ClientOptions, type HttpClient } from '../../../src/fetch/transfer/client.js'
import type { DownloadContext, TransferEvent } from '../../../src/fetch/transfer/download.js'

export interface Workbench {
  folder: string
  store: Store
  client: HttpClient
  context: DownloadContext
  events: TransferEvent[]
  /** Milliseconds that it would have slept. */
  slept: number[]
  /** How often an event of that type came. */
  count(type: TransferEvent['type']): number
  close(): Promise<void>
}

export async function workbench(options: ClientOptions = {}): Promise<Workbench> {
  const folder = await mkdtemp(join(tmpdir(), 'ipxetool-fetch-'))
  const store = await Store.open(join(folder, 'store'))
  const slept: number[] = []
  const client = createClient({
    random: () => 0.5,
    sleep: (milliseconds) => {
      slept.push(milliseconds)
      return Promise.resolve()
    },
    ...options,
  })
  const events: TransferEvent[] = []
  return {
    folder,
    store,
    client,
    events,
    slept,
    context: { client, store, events: (event) => events.push(event) },
    count: (type) => events.filter((event) => event.type === type).length,
    close: async () => {
      await client.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
