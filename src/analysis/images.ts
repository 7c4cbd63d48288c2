/** The images that a script registers: their names, and where they may be there (`core/image.c`, `usr/imgmgmt.c`). */
import type { ParsedCommand } from './commands.js'
import type { Flow } from './flow.js'
import type { FlowValues } from './flow-values.js'
import { innermost, mayRunOther, optionValue } from './outcomes.js'
import { hole } from './text.js'

/** Commands that download and register; `imgexec` too, but then it runs. */
const loaders = new Set(['imgfetch', 'imgselect', 'imgargs', 'imgextract', 'imgdecrypt', 'imgverify'])

/** The names that an image may get, texts with holes; none: the command makes no image. */
export function imageNames(command: ParsedCommand, number: number, values: FlowValues): readonly string[] {
  const { spec, positionals, valueOf } = { ...command, valueOf: optionValue(command, 'name') }
  if (!spec) return []
  if (spec.name === 'imgmem') return [valueOf ?? positionals[0]?.text ?? hole]
  if (!loaders.has(spec.name) && spec.name !== 'imgexec') return []
  const [first] = positionals
  if (!first) return []
  if (valueOf !== undefined) return [valueOf]
  const short = nameOfUri(first.text)
  if (short !== undefined && !short.includes(hole)) return [short]
  return [...new Set(values.textsOf(first.word, number).map((text) => nameOfUri(text) ?? hole))]
}

/** The last part of the path, or of what stands after the scheme; undefined: there is none. */
export function nameOfUri(uri: string): string | undefined {
  const text = uri.replace(/##params.*$/, '').replace(/#.*$/, '')
  const scheme = /^[A-Za-z_-]+:/.exec(text)?.[0] ?? ''
  const rest = text.slice(scheme.length)
  if (scheme !== '' && !rest.startsWith('/') && !rest.startsWith(hole)) {
    return rest.slice(rest.lastIndexOf('/') + 1)
  }
  const path = rest.replace(/\?.*$/, '').replace(/^\/\/[^/]*/, '')
  const name = path.slice(path.lastIndexOf('/') + 1)
  return name === '' ? undefined : percentDecoded(name)
}

function percentDecoded(text: string): string {
  return text.replace(/%([\da-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
}

/** The initial RAM disks and other images that are there, as far as this script loads them. */
export interface ImagesThere {
  /** Texts with holes. */
  readonly names: ReadonlySet<string>
  /** Some may be there that this script does not load. */
  readonly isOpen: boolean
}

/** The images that may be registered before a command runs; `loadedBy`: only by commands of this name. */
export function imagesBefore(number: number, flow: Flow, values: FlowValues, loadedBy?: string): ImagesThere {
  const names = new Set<string>()
  const found: number[] = []
  let isOpen = false
  const ended = values.walkBack(number, (other) => {
    const command = innermost(flow.commands[other]!)
    const name = command.spec?.name
    if (name === 'imgfree' && command.positionals.length === 0) return 'enough'
    if (loadedBy === undefined ? name?.startsWith('img') : name === loadedBy) found.push(other)
    // what others load they start themselves, as a rule
    if (loadedBy === undefined && mayRunOther(command)) isOpen = true
    return 'on'
  })
  for (const other of found) {
    for (const image of imageNames(innermost(flow.commands[other]!), other, values)) names.add(image)
  }
  if (ended === 'cut') isOpen = true
  return { names, isOpen }
}

/** The images that commands of one name load after a command and before something is started. */
export function imagesUntilBoot(
  number: number,
  flow: Flow,
  values: FlowValues,
  loadedBy: string,
): ImagesThere {
  const names = new Set<string>()
  let isOpen = false
  const seen = new Set<number>()
  const waiting = [number]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next < 0 || seen.has(next)) continue
    seen.add(next)
    if (seen.size > 400 || !values.spend()) return { names, isOpen: true }
    const command = innermost(flow.commands[next]!)
    const name = command.spec?.name
    if (next !== number) {
      if (name === 'imgexec' && !mayRunOther(command)) continue
      if (name === 'choose' || (name === 'imgfree' && command.positionals.length === 0)) continue
      if (name === loadedBy) for (const image of imageNames(command, next, values)) names.add(image)
      if (mayRunOther(command)) isOpen = true
    }
    if (name === 'goto') {
      const target = command.positionals[0]?.text
      if (target === undefined || target.includes(hole)) isOpen = true
      else waiting.push(flow.label(target)?.entry ?? -1)
      continue
    }
    waiting.push(flow.afterSuccess[next]!, flow.afterFailure[next]!)
  }
  return { names, isOpen }
}
