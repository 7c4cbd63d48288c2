/** Where a worker thread that does not answer is. */
import { Session } from 'node:inspector'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'

const patience = 1000
const ownFolder = fileURLToPath(new URL('..', import.meta.url))

interface Reply {
  method?: string
  params?: {
    url?: string
    scriptId?: string
    sourceMapURL?: string
    callFrames?: { location: { scriptId: string; lineNumber: number; columnNumber: number } }[]
  }
}

interface Stuck {
  file: string
  line: number
  column: number
}

/**
 * The innermost place in a menu file, or beside it, that a busy worker runs; `undefined` when it waits, or when there is no telling.
 * The debugger of the running process is asked, over no port.
 */
export async function stuckAt(worker: Worker): Promise<Stuck | undefined> {
  const session = new Session()
  let send: ((method: string) => void) | undefined
  try {
    session.connect()
    return await new Promise((done) => {
      const timer = setTimeout(() => {
        done(undefined)
      }, patience)
      const scripts = new Map<string, { file: string; map: string }>()
      let id = 0
      session.on('NodeWorker.attachedToWorker', ({ params }) => {
        // other workers of this process are nobody's business
        if (!params.workerInfo.title.startsWith(`[worker ${worker.threadId}]`)) return
        const { sessionId } = params
        send = (method) => {
          const message = JSON.stringify({ id: ++id, method })
          session.post('NodeWorker.sendMessageToWorker', { sessionId, message })
        }
        send('Debugger.enable')
        send('Debugger.pause')
      })
      session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
        const { method, params: said } = JSON.parse(params.message) as Reply
        if (method === 'Debugger.scriptParsed' && said?.scriptId !== undefined) {
          const { scriptId, url = '', sourceMapURL: map = '' } = said
          const path = url.startsWith('file:') ? fileURLToPath(url) : url
          if (map !== '' && isUsers(path)) scripts.set(scriptId, { file: path, map })
        } else if (method === 'Debugger.paused') {
          clearTimeout(timer)
          const frame = said?.callFrames?.find(({ location }) => scripts.has(location.scriptId))
          done(frame && original(frame.location, scripts.get(frame.location.scriptId)!))
        }
      })
      session.post('NodeWorker.enable', { waitForDebuggerOnStart: false })
    })
  } catch {
    // somebody debugs this process already
    return undefined
  } finally {
    // a thread that is held cannot be ended
    send?.('Debugger.disable')
    session.disconnect()
  }
}

/** Not a package, and not the thread's own program. */
function isUsers(path: string): boolean {
  return path.startsWith('/') && !path.includes('/node_modules/') && !path.startsWith(ownFolder)
}

function original(
  { lineNumber, columnNumber }: { lineNumber: number; columnNumber: number },
  { file, map }: { file: string; map: string },
): Stuck | undefined {
  const encoded = /^data:application\/json;[^,]*base64,(\S+)$/.exec(map)?.[1]
  if (encoded === undefined) return undefined
  const payload = JSON.parse(Buffer.from(encoded, 'base64').toString()) as ConstructorParameters<
    typeof SourceMap
  >[0]
  // the worker puts a line before each file
  const entry = new SourceMap(payload).findEntry(lineNumber - 1, columnNumber)
  if (!('originalLine' in entry)) return undefined
  return { file, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
}
