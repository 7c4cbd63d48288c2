import { referenceParts } from '../analysis/settings.js'
import { textWithHoles } from '../analysis/text.js'
import type { Word } from '../ast/nodes.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

/** Settings that hold text which people or manufacturers wrote. */
const freeTexts = new Set([
  ...[
    'hostname',
    'domain',
    'manufacturer',
    'product',
    'serial',
    'asset',
    'board-serial',
    'board-asset',
    'oem',
  ],
  ...['username', 'password', 'user-class', 'ssid', 'version', 'filename'],
])

export const unencodedSetting: Rule = {
  id: 'unencoded-setting',
  summary: 'A text setting in the query of a URL without `:uristring`.',
  severity: 'warning',
  preset: 'strict',
  judges: 'line',
  docs: {
    why:
      'A serial number with a blank, or a product called `A&B`, changes the query: iPXE puts the text into the URL as it is. ' +
      '`${product:uristring}` encodes it.',
    ok: [
      'chain http://10.0.0.1/boot?mac=${net0/mac}&uuid=${uuid}\n',
      'chain http://10.0.0.1/boot?product=${product:uristring}\n',
      'chain http://10.0.0.1/${hostname}.ipxe\n',
    ],
    notOk: [
      'chain http://10.0.0.1/boot?product=«${product}»\n',
      'chain ${base}?mac=${mac}&sn=«${smbios/serial}»\n',
    ],
  },
  create: ({ report, fix }) => ({
    word(word, line) {
      const query = queryStart(word)
      if (query < 0) return
      let at = 0
      for (const child of word.children) {
        const length = child.type === 'text' ? child.value.length : 1
        at += length
        if (child.type !== 'reference' || at <= query) continue
        const { name, type } = referenceParts(child)
        if (type !== undefined || !freeTexts.has(name) || !child.span) continue
        const end = child.span[1] - 1
        report({
          line,
          at: child,
          reason: `The text of ${quote(name)} goes into the query as it is`,
          expected: [`\${${name}:uristring}`],
          note: 'A blank, `&` or `#` in it would change the request.',
          fix: fix(line, 'Encode it', [{ span: [end, end], text: ':uristring' }]),
        })
      }
    },
  }),
}

/** Offset of the `?` of a URL; -1: the word is none, or has no query. */
function queryStart(word: Word): number {
  const text = textWithHoles(word)
  if (!/^(?:https?:\/\/|\ue000)/.test(text)) return -1
  return text.search(/\?[^=]*=/)
}
