import type { ParsedCommand } from '../analysis/commands.js'
import type { Span, Word } from '../ast/nodes.js'
import type { Rule } from './rule.js'

const fedoraCoreos = /fedora-coreos|fcos|rhcos|coreos\.(live|inst)|ignition\.(firstboot|platform)/i
/** Flatcar and the CoreOS Container Linux that it comes from do have the argument. */
const containerLinux = /flatcar|coreos\.(first_boot|config)|coreos_production/i

/** Any of them, `coreos.autologin` included. */
const mayTell = /coreos|fcos|rhcos|ignition|flatcar/i

export const coreosAutologin: Rule = {
  id: 'coreos-autologin',
  summary: '`coreos.autologin` for Fedora CoreOS, which has no such argument.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'Fedora CoreOS logs nobody in because of a kernel argument: it takes an Ignition configuration with a drop-in for the ' +
      'getty of the console. `coreos.autologin` was CoreOS Container Linux; its successor Flatcar has `flatcar.autologin`.',
    ok: [
      'kernel flatcar_production_pxe.vmlinuz flatcar.autologin=ttyS0\n',
      'kernel coreos_production_pxe.vmlinuz coreos.autologin\n',
      'kernel fedora-coreos-live-kernel-x86_64 ignition.firstboot ignition.platform.id=metal\n',
    ],
    notOk: [
      'kernel fedora-coreos-live-kernel-x86_64 «coreos.autologin»=ttyS0\n',
      'kernel vmlinuz coreos.live.rootfs_url=http://10.0.0.1/rootfs.img «coreos.autologin»\n',
    ],
  },
  create: ({ report, fix, analysis }) => {
    const found: { command: ParsedCommand; word: Word; section: number }[] = []
    const isFedora = new Map<number, boolean>()
    return {
      command(command) {
        for (const { word, text } of command.args) {
          if (!mayTell.test(text)) continue
          const section = analysis.sectionOf.get(command.node) ?? 0
          if (/^coreos\.autologin(=|$)/.test(text)) found.push({ command, word, section })
          else if (containerLinux.test(text)) isFedora.set(section, false)
          else if (fedoraCoreos.test(text) && !isFedora.has(section)) isFedora.set(section, true)
        }
      },
      end() {
        const whole = [...isFedora.values()]
        for (const { command, word, section } of found) {
          // an entry that does not tell is what all the others are
          if (!(isFedora.get(section) ?? (whole.length > 0 && whole.every(Boolean)))) continue
          const { line } = command
          const start = word.span?.[0]
          report({
            line,
            at: start === undefined || word.breaks ? word : [start, start + 'coreos.autologin'.length],
            reason: 'Fedora CoreOS has no argument `coreos.autologin`',
            expected: ['an Ignition configuration with a getty drop-in'],
            note: 'It is ignored: use the Ignition drop-in that ipxetool ships with its example project. (On Flatcar: `flatcar.autologin`.)',
            fix: fix(line, 'Remove it', [{ span: spanWithBlank(command, word), text: '' }]),
          })
        }
      },
    }
  },
}

/** The word and the blank before it. */
function spanWithBlank({ node }: ParsedCommand, word: Word): Span | undefined {
  const before = node.children[node.children.indexOf(word) - 1]
  if (before?.type !== 'blank' || !before.span || !word.span || word.breaks) return undefined
  return [before.span[0], word.span[1]]
}
