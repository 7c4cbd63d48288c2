import type { Argument, ParsedCommand } from '../analysis/commands.js'
import { Constants } from '../analysis/constants.js'
import { lacksPrefix, needsPrefix, type Release, releaseIn } from '../analysis/installer.js'
import { holesOf, spanInWord } from '../analysis/text.js'
import { referenceParts } from '../analysis/settings.js'
import type { Line } from '../ast/nodes.js'
import { plain, quote } from './message.js'
import type { Rule, RuleContext } from './rule.js'

/** The old spellings of installer arguments and their successors. */
const successors = new Map([
  ['method=', 'inst.repo='],
  ['repo=', 'inst.repo='],
  ['ks=', 'inst.ks='],
  ['stage2=', 'inst.stage2='],
  ['ksdevice=', 'bootdev='],
  ['text', 'inst.text'],
  ['graphical', 'inst.graphical'],
  ['vnc', 'inst.vnc'],
])
/** What the oldest releases call it; the others just lose the prefix. */
const predecessors = new Map([['inst.repo=', 'method=']])

/** Not the installer: a live system or CoreOS, which have arguments of the same names or none of them. */
const notInstaller = /^(root=live:|rd\.live\.|coreos\.|ignition\.)/

export const anacondaArguments: Rule = {
  id: 'anaconda-arguments',
  summary: 'Installer arguments in the spelling of another release of CentOS, Rocky, Alma, RHEL or Fedora.',
  severity: 'error',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'From EL 9 and Fedora 34 on, the installer ignores `method=`, `repo=`, `ks=` and `text`: they are `inst.repo=`, ' +
      '`inst.ks=` and `inst.text`. CentOS 6 and older know only the old names. The release is read from the URLs of the ' +
      'entry, settings that the script sets included.',
    ok: [
      'kernel http://m.example/iso/centos79/images/pxeboot/vmlinuz repo=http://m.example/iso/centos79\n',
      'kernel http://m.example.org/9-stream/BaseOS/x86_64/os/images/pxeboot/vmlinuz inst.text inst.repo=http://m.example.org/9-stream/BaseOS/x86_64/os/\n',
      'kernel http://m.example.org/centos/7/os/x86_64/images/pxeboot/vmlinuz text method=http://m.example.org/centos/7/os/x86_64/\n',
      'kernel http://m.example.org/centos/7.9.2009/os/x86_64/images/pxeboot/vmlinuz inst.text\n',
      'kernel http://m.example.org/debian/vmlinuz text ks=x\n',
    ],
    notOk: [
      'kernel http://m.example.org/9-stream/BaseOS/x86_64/os/images/pxeboot/vmlinuz «text» inst.ks=x\n',
      'set repo http://m.example.org/rocky/9/BaseOS/x86_64/os/\nkernel ${repo}images/pxeboot/vmlinuz «method=»${repo}\n',
      'set args «ks=»http://10.0.0.1/ks.cfg\nkernel http://m.example.org/fedora/linux/releases/40/Server/x86_64/os/images/pxeboot/vmlinuz ${args}\n',
      'kernel http://m.example.org/centos/6/os/x86_64/images/pxeboot/vmlinuz «inst.repo=»x\n',
    ],
  },
  create: (context) => {
    const boots: ParsedCommand[] = []
    const images: ParsedCommand[] = []
    return {
      command(command) {
        const name = command.spec?.name
        if (name === 'imgselect' || name === 'imgargs') boots.push(command)
        if (name === 'imgselect' || name === 'imgfetch') images.push(command)
      },
      end() {
        if (boots.length > 0) new Check(context, images).run(boots)
      },
    }
  },
}

/** At most so many words of a line are looked at: kernels take fewer. */
const maxWords = 300

class Check {
  readonly #context: RuleContext
  readonly #constants: Constants
  /** Releases named by the images of a section; undefined: several. */
  readonly #bySection = new Map<number, Release | undefined>()
  readonly #reported = new Set<Argument>()

  constructor(context: RuleContext, images: readonly ParsedCommand[]) {
    this.#context = context
    this.#constants = new Constants(context.analysis)
    for (const command of images) {
      const section = this.#constants.sectionOf(command)
      const release = this.#releaseOf(command, section)
      if (!release) continue
      const known = this.#bySection.get(section)
      const same =
        !this.#bySection.has(section) ||
        (known?.family === release.family && known.version === release.version)
      this.#bySection.set(section, same ? release : undefined)
    }
  }

  run(boots: readonly ParsedCommand[]): void {
    for (const command of boots) {
      const section = this.#constants.sectionOf(command)
      const args = this.#argumentsOf(command, section)
      if (args.some(({ argument }) => notInstaller.test(argument.text))) continue
      const release = this.#releaseOf(command, section) ?? this.#bySection.get(section)
      if (!release) continue
      for (const { argument, line } of args) this.#check(argument, line, release)
    }
  }

  #releaseOf(command: ParsedCommand, section: number): Release | undefined {
    for (const { word } of command.positionals.slice(0, maxWords)) {
      const release = releaseIn(this.#constants.expand(word, section))
      if (release) return release
    }
    return undefined
  }

  /** The words that the kernel gets, those of a setting that is a word of its own included. */
  #argumentsOf(command: ParsedCommand, section: number): { argument: Argument; line: Line }[] {
    return command.positionals.slice(1, maxWords).flatMap((argument) => {
      const [only] = argument.text.length === 1 ? holesOf(argument.word) : []
      const words = only?.type === 'reference' && this.#constants.valueOf(referenceParts(only).name, section)
      if (!words) return [{ argument, line: command.line }]
      const line = this.#lineOf(words)
      return line ? words.slice(0, maxWords).map((word) => ({ argument: word, line })) : []
    })
  }

  #lines: Map<Argument, Line> | undefined
  #lineOf([first]: readonly Argument[]): Line | undefined {
    if (!this.#lines) {
      this.#lines = new Map()
      for (const { positionals, line } of this.#context.analysis.commands) {
        if (positionals[1]) this.#lines.set(positionals[1], line)
      }
    }
    return first && this.#lines.get(first)
  }

  #check(argument: Argument, line: Line, release: Release): void {
    if (this.#reported.has(argument)) return
    const key = /^[\w.]+=?/.exec(argument.text)?.[0] ?? ''
    if (key !== argument.text && !key.endsWith('=')) return
    const successor = successors.get(key)
    if (successor !== undefined && needsPrefix(release)) {
      this.#report(argument, line, key, successor, {
        reason: `${release.name} ignores ${quote(key)}; it is ${quote(successor)} there`,
        note: 'The old name was removed: the installer would go on as if it were not there.',
      })
    }
    if (!key.startsWith('inst.')) return
    const old = predecessors.get(key) ?? key.slice('inst.'.length)
    if (lacksPrefix(release)) {
      this.#report(argument, line, key, old, {
        reason: `${release.name} does not know ${quote(key)}; it is ${quote(old)} there`,
        note: 'The prefix came later: the installer would go on as if the argument were not there.',
      })
    }
  }

  #report(
    argument: Argument,
    line: Line,
    key: string,
    wanted: string,
    rest: { severity?: 'info'; reason: string; note: string },
  ): void {
    this.#reported.add(argument)
    const span = spanInWord(argument.word, 0, key.length)
    const isDevice = key === 'ksdevice='
    const { report, fix } = this.#context
    report({
      line,
      at: span,
      expected: [plain(wanted + argument.text.slice(key.length))],
      fix: isDevice || rest.severity ? undefined : fix(line, `Write \`${wanted}\``, [{ span, text: wanted }]),
      ...rest,
    })
  }
}
