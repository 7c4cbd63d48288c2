import type { Line, Script } from '../ast/nodes.js'
import { linesOf } from '../ast/walk.js'
import { printNode } from '../syntax/stringify.js'
import { quote } from './message.js'
import type { Rule, RuleContext } from './rule.js'

export const templateText: Rule = {
  id: 'template-text',
  summary: 'The file is a template: some program makes the script of it.',
  severity: 'info',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'Jinja, ERB, Go and PHP have marks of their own (`{{ … }}`, `{% … %}`, `<% … %>`, `<?php`) that mean nothing to ' +
      'iPXE. What the script will be is not known before they are replaced, so this is said once, in place of all that ' +
      'other rules would find in such a file. Check what the template makes: `render menu.j2 | ipxetool check -`. Nothing ' +
      'is said where the other rules have nothing to say, either. Switch it off to see what they find.',
    ok: ['set a ${b${c}}\nfoo ${net${{0}/mac}\n', 'echo {{ name }}\n'],
    notOk: [
      '«{% if debug %}»\nset x 1\n{% endif %}\n',
      '«<% if @host %>»\nset x 1\n<% end -%>\n',
      '«{{ kernel }}» {{ initrd }}\n',
      'goto «{{ target }}» now\n',
      '«{{- if .Debug }}»\nset x 1\n{{- end }}\n',
      '«<?php echo $menu ?>»\n',
    ],
  },
  // nobody knows whether another rule would complain
  applies: () => false,
  // it is asked for by the runner, once another rule has complained of the file
  create: () => ({}),
}

const kinds: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/<\?(php\b|=).*?(\?>|$)/, 'PHP'],
  [/<%.*?%>/, 'ERB'],
  [/\{%.*?%\}/, 'Jinja'],
  [/(?<![${])\{\{-?\s*([.$]|(range|if|end|else|with|template|define|include)\b).*?\}\}/, 'Go'],
  [/(?<![${])\{\{[^{}]+\}\}/, 'Jinja'],
]

/** Says that the script is a template, if it is one; false: it is none, or nobody wants to hear it. */
export function reportTemplate({ report }: Pick<RuleContext, 'report'>, script: Script): boolean {
  const found = templateIn(script)
  if (!found) return false
  const { line, at, mark, kind } = found
  return report({
    line,
    at,
    reason: `This is a template (${kind}: ${quote(mark)}), not yet a script`,
    note: 'Nothing else in it was checked. Check what the template makes: `ipxetool check -` reads standard input.',
  })
}

interface Mark {
  line: Line
  at: readonly [number, number]
  mark: string
  kind: string
}

function templateIn(script: Script): Mark | undefined {
  for (const line of linesOf(script)) {
    // what was included, or made by ipxetool, is no template of anybody's
    if (line.origin) continue
    const text = printNode(line)
    if (!/\{[{%]|<[%?]/.test(text)) continue
    for (const [pattern, kind] of kinds) {
      const match = pattern.exec(text)
      if (!match) continue
      const mark = match[0].trimEnd()
      return { line, at: [match.index, match.index + mark.length], mark, kind }
    }
  }
  return undefined
}

/**
 * Where a web page begins in a file that is a script, too: below a plain `exit`. A browser that asks the server by name
 * shows the page, iPXE leaves before it.
 *
 * @returns an offset in the file; undefined: nowhere
 */
export function pageStart(script: Script): number | undefined {
  let above = ''
  for (const line of linesOf(script)) {
    if (line.origin) continue
    const text = printNode(line).trim()
    if (text === '' || text.startsWith('#')) continue
    if (/^(<!|<html|-->)/i.test(text) && /^exit(\s+\d+)?(\s+#.*)?$/.test(above))
      return line.position?.start.offset
    above = text
  }
  return undefined
}
