import type { InvalidLine, Line, Script } from '../ast/nodes.js'
import { beginning, binaryKind, hasMagic, isBinary, utf16 } from './magic.js'
import { quote } from './message.js'
import type { Rule, RuleContext } from './rule.js'

export const missingMagic: Rule = {
  id: 'missing-magic',
  summary: 'The file does not begin with `#!ipxe` and a blank or line end.',
  severity: 'error',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'iPXE knows a script by its first seven bytes and by nothing else: `#!ipxe` (or the older `#!gpxe`) and one white ' +
      'space character. Anything before it, be it a byte order mark or an empty line, makes the file no script, and ' +
      'chain fails with "Exec format error".',
    wholeFiles: true,
    ok: ['#!ipxe\necho hello\n', '#!ipxe my menu\r\necho hello\r\n', '#!gpxe\n'],
    notOk: [
      '«»echo hello\n',
      '«\n»#!ipxe\necho hello\n',
      '\ufeff#!ipxe\n',
      '«#!ipxe»',
      '«#!iPXE»\necho hello\n',
      '«#! ipxe»\n',
    ],
  },
  create: (context) => ({
    end() {
      const { script } = context.analysis
      if (!hasMagic(script)) report(context, script.children[0])
    },
  }),
}

const consequence = 'iPXE does not take the file for a script ("Exec format error").'

interface Description {
  reason: string
  note: string
  /** How many bytes at the start are wrong. */
  length?: number
  /** What should stand there. */
  replacement?: string
}

function report(context: RuleContext, line: Line | InvalidLine | undefined): void {
  const { reason, note, length = 0, replacement } = describe(context.analysis.script)
  const span = [0, length] as const
  const isOwn = line?.origin === undefined
  const fix =
    line && isOwn && replacement !== undefined
      ? context.fix(line, 'Begin the file with `#!ipxe`', [{ span, text: replacement }])
      : undefined
  context.report({ line: isOwn ? line : undefined, at: span, reason, expected: ['#!ipxe'], note, fix })
}

function describe(script: Script): Description {
  const start = beginning(script)
  if (start === '') return { reason: 'The file is empty', note: 'A script begins with the line `#!ipxe`.' }
  const wide = utf16(start)
  if (wide) {
    const note = 'iPXE reads bytes: save the script as UTF-8 or plain ASCII.'
    return { reason: `The file is UTF-16 (${wide})`, note }
  }
  if (isBinary(script)) {
    const note = 'A script is text that begins with the line `#!ipxe`. Nothing else in the file was checked.'
    return { reason: `This is ${binaryKind(start) ?? 'binary data'}, not a script`, note }
  }
  if (start.startsWith('\xef\xbb\xbf')) {
    const note = `${consequence} Save without "BOM".`
    return { reason: 'A byte order mark stands before `#!ipxe`', note, length: 3, replacement: '' }
  }
  const blank = /^[ \t\r\n\v\f]+(?=#![ig]pxe)/.exec(start)?.[0]
  if (blank !== undefined) {
    const what = blank.includes('\n') ? 'An empty line stands' : 'White space stands'
    const note = `${consequence} It has to be at the very start.`
    return { reason: `${what} before \`#!ipxe\``, note, length: blank.length, replacement: '' }
  }
  if (/^#![ig]pxe$/.test(start)) {
    const note = `${consequence} It wants white space after it.`
    return { reason: 'The file ends right after `#!ipxe`', note, length: 6, replacement: `${start}\n` }
  }
  const almost = /^(#[ \t]*!|!#|#)[ \t]*(\/\S*\/)?[ig]pxe(?=\s|$)/i.exec(start)?.[0]
  if (almost !== undefined) {
    const note = `${consequence} The case and every byte count.`
    const reason = `${quote(almost)} is not \`#!ipxe\``
    return { reason, note, length: almost.length, replacement: '#!ipxe' }
  }
  const glued = /^#![ig]pxe\S*/.exec(start)?.[0]
  if (glued !== undefined) {
    const note = `${consequence} White space must follow it.`
    return { reason: `${quote(glued)} runs on after \`#!ipxe\``, note, length: glued.length }
  }
  return { reason: 'The script does not begin with `#!ipxe`', note: `${consequence} Make it the first line.` }
}
