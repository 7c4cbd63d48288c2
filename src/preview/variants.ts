/** What an entry does, once for each group of machines on which it does the same. */
import type { CheckedBoot } from '../links/preflight-boots.js'
import { decodeText } from '../syntax/bytes.js'
import type { FetchedFile, FileFacts } from './files.js'
import type { Followed } from './follow.js'
import type { MachineSet } from './machines.js'
import { lineText } from './program.js'
import type { FoundScreen } from './screens.js'

export interface Variant {
  machines: MachineSet
  /** One sentence: what happens in the end. */
  summary: string
  /** Key of the menu that opens; absent when the same menu comes back. */
  opens: string | undefined
  /** It ends the script: back to the menu that opened this one. */
  leaves: boolean
  /** Kernel arguments; `undefined` without a kernel. */
  args: string | undefined
  files: FetchedFile[]
  /** Sizes, times and memory; absent when nothing is known. */
  boot?: CheckedBoot | undefined
  /** The lines that are gone through, by script. */
  blocks: { path: string; lines: string[] }[]
}

/**
 * @param runs by index of the machine; `undefined` where the entry is never shown
 */
export function variantsOf(
  screen: FoundScreen,
  runs: readonly (Followed | undefined)[],
  keys: ReadonlyMap<FoundScreen, string>,
  files: FileFacts,
): Variant[] {
  const variants = new Map<string, Variant>()
  const byRun = new Map<Followed, Variant>()
  runs.forEach((run, index) => {
    if (!run) return
    const shared = byRun.get(run)
    if (shared) {
      shared.machines |= 1 << index
      return
    }
    const variant = variantOf(screen, run, keys, files)
    const same = JSON.stringify(variant)
    const known = variants.get(same)
    if (known) known.machines |= 1 << index
    else variants.set(same, { ...variant, machines: 1 << index })
    byRun.set(run, variants.get(same)!)
  })
  return [...variants.values()]
}

function variantOf(
  screen: FoundScreen,
  run: Followed,
  keys: ReadonlyMap<FoundScreen, string>,
  facts: FileFacts,
): Omit<Variant, 'machines'> {
  const { outcome, kernel, others } = run
  const boots = outcome.kind === 'boot' || outcome.kind === 'chain' || outcome.kind === 'disk'
  const args = kernel && outcome.kind === 'boot' ? kernel.args : undefined
  const files = boots
    ? [
        ...(kernel ? facts.ofFetch('kernel', kernel) : []),
        ...others.flatMap((fetch) => facts.ofFetch('initrd', fetch)),
        ...(kernel && args !== undefined ? facts.ofArguments(args, kernel.script) : []),
      ]
    : []
  const blocks: Variant['blocks'] = []
  for (const { path, line } of run.lines) {
    // what another script does before it shows its menu belongs to that menu
    if (outcome.kind === 'menu' && path !== screen.program.path) continue
    const text = lineText(line)
    if (text.trim() === '' || line.node.type === 'invalid' || /^#!/.test(text)) continue
    const last = blocks.at(-1)
    const shown = decodeText(path)
    if (last?.path === shown) last.lines.push(text)
    else blocks.push({ path: shown, lines: [text] })
  }
  const opened = outcome.kind === 'menu' && outcome.screen !== screen ? keys.get(outcome.screen) : undefined
  return {
    summary: summaryOf(screen, run),
    opens: opened,
    leaves: outcome.kind === 'exit' || outcome.kind === 'end',
    args: args === undefined ? undefined : decodeText(args),
    files,
    blocks,
  }
}

function summaryOf(screen: FoundScreen, { outcome, seen, others }: Followed): string {
  switch (outcome.kind) {
    case 'menu': {
      if (outcome.screen !== screen) return 'Opens another menu.'
      if (seen.has('shell')) return 'Opens the iPXE shell; exit comes back to this menu.'
      if (seen.has('config')) return 'Opens the settings editor, then comes back to this menu.'
      return 'Does its work and comes back to this menu.'
    }
    case 'boot': {
      const count = others.length
      if (count === 0) return 'Starts a kernel.'
      return `Starts a kernel with ${count === 1 ? 'one more file' : `${count} more files`}.`
    }
    case 'chain':
      return 'Loads another program or script and runs it.'
    case 'disk':
      return `Boots from ${decodeText(outcome.what)}.`
    case 'exit':
    case 'end':
      return 'Leaves the script: back to whatever started it, at last to the firmware’s next boot option.'
    case 'shell':
    case 'config':
      return 'Opens a tool of iPXE.'
    case 'reboot':
      return 'Restarts the machine.'
    case 'poweroff':
      return 'Turns the machine off.'
    case 'fails':
      return 'The script stops with an error.'
    case 'unknown':
      return 'What follows is known only on the machine.'
  }
}
