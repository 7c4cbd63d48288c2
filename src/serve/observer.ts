/** Everything that looks at events while the servers run: the trace, its pages, the caller's own listener. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OnEvent } from './events.js'
import { createPages, type Pages } from './pages/router.js'
import type { Surroundings } from './trace/diagnose.js'
import type { MachineTrace, StepKind, Trouble } from './trace/model.js'
import { neighbourMac } from './trace/neighbours.js'
import { Trace } from './trace/trace.js'

export interface Observer {
  readonly onEvent: OnEvent
  readonly pages: ((req: IncomingMessage, res: ServerResponse) => boolean) | undefined
  readonly trace: Trace
  /** What is only known once the servers listen. */
  complete(surroundings: Surroundings, onArrived: (mac: string, kind: StepKind) => void): void
  close(): void
}

/** Some causes are a silence: somebody has to look at the clock. 2,000 machines are looked at in a second. */
const CHECK_MS = 50
const CHECKED = 100

/**
 * @param networks that may see the pages besides this machine; false: there are none
 * @throws IpxetoolError `bad-allow` (exit code 2)
 */
export function observe(networks: readonly string[] | false, listener: OnEvent): Observer {
  let surroundings: Surroundings = { server: undefined, httpUrl: undefined, proxy: false }
  let arrived: ((mac: string, kind: StepKind) => void) | undefined
  const shown: { pages?: Pages } = {}
  const tell: OnEvent = (event) => {
    shown.pages?.note(event)
    listener(event)
  }
  const trace: Trace = new Trace({
    surroundings: () => surroundings,
    macOf: neighbourMac,
    onArrived: (mac, kind) => {
      arrived?.(mac, kind)
    },
    onTrouble: ({ id }: MachineTrace, { code, problem, fix }: Trouble) => {
      tell({ type: 'trouble', machine: id, code, problem, fix })
    },
  })
  const pages = networks === false ? undefined : createPages({ trace, networks })
  if (pages !== undefined) shown.pages = pages
  const timer = setInterval(() => {
    trace.check(CHECKED)
  }, CHECK_MS)
  timer.unref()
  return {
    trace,
    onEvent(event) {
      tell(event)
      trace.note(event)
    },
    pages: pages && ((req, res) => pages.handle(req, res)),
    complete(around, onArrived) {
      surroundings = around
      arrived = onArrived
    },
    close() {
      clearInterval(timer)
      pages?.close()
    },
  }
}
