/** What a serial terminal sends for the keys of `--keys`. */
const named: Readonly<Record<string, string>> = {
  enter: '\r',
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  home: '\x1b[H',
  end: '\x1b[F',
  pageup: '\x1b[5~',
  pagedown: '\x1b[6~',
  delete: '\x1b[3~',
  tab: '\t',
  esc: '\x1b',
  backspace: '\x7f',
  space: ' ',
}

/** Words: names of keys, `ctrl-x`, and anything else as the characters that it is; one entry for each key. */
export function keySequence(text: string): string[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .flatMap((word) => {
      const key = named[word.toLowerCase()]
      if (key !== undefined) return [key]
      const control = /^ctrl-([a-z])$/i.exec(word)?.[1]
      if (control !== undefined) return [String.fromCharCode(control.toLowerCase().charCodeAt(0) - 96)]
      return Array.from(word)
    })
}
