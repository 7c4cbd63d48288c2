/** TIMEOUT, TOTALTIMEOUT and PROMPT as the timeout of a menu. */
import type { Report } from '../result.js'
import type { Config } from './config.js'
import type { Statement } from './parse.js'

/** SYSLINUX starts DEFAULT at once where it shows neither a menu nor a prompt; this long one can still step in. */
const atOnce = '3s'
/** An hour, in tenths of a second. */
const most = 36_000

/** As the model writes it; `undefined`: for ever. */
export function timeoutOf(config: Config, report: Report): string | undefined {
  const { timeout, totaltimeout } = config
  if (!config.hasMenu && !config.prompts) return config.default ? atOnce : undefined
  const first = tenths(timeout, report)
  const total = tenths(totaltimeout, report)
  if (first !== undefined && total !== undefined && totaltimeout) {
    report.info(
      'import-unsupported',
      totaltimeout,
      'TOTALTIMEOUT is not carried over: TIMEOUT counts',
      'The first key that is pressed stops the countdown for good.',
    )
  }
  const wait = first ?? total
  if (wait === undefined) return undefined
  return wait % 10 === 0 ? `${wait / 10}s` : `${wait * 100}ms`
}

function tenths(statement: Statement | undefined, report: Report): number | undefined {
  if (!statement) return undefined
  const { value, keyword } = statement
  if (!/^\d+$/.test(value)) {
    report.warn(
      'import-syntax',
      statement,
      `${keyword.toUpperCase()} takes tenths of a second, not \`${value.slice(0, 40)}\``,
      'The menu waits for ever.',
    )
    return undefined
  }
  const number = Math.min(Number(value), most)
  return number === 0 ? undefined : number
}
