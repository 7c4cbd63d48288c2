import type { Io, OutputStream } from './io.js'

/** Colours: unless `--no-color`, NO_COLOR or a dumb terminal says otherwise, where `stream` is a terminal. */
export function useColor(options: { color?: boolean }, { env }: Io, stream: OutputStream): boolean {
  const isWished = options.color !== false && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
  return isWished && stream.isTTY === true
}
