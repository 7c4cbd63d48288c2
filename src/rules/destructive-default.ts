import { parseDirective } from '../analysis/directives.js'
import { end, jumpOf } from '../analysis/flow.js'
import { fails, jumps, optionValue, succeeds } from '../analysis/outcomes.js'
import { hole } from '../analysis/text.js'
import type { Line, ScriptContent } from '../ast/nodes.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

/** Arguments with which an installer starts by itself, and what it does to the disk. */
const wipes =
  /^(coreos\.inst\.install_dev=|coreos\.inst=yes|(inst\.)?ks=|inst\.ks=|preseed\/(url|file)=|auto=true$|autoinstall$|autoyast=|AutoYaST=|flatcar\.inst|k3os\.install\.silent|harvester\.install\.automatic=true|talos\.experimental\.wipe=)/

export const destructiveDefault: Rule = {
  id: 'destructive-default',
  summary: 'A menu whose timeout starts an installation that wipes a disk.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'When nobody presses a key the default entry starts, and its kernel installs by itself: `coreos.inst.install_dev=`, ' +
      'a kickstart, a preseed, an autoinstall. A machine that boots from the network by accident loses its disk. Where that ' +
      'is meant, write `# ipxetool destructive` below the label of the entry or behind the `choose`; else take another ' +
      'default, or no timeout.',
    ok: [
      'menu M\nitem a A\nitem local B\nchoose --timeout 9000 --default local x || exit\ngoto ${x}\n:local\nexit\n:a\nkernel http://x/k inst.ks=http://x/ks\nboot\n',
      'menu M\nitem a A\nchoose --default a x || exit\ngoto ${x}\n:a\nkernel http://x/k inst.ks=http://x/ks\nboot\n',
      'menu M\nitem a A\nchoose --timeout 9000 --default a x || exit\ngoto ${x}\n:a\n# ipxetool destructive\nkernel http://x/k inst.ks=http://x/ks\nboot\n',
      'kernel http://x/k inst.ks=http://x/ks\nboot\n',
    ],
    notOk: [
      'menu M\nitem a A\n«choose» --timeout 9000 --default a x || exit\ngoto ${x}\n:a\nkernel http://x/k inst.ks=http://x/ks\nboot\n',
      'menu M\nitem a A\nitem b B\n«choose» --timeout 9000 x && goto ${x} || exit\n:a\nset args coreos.inst.install_dev=/dev/sda\nkernel http://x/k ${args}\nboot\n:b\nexit\n',
    ],
  },
  create: ({ report, analysis: { flow, script } }) => ({
    end() {
      const { graph, values } = flow
      let meant: Set<Line> | undefined
      for (const number of flow.named('choose')) {
        const choose = graph.commands[number]!
        const timeout = optionValue(choose, 'timeout')
        if (timeout === undefined || /^0+$/.test(timeout) || choose.problem || !flow.runs(number)) continue
        const chosen = defaultsOf(flow, number)
        if (chosen.length === 0) continue
        const entries = new Map<number, string>()
        for (const jump of flow.named('goto')) {
          const word = graph.commands[jump]!.positionals[0]?.word
          if (!word || jump < number || !graph.commands[jump]!.positionals[0]!.text.includes(hole)) continue
          for (const { text, setBy } of values.expand(word, jump)) {
            if (setBy !== number || !chosen.some((name) => text === name)) continue
            const label = graph.label(text)
            if (label && label.entry !== end) entries.set(label.entry, text)
          }
        }
        for (const [entry, name] of entries) {
          meant ??= directiveLines(script.children)
          const found = wipingKernel(flow, entry, meant)
          if (found === undefined || meant.has(choose.line)) continue
          report({
            line: choose.line,
            at: choose.nameWord,
            reason: `When nobody presses a key, ${quote(name)} starts and installs by itself (${quote(found)})`,
            note: 'Take another default or no timeout; where it is meant, write `# ipxetool destructive` below the label.',
          })
          break
        }
      }
    },
  }),
}

type FlowOfRule = Parameters<Rule['create']>[0]['analysis']['flow']

/** The names of the items that a timeout may take. */
function defaultsOf({ graph, values }: FlowOfRule, number: number): readonly string[] {
  const choose = graph.commands[number]!
  const { items, isComplete } = values.menus.itemsOf(number)
  const option = choose.options.findLast(({ spec }) => spec.long === 'default')
  if (option?.valueWord && option.value !== undefined) {
    const texts = option.value.includes(hole) ? values.textsOf(option.valueWord, number) : [option.value]
    const known = texts.filter((text) => text !== '' && !text.includes(hole))
    if (known.length > 0) return known
    return []
  }
  if (!isComplete) return []
  const flagged = items.findLast(({ command }) => command.options.some(({ spec }) => spec.long === 'default'))
  const first = flagged ?? items[0]
  return first ? [first.name] : []
}

/** The argument with which something that is started from here wipes a disk; nothing when a person is asked before. */
function wipingKernel(
  { graph, values, targets }: FlowOfRule,
  entry: number,
  meant: ReadonlySet<Line>,
): string | undefined {
  const seen = new Set<number>()
  const waiting = [entry]
  let found: string | undefined
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    if (number === end || seen.has(number) || seen.size > 300) continue
    seen.add(number)
    const command = graph.commands[number]!
    if (meant.has(command.line)) return undefined
    const name = command.spec?.name
    if (name === 'choose' || name === 'prompt' || name === 'read' || name === 'shell') continue
    if (
      name === 'imgselect' ||
      name === 'imgargs' ||
      (name === 'imgexec' && command.positionals.length > 1)
    ) {
      for (const { word } of command.positionals.slice(1)) {
        for (const text of values.textsOf(word, number)) {
          found ??= text
            .split(/\s+/)
            .find((argument) => wipes.test(argument) && !argument.includes('ks=cdrom'))
        }
      }
    }
    const outcome = graph.outcomes[number]!
    const isBoot = name === 'imgexec' || name === 'sanboot'
    if (outcome & succeeds && !isBoot) waiting.push(graph.afterSuccess[number]!)
    if (outcome & fails && name !== 'imgselect' && name !== 'imgfetch')
      waiting.push(graph.afterFailure[number]!)
    if (!(outcome & jumps)) continue
    const jump = jumpOf(graph, number)
    if (typeof jump === 'number') waiting.push(jump)
    else if (jump === undefined) for (const to of targets(number) ?? []) waiting.push(to)
  }
  return found
}

/** Lines that a directive says are meant to wipe: its own, and the next that holds something. */
function directiveLines(lines: readonly ScriptContent[]): Set<Line> {
  const meant = new Set<Line>()
  let isWaiting = false
  for (const line of lines) {
    if (line.type !== 'line') continue
    const isBusy = line.children.some(({ type }) => type === 'command')
    if (isWaiting && isBusy) {
      meant.add(line)
      isWaiting = false
    }
    const comment = line.children.find((child) => child.type === 'comment')
    if (!comment || parseDirective(comment)?.kind !== 'destructive') continue
    if (isBusy) meant.add(line)
    else isWaiting = true
  }
  return meant
}
