import { flowForward } from '../analysis/forward.js'
import { innermost, mayRunOther } from '../analysis/outcomes.js'
import { isKnownSetting, parseSettingName, referenceParts, settingWrites } from '../analysis/settings.js'
import { hole, mayBecome } from '../analysis/text.js'
import type { Line, Reference } from '../ast/nodes.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

/** So many names are followed; more are not looked at. */
const maxNames = 1024

const leaves = new Set(['boot', 'reboot', 'poweroff', 'sanboot', 'autoboot'])

interface Read {
  readonly reference: Reference
  readonly line: Line
  readonly name: string
  readonly number: number
}

export const usedBeforeSet: Rule = {
  id: 'used-before-set',
  summary: '`${name}` where the script cannot have set it yet: only a later or another part of it does.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'On every way to this place nothing has set it, so it is empty. Usually the `set` stands in another menu entry, or ' +
      'below. Not reported: names that iPXE has by itself, that `isset` or `clear` mentions, that another script of the ' +
      'same run or project sets, that a script chained before may have set, and the setting of `choose` or `read` used as ' +
      'their own default. Switch it off where the settings come from outside.',
    ok: [
      'set a 1\necho ${a}\n',
      ':start\nisset ${seen} && echo again ||\nset seen 1\nprompt && goto start\n',
      'menu M\nitem x X\n:again\nchoose --default ${c} c || goto again\n',
      'chain settings.ipxe ||\necho ${a}\nset a 1\n',
      ':start\necho ${count}\nset count 1\nprompt && goto start\n',
      'goto ${x}\n:a\nset m http://a\n:b\necho ${m}\n',
    ],
    notOk: [
      'kernel «${base}»/vmlinuz\nset base http://10.0.0.1\nboot\n',
      'ifopen && goto a || goto b\n:a\nset m http://a\nkernel ${m}/k\nboot\n:b\nkernel «${m}»/k\nboot\n',
    ],
  },
  create: ({ report, facts, analysis: { flow, settings } }) => {
    const reads: Omit<Read, 'number'>[] = []
    /** Names that this run does not set: somebody else does. */
    const outside = new Set<string>()
    const isGiven = (name: string): boolean =>
      isKnownSetting(name) ||
      settings.tested.has(name) ||
      settings.isSet(name) ||
      facts.settingsSetAnywhere.has(name)
    /** Names that may be unset, and somebody knows it. */
    const expected = new Set<string>()
    return {
      command({ spec, positionals }) {
        // `set x ${x} more` adds to what others have begun, `goto ${x} ||` and `iseq ${x} …` ask whether they have
        const own = spec?.name === 'set' ? parseSettingName(positionals[0]?.text ?? '').name : undefined
        if (own === undefined && spec?.name !== 'iseq' && spec?.name !== 'goto') return
        for (const { word } of positionals) {
          for (const child of word.children) {
            if (child.type !== 'reference') continue
            const { name } = referenceParts(child)
            if (own === undefined || own === name) expected.add(name)
          }
        }
      },
      reference(reference, line) {
        const { scope, name } = referenceParts(reference)
        if (scope !== undefined || name === '' || name.includes(hole)) return
        // who gives it one name from outside may give it others
        if (facts.loose && !isGiven(name)) outside.add(name)
        if (!settings.names.has(name)) return
        if (isKnownSetting(name) || settings.tested.has(name) || facts.settingsSetBySeveral?.has(name)) return
        reads.push({ reference, line, name })
      },
      end() {
        if (reads.length === 0 || outside.size > 0 || flow.graph.commands.length < 2) return
        const asked = reads.filter(({ name }) => !expected.has(name))
        const found = unsetReads(asked, flow, [...settings.patterns])
        const told = new Set<string>()
        for (const { reference, line, name } of found) {
          if (told.has(name)) continue
          const isReported = report({
            line,
            at: reference,
            reason: `${quote(name)} cannot be set here: only other parts of the script set it`,
            note: 'It expands to nothing. Set it on the way to this line.',
          })
          if (isReported) told.add(name)
        }
      },
    }
  },
}

/** Reads of names that nothing on any way to them has set. */
function unsetReads(
  reads: readonly Omit<Read, 'number'>[],
  flow: Parameters<Rule['create']>[0]['analysis']['flow'],
  patterns: readonly string[],
): Read[] {
  const { graph } = flow
  const names = new Map<string, number>()
  for (const { name } of reads) {
    if (names.has(name) || names.size >= maxNames) continue
    if (patterns.length > 200 || patterns.some((pattern) => mayBecome(pattern, name))) continue
    names.set(name, names.size + 2)
  }
  if (names.size === 0) return []
  /** Bits 0 and 1: another script may have set anything; something leads here. */
  const words = (names.size + 33) >> 5
  const gains: (readonly number[] | undefined)[] = []
  const firstOnLine = new Map<Line, number>()
  for (const [number, command] of graph.commands.entries()) {
    if (!firstOnLine.has(command.line)) firstOnLine.set(command.line, number)
    const inner = innermost(command)
    const bits = mayRunOther(inner) && inner.spec?.name === 'imgexec' ? [0] : []
    for (const { text, mentionOnly } of settingWrites(inner, true)) {
      const bit = mentionOnly ? undefined : names.get(parseSettingName(text).name)
      if (bit !== undefined) bits.push(bit)
    }
    if (bits.length > 0) gains[number] = bits
  }
  const set = flowForward(graph, words, flow.targets, (number, bits, failed) => {
    // nobody comes back from there: the next entry of the menu is not its continuation
    if (!failed && leaves.has(graph.commands[number]!.name)) {
      bits.fill(0)
      return
    }
    bits[0]! |= 2
    for (const bit of gains[number] ?? []) bits[bit >> 5]! |= 1 << (bit & 31)
  })
  if (!set) return []
  const result: Read[] = []
  for (const { reference, line, name } of reads) {
    const bit = names.get(name)
    const first = firstOnLine.get(line)
    if (bit === undefined || first === undefined) continue
    const number = commandAt(graph.commands, first, line, reference)
    if (number === undefined || !flow.runs(number)) continue
    const isSet = (index: number): boolean =>
      ((set[number * words + (index >> 5)]! >> (index & 31)) & 1) === 1
    if (isSet(0) || isSet(bit) || (!isSet(1) && number !== graph.start)) continue
    // `choose --default ${x} x`: the first time there is none, and that is meant
    if (gains[number]?.includes(bit)) continue
    result.push({ reference, line, name, number })
  }
  return result
}

type Commands = Parameters<Rule['create']>[0]['analysis']['flow']['graph']['commands']

/** The command of a line that a reference stands in. */
function commandAt(commands: Commands, first: number, line: Line, { span }: Reference): number | undefined {
  for (let number = first; commands[number]?.line === line; number++) {
    const own = commands[number]!.node.span
    if (!span || !own) return number
    if (span[0] >= own[0] && span[1] <= own[1]) return number
  }
  return undefined
}
