import { isKnownSetting, mayRunScript, referenceParts } from '../analysis/settings.js'
import { hole, mayBecome } from '../analysis/text.js'
import { settingNames } from '../data/lookup.js'
import { suggest } from '../data/suggest.js'
import { didYouMean, quote } from './message.js'
import type { Rule } from './rule.js'

/** Blocks that hold settings of any name, given from outside: UEFI variables, VMware guestinfo. */
const openScopes = /^(efi|vmware|net[^/]*\.(vmware|lldp))$/

export const unsetSetting: Rule = {
  id: 'unset-setting',
  summary: '`${name}` that nothing sets and that iPXE does not know.',
  severity: 'warning',
  docs: {
    why:
      'An unset setting expands to nothing, without an error. Not reported are the settings that iPXE has by itself, DHCP ' +
      'options by number, names that are computed, and names that `isset` tests somewhere in the script.',
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
      'chain «${base}»/x.ipxe\n',
      'set repo http://10.0.0.1\nchain «${reop}»/x.ipxe\n',
      'echo «${hostnam}»\n',
      'chain boot.cfg ||\nset repo x\necho ${«${rpeo}»}\n',
    ],
  },
  create: ({ report, fix, facts, analysis: { settings } }) => {
    const patterns = [...facts.settingsSetAnywhere].filter((name) => name.includes(hole))
    const isSet = (name: string): boolean =>
      settings.isSet(name) ||
      facts.settingsSetAnywhere.has(name) ||
      patterns.some((pattern) => mayBecome(pattern, name))
    /** Names that are set: near ones are the likeliest to be meant. */
    const own = [...new Set([...settings.names, ...facts.settingsSetAnywhere])].slice(0, 2000)
    const verdicts = new Map<string, { near: string | undefined } | undefined>()
    const judge = (name: string): { near: string | undefined } | undefined => {
      if (isKnownSetting(name) || settings.tested.has(name) || isSet(name)) return undefined
      const near = name.length > 200 ? undefined : (suggest(name, own) ?? suggest(name, settingNames))
      return { near }
    }
    /** A script that this one ran may have set anything; a slip is still a slip. */
    let ranOthers = false
    let runsOthers = false
    return {
      line() {
        ranOthers ||= runsOthers
      },
      command(command) {
        runsOthers ||= mayRunScript(command)
      },
      reference(reference, line) {
        const { scope, name } = referenceParts(reference)
        if (name === '' || name.includes(hole) || (scope !== undefined && openScopes.test(scope))) return
        let verdict = verdicts.get(name)
        if (!verdicts.has(name))
          verdicts.set(name, (verdict = verdicts.size < 5000 ? judge(name) : undefined))
        if (!verdict || (ranOthers && verdict.near === undefined)) return
        const { near } = verdict
        const part = reference.children.find(({ type }) => type === 'settingName')
        const differsInCase = near !== undefined && near.toLowerCase() === name.toLowerCase()
        report({
          line,
          at: reference,
          reason: `Nothing sets ${quote(name)}, and iPXE has no such setting${didYouMean(near)}`,
          ...(near === undefined ? {} : { expected: [near] }),
          note: facts.loose
            ? 'It expands to nothing. If another script or `isset` deals with it, say so: `# ipxetool disable=unset-setting`.'
            : 'It expands to nothing. No script of the project sets it.',
          fix: differsInCase
            ? fix(line, `Write ${quote(near)}`, [{ span: part?.span, text: near }])
            : undefined,
        })
      },
    }
  },
}
