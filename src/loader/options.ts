/** Build options as somebody writes them. */
import type { Define } from './types.js'

/**
 * `CONSOLE_CMD`, `COMSPEED=115200`, `NET_PROTO_IPV6=off`.
 *
 * @param from for messages: `--define`
 * @throws IpxetoolError `bad-define` (exit code 2)
 */
export function parseDefine(text: string, from: string): Define {
  throw new TypeError(`not written yet: ${text} ${from}`)
}
