import type { Rule } from './rule.js'

export const crlfLineEnds: Rule = {
  id: 'crlf-line-ends',
  summary: 'Lines that end in CR LF.',
  severity: 'info',
  preset: 'strict',
  judges: 'script',
  docs: {
    why:
      'iPXE takes the CR away, so the script runs. What looks at it on a server (a template, `grep`, a digest) does not ' +
      'always. `ipxetool fmt` writes LF.',
    ok: ['echo a\n'],
    notOk: ['echo a\r\necho b\r\n'],
  },
  create: ({ report, pathOf }) => {
    const seen = new Set<string>()
    return {
      line(line) {
        const ending = line.children.at(-1)
        if (ending?.type !== 'lineEnding' || ending.value !== '\r\n' || seen.has(pathOf(line))) return
        seen.add(pathOf(line))
        report({
          line,
          at: ending,
          reason: 'This line ends in CR LF, as others may',
          note: '`ipxetool fmt` writes LF. Switch off what converts line ends: `*.ipxe text eol=lf` in .gitattributes.',
        })
      },
    }
  },
}
