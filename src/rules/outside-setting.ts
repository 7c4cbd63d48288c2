import type { Rule } from './rule.js'
import { unsetReads } from './unset-setting.js'

export const outsideSetting: Rule = {
  id: 'outside-setting',
  summary: '`${name}` that no script of this run sets, and that iPXE does not know.',
  severity: 'info',
  preset: 'strict',
  judges: 'script',
  docs: {
    why:
      'A script that belongs to no project may get settings from the script that chains it, from a web server or from the ' +
      'shell; when it does not, the name is empty without an error. Check it together with the others, as a folder or a ' +
      'project, or say what is set outside: `# ipxetool disable=outside-setting`. A name is reported where it is read ' +
      'first; in projects `unset-setting` says it.',
    ok: [
      'set base http://10.0.0.1\nchain ${base}/x.ipxe\n',
      'isset ${base} || set base http://a\nchain ${base}/x\n',
    ],
    notOk: ['chain «${base}»/x.ipxe\necho ${base}\n'],
  },
  create: unsetReads('rest'),
}
