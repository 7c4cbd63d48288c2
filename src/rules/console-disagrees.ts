import { hole } from '../analysis/text.js'
import type { Argument, ParsedCommand } from '../analysis/commands.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

export const consoleDisagrees: Rule = {
  id: 'console-disagrees',
  summary: '`console=ttyS0` without a speed in one entry and with one in others.',
  severity: 'info',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'Without a speed the kernel takes 9600 baud. When other entries of the same script say 115200 for the same port, the ' +
      'terminal at its other end shows garbage for this one. Nothing is said where all entries agree.',
    ok: [
      'kernel a console=ttyS0\nkernel b console=ttyS0\n',
      'kernel a console=ttyS0,115200n8\nkernel b console=ttyS1\n',
      'kernel a console=tty0 console=ttyS0,${speed}\n',
    ],
    notOk: [
      'kernel http://x/a console=ttyS0,115200\nkernel http://x/b «console=ttyS0»\n',
      'kernel http://x/a console=tty0 console=ttyS1,115200n8\nkernel http://x/b quiet «console=ttyS1,9600»\nkernel http://x/c console=ttyS1,115200\n',
    ],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      /** By port and speed. */
      const ports = new Map<string, Map<string, { argument: Argument; command: ParsedCommand }[]>>()
      for (const name of ['imgselect', 'imgargs', 'imgexec', 'set']) {
        for (const number of flow.named(name)) {
          const command = flow.graph.commands[number]!
          for (const argument of command.positionals.slice(1)) {
            const found = /^console=(ttyS\d)(?:,(\d+)\w*)?$/.exec(argument.text)
            if (!found || argument.text.includes(hole)) continue
            const speeds =
              ports.get(found[1]!) ?? new Map<string, { argument: Argument; command: ParsedCommand }[]>()
            ports.set(found[1]!, speeds)
            const speed = found[2] ?? ''
            const list = speeds.get(speed) ?? []
            list.push({ argument, command })
            speeds.set(speed, list)
          }
        }
      }
      for (const [port, speeds] of ports) {
        if (speeds.size < 2) continue
        const [usual] = [...speeds]
          .filter(([speed]) => speed !== '')
          .sort((a, b) => b[1].length - a[1].length)
        if (!usual) continue
        for (const [speed, places] of speeds) {
          // 9600 is what the kernel takes by itself
          if (speed === usual[0] || (usual[0] === '9600' && speed === '')) continue
          if (places.length > usual[1].length) continue
          for (const { argument, command } of places) {
            report({
              line: command.line,
              at: argument.word,
              reason: `${quote(port)} has ${speed === '' ? 'no speed here, which means 9600 baud' : `${speed} baud here`}, and ${usual[0]} elsewhere in the script`,
              expected: [`console=${port},${usual[0]}`],
              note: 'The other end of the line has one speed: write the same everywhere.',
            })
          }
        }
      }
    },
  }),
}
