/** From a request to runs of make. */
import type { CompileRequest, PlanResult } from './types.js'

/** Everything that one compile will do, or why it is refused. Pure: the same request gives the same plan. */
export function planCompile(request: CompileRequest): PlanResult {
  throw new TypeError(`not written yet: ${request.source.id}`)
}
