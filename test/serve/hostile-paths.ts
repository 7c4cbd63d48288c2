/**
 * Paths that lead out of the tree on some system or other, or that a careless server trips over: made by rule, so that
 * each way of writing is combined with each place. Byte strings, one character for each octet.
 */
export function hostilePaths(root: string, sibling: string): string[] {
  const paths = new Set<string>()
  const targets = ['etc/passwd', 'etc/shadow', 'proc/self/environ', 'secret', `${sibling}/secret`]
  const ups = [
    '..',
    '%2e%2e',
    '%2E%2e',
    '.%2e',
    '%2e.',
    '%252e%252e',
    '..%00',
    // Overlong and broken UTF-8 of the dot and the slash.
    '\xc0\xae\xc0\xae',
    '%c0%ae%c0%ae',
    '%e0%80%ae%e0%80%ae',
    '\xff\xff',
    '..;',
    '...',
    '....',
    '..\xa0',
    '.. ',
    '..\t',
    '%uff0e%uff0e',
    '\xef\xbc\x8e\xef\xbc\x8e',
  ]
  const separators = ['/', '\\', '%2f', '%5c', '%252f', '//', '/./', '%c0%af', '\xc0\xaf', '\\/']
  for (const up of ups) {
    for (const separator of separators) {
      const climb = (up + separator).repeat(8)
      paths.add(`${climb}${targets[0]!.replaceAll('/', separator)}`)
      paths.add(`menus${separator}${climb}secret`)
    }
  }
  for (const target of targets) {
    for (const before of [
      '/',
      '//',
      '///',
      '\\',
      '\\\\',
      'file:///',
      'C:/',
      'c:\\',
      'C:',
      '\\\\?\\C:\\',
      '//./',
      '~/',
      '~root/',
    ]) {
      paths.add(before + target)
    }
    for (const after of [
      '\0',
      '\0.ipxe',
      '%00',
      '%00.efi',
      '\r\n',
      '\n',
      '%0d%0aX: y',
      '?x',
      '#x',
      '::$DATA',
      ';.ipxe',
      '/',
      '/.',
      '/..',
      '.',
      ' ',
    ]) {
      paths.add(`../../${target}${after}`)
      paths.add(`link${after}`)
    }
  }
  for (const name of [
    'link',
    'linkdir/secret',
    'linkdir/../secret',
    'absolute',
    'up/secret',
    'loop',
    'loop/loop',
    'fifo',
    'device',
    'device/x',
    'socket',
  ]) {
    paths.add(name)
    paths.add(`menus/../${name}`)
    paths.add(name.toUpperCase())
  }
  for (const name of ['.hidden', '.git/config', '.ipxetool-lock', '.env', '.ssh/id_rsa', 'menus/.secret']) {
    paths.add(name)
    paths.add(name.replaceAll('/', '\\'))
    paths.add(name.replace('.', '%2e'))
    paths.add(name.replace('.', './.'))
  }
  for (const name of ['CON', 'NUL', 'aux.ipxe', 'COM1', 'LPT1', 'PRN', 'CLOCK$', 'CONIN$']) paths.add(name)
  for (const name of [
    '',
    '.',
    './',
    '..',
    '../',
    '/',
    '\\',
    '%',
    '%%',
    '%2',
    '%zz',
    '%u0000',
    '*',
    '?',
    '|id',
    '`id`',
    '$(id)',
    '${IFS}',
    '-rf',
    '--help',
    '\x1b[2J',
    '\x7f',
    '\xff',
    '\xfe\xff',
    '{{7*7}}',
    '%n%n%s',
    "' OR 1=1",
    '<script>',
  ]) {
    paths.add(name)
    paths.add(`menus/${name}`)
  }
  for (const length of [255, 256, 1000, 1023, 4096, 7000]) {
    paths.add('a'.repeat(length))
    paths.add('a/'.repeat(length >> 1))
    paths.add('../'.repeat(length / 3) + 'etc/passwd')
    paths.add(`${'./'.repeat(length >> 1)}../../etc/passwd`)
    paths.add('%2e'.repeat(length / 3))
  }
  paths.add(`${root}/../${sibling}/secret`)
  paths.add(`${root}-private/secret`)
  return [...paths]
}
