import { hole, spanInWord } from '../analysis/text.js'
import { plain } from './message.js'
import type { Rule } from './rule.js'

/** Arguments of installers and of dracut whose value is a password. */
const secretArguments =
  /^((?:inst\.)?vncpassword|rd\.iscsi\.(?:in\.)?password|netcfg\/wireless_wep|(?:passwd\/)?(?:root|user)-password(?:-again)?|[\w./-]*(?:passwd|password|passphrase|secret|token))=(.+)$/i

export const secretInArguments: Rule = {
  id: 'secret-in-arguments',
  summary: 'A password in the arguments of a kernel, or in a URL.',
  severity: 'warning',
  preset: 'strict',
  judges: 'line',
  docs: {
    why:
      'Whoever can reach the server can read the script, every user of the booted machine can read /proc/cmdline, and both ' +
      'end up in logs. A hash, a kickstart file that only one machine gets, or a setting that is asked for (`read`) is better.',
    ok: [
      'kernel vmlinuz inst.vncpassword=${password}\n',
      'kernel vmlinuz rootpw-crypted=$6$abc inst.ks=http://10.0.0.1/ks\n',
      'chain http://10.0.0.1/x\n',
    ],
    notOk: [
      'kernel vmlinuz inst.vncpassword=«hunter2» inst.vnc\n',
      'imgargs vmlinuz passwd/root-password=«hunter2»\n',
      'chain http://admin:«hunter2»@10.0.0.1/x.ipxe\n',
    ],
  },
  create: ({ report }) => ({
    command({ spec, line, positionals }) {
      const takesArguments =
        spec?.name === 'imgselect' || spec?.name === 'imgargs' || spec?.name === 'imgexec'
      for (const [index, { word, text }] of positionals.entries()) {
        const url = /^(\w+:\/\/[^\s/:@]+:)([^\s/@]+)@/.exec(text)
        const argument = takesArguments && index > 0 ? secretArguments.exec(text) : null
        const secret = url?.[2] ?? argument?.[2]
        // one that the machine is asked for, and one that is only a hash
        if (secret === undefined || secret.includes(hole) || secret.startsWith('$')) continue
        const start = url ? url[1]!.length : text.length - secret.length
        report({
          line,
          at: spanInWord(word, start, start + secret.length),
          reason: url ? 'There is a password in the URL' : `${plain(argument![1]!)} is given in plain text`,
          note: 'Everybody who reaches the server can read it, and every user of the machine that booted.',
        })
      }
    },
  }),
}
