import { isKnownSetting, mayRunScript, referenceParts } from '../analysis/settings.js'
import { hole, mayBecome } from '../analysis/text.js'
import type { Line, Reference } from '../ast/nodes.js'
import { nameOf } from '../ast/walk.js'
import { settingNames } from '../data/lookup.js'
import { editDistance } from '../data/suggest.js'
import { namesWithHoles } from './facts.js'
import { count, didYouMean, quote } from './message.js'
import type { Rule } from './rule.js'
import { suggester } from './suggester.js'

/** Blocks that hold settings of any name, given from outside: UEFI variables, VMware guestinfo. */
const openScopes = /^(efi|vmware|net[^/]*\.(vmware|lldp))$/

export const unsetSetting: Rule = {
  id: 'unset-setting',
  summary: '`${name}` that nothing sets and that iPXE does not know, a slip as a rule.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'An unset setting expands to nothing, without an error. Of a script that belongs to no project only names are ' +
      'reported that are one slip away from another, because what runs it may set the rest. Not ' +
      'reported are the settings that iPXE has by itself, DHCP ' +
      'options by number, names that are computed, names that `isset` tests somewhere in the script, and what a script ' +
      'that was chained before may have set. A name is reported where it is read first.',
    ok: [
      'set base http://10.0.0.1\nchain ${base}/x.ipxe\n',
      'echo ${net0/mac:hexhyp} ${ip} ${67} ${43.1} ${smbios/1.8.16} ${efi/SecureBoot}\n',
      'isset ${debug} && echo ${debug} ||\n',
      'set n 1\nset disk_${n} x\necho ${disk_1} ${other_${n}}\n',
      'item user/name Name\npresent\necho ${user/name}\n',
      'md5sum --set sum x.iso\necho ${sum}\n',
      'chain boot.cfg ||\necho ${live_endpoint}\n',
    ],
    notOk: [
      'set repo http://10.0.0.1\nchain «${reop}»/x.ipxe\n',
      'echo «${hostnam}»\n',
      'set Base x\necho «${base}» ${base}\n',
      'chain boot.cfg ||\nset repo x\necho ${«${rpeo}»}\n',
    ],
  },
  // in a loose script it says little: a directive that silences it may be there for a project
  applies: ({ loose }) => !loose,
  create: ({ report, fix, facts, analysis: { settings } }) => {
    const patterns = namesWithHoles(facts.settingsSetAnywhere)
    const isSet = (name: string): boolean =>
      isKnownSetting(name) ||
      settings.tested.has(name) ||
      settings.isSet(name) ||
      facts.settingsSetAnywhere.has(name) ||
      patterns.some((pattern) => mayBecome(pattern, name))
    /** Reads of names that nothing sets; undefined: something does. */
    const reads = new Map<string, Read[] | undefined>()
    const firstChain: { line?: Line; passed: boolean } = { passed: false }
    return {
      command(command) {
        if (!firstChain.line && mayRunScript(command)) firstChain.line = command.line
      },
      line(line) {
        if (firstChain.line && firstChain.line !== line) firstChain.passed = true
      },
      reference(reference, line) {
        const { scope, name } = referenceParts(reference)
        if (name === '' || name.includes(hole) || (scope !== undefined && openScopes.test(scope))) return
        if (!reads.has(name)) reads.set(name, isSet(name) ? undefined : [])
        reads.get(name)?.push({ reference, line, afterChain: firstChain.passed })
      },
      end() {
        let own: ReturnType<typeof suggester> | undefined
        let predefined: typeof own
        for (const [name, found] of reads) {
          if (!found) continue
          own ??= suggester(union(settings.names, facts.settingsSetAnywhere))
          predefined ??= suggester(settingNames)
          const near = [own(name), predefined(name)].find(
            (other) => other !== undefined && (facts.loose ? isSmallSlip(name, other) : isSlip(name, other)),
          )
          // what runs a loose script may have set it; a slip is still a slip
          if (facts.loose && near === undefined) continue
          const shown = near === undefined ? found.filter(({ afterChain }) => !afterChain) : found
          const differsInCase = near?.toLowerCase() === name.toLowerCase()
          for (const [index, { reference, line }] of shown.entries()) {
            const others = shown.slice(index + 1)
            const same = others.filter((other) => other.line === line).map((other) => other.reference)
            const edits = [reference, ...same].map((node) => ({
              span: nameOf(node).span,
              text: near ?? name,
            }))
            const isReported = report({
              line,
              at: reference,
              reason: `Nothing sets ${quote(name)}, and iPXE has no such setting${didYouMean(near)}`,
              ...(near === undefined ? {} : { expected: [near] }),
              note:
                `It expands to nothing${others.length > 0 ? `, here and in ${count(others.length, 'other place')}` : ''}. ` +
                (facts.loose
                  ? 'Where another script sets it, say so: `# ipxetool disable=unset-setting`.'
                  : 'No script of the project sets it.'),
              fix: differsInCase ? fix(line, `Write ${quote(near)}`, edits) : undefined,
            })
            if (isReported) break
          }
        }
      },
    }
  },
}

/** Each once; taken one by one, because whoever asks may stop. */
function* union(first: ReadonlySet<string>, second: ReadonlySet<string>): Generator<string> {
  yield* first
  for (const name of second) if (!first.has(name)) yield name
}

interface Read {
  reference: Reference
  line: Line
  /** A script that may set anything was run above. */
  afterChain: boolean
}

/** `iqn` and `iqn0` are two names. */
function isSmallSlip(name: string, near: string): boolean {
  const bare = (text: string): string => text.toLowerCase().replace(/[\d_-]+/g, '')
  if (name.toLowerCase() === near.toLowerCase()) return true
  if (name.length < 4 || editDistance(name, near) > 1) return false
  return bare(name) !== bare(near) || name.replace(/\d/g, '') !== near.replace(/\d/g, '')
}

/** `debian_mirror` is no slip of `fedora_mirror`: many names differ in a part only. */
function isSlip(name: string, near: string): boolean {
  const distance = editDistance(name, near)
  if (distance <= 1 || name.toLowerCase() === near.toLowerCase()) return true
  return distance === 2 && name.slice(0, 2) === near.slice(0, 2) && !name.includes('_')
}
