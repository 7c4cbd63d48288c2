/** What a person, or a program with `--json`, sees of a fetch. */
import type { FetchSetEvent } from '../fetch/fetch-set.js'
import type { LockedSet, Release } from '../fetch/types.js'
import { setName } from '../model/lock.js'
import type { Io } from './io.js'

export type FetchReporter = ReturnType<typeof fetchReporter>

export function fetchReporter({ json, quiet }: { json?: boolean; quiet?: boolean }, io: Io) {
  const isJson = json === true
  const isLive = io.stderr.isTTY === true && !isJson && quiet !== true
  const lines = new Map<string, { text: string; started: number; last: number }>()
  let drawn = 0
  const emit = (event: object): void => {
    io.stdout.write(`${JSON.stringify(event)}\n`)
  }
  const say = (text: string): void => {
    if (isJson || quiet === true) return
    clear()
    io.stderr.write(`${text}\n`)
    draw()
  }
  const clear = (): void => {
    if (drawn > 0) io.stderr.write(`\x1b[${drawn}A\x1b[J`)
    drawn = 0
  }
  const draw = (): void => {
    if (!isLive) return
    for (const { text } of lines.values())
      io.stderr.write(`${text.slice(0, (io.stderr.columns ?? 80) - 1)}\n`)
    drawn = lines.size
  }
  const progress = (name: string, received: number, total: number | undefined): void => {
    if (!isLive) return
    const now = Date.now()
    const line = lines.get(name) ?? { text: '', started: now, last: received }
    const rate = now > line.started ? ((received - line.last) * 1000) / (now - line.started) : 0
    const left = total !== undefined && rate > 0 ? `, ${Math.ceil((total - received) / rate)} s left` : ''
    const share =
      total === undefined
        ? ''
        : ` of ${showSize(total)} ${Math.floor((received * 100) / Math.max(1, total))} %`
    line.text = `  ${name}  ${showSize(received)}${share}  ${showSize(rate)}/s${left}`
    lines.set(name, line)
    clear()
    draw()
  }
  return {
    note(text: string): void {
      if (isJson) emit({ type: 'note', text })
      else say(text)
    },
    start(release: Release): void {
      const { distribution, channel, version, architecture } = release
      if (isJson) emit({ type: 'release', distribution, channel, version, architecture })
      else say(`${distribution} ${channel ?? ''} ${version} (${architecture})`.replace('  ', ' '))
    },
    event(event: FetchSetEvent): void {
      if (isJson) {
        const own = event.type === 'failed' ? { ...event, error: event.error.message } : event
        if (event.type !== 'progress') emit(own)
        return
      }
      switch (event.type) {
        case 'progress':
          progress(event.name, event.received, event.total)
          break
        case 'resumed':
          say(`  ${event.name}: goes on at ${showSize(event.at)}`)
          break
        case 'restart':
        case 'retry':
          say(`  ${event.name}: ${event.reason}${event.type === 'retry' ? ', again' : ''}`)
          break
        case 'mirror':
          say(`  ${event.name}: ${event.reason}; now ${event.to}`)
          break
        case 'done':
          lines.delete(event.name)
          say(`  ${event.name}  ${showSize(event.size)}${event.reused ? ', was in the store' : ''}`)
          break
        case 'trusted':
          say(`  ${event.name}  ${event.tier}${event.signedBy === undefined ? '' : ` by ${event.signedBy}`}`)
          for (const note of event.notes) say(`    ${note}`)
          break
        default:
      }
    },
    set(set: LockedSet): void {
      if (isJson) emit({ type: 'set', ...set })
      else if (quiet !== true) {
        clear()
        const bytes = set.files.reduce((sum, file) => sum + file.size, 0)
        io.stdout.write(`${setName(set)} is ${set.version}: ${set.files.length} files, ${showSize(bytes)}\n`)
      }
    },
    verified(path: string, state: string, tier: string): void {
      if (isJson) emit({ type: 'verify', path, state, tier })
      else if (quiet !== true || state !== 'good')
        io.stdout.write(`${state.padEnd(8)} ${tier.padEnd(7)} ${path}\n`)
    },
    removed(path: string, bytes?: number): void {
      if (isJson) emit({ type: 'removed', path, ...(bytes !== undefined && { size: bytes }) })
      else if (quiet !== true)
        io.stdout.write(`removed ${path}${bytes === undefined ? '' : ` (${showSize(bytes)})`}\n`)
    },
    /** The last word of an action: an event, or a line. */
    result(event: object, text: string): void {
      if (isJson) emit(event)
      else if (quiet !== true) io.stdout.write(`${text}\n`)
    },
    close(): void {
      clear()
      lines.clear()
    },
  }
}

/** `4.0 MB` */
export function showSize(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`
  const units = ['kB', 'MB', 'GB']
  let value = bytes / 1000
  let unit = 0
  while (value >= 1000 && unit < 2) {
    value /= 1000
    unit++
  }
  return `${value.toFixed(1)} ${units[unit]!}`
}
