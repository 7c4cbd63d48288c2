/** Scripts of a given length as people write them: an iPXE menu, and a shell script without a finding. */

/** An iPXE script of exactly that many lines: a menu, its entries, and a way back from each. */
export function ipxeScript(lines: number): string {
  const head = [
    '#!ipxe',
    '# Boot menu of the lab',
    'set base http://boot.example.org/images',
    'set menu-timeout 30000',
    'isset ${net0/mac} || dhcp || goto failed',
    '',
    ':start',
    'menu Lab boot menu for ${hostname} (${net0/mac:hexhyp})',
  ]
  const tail = [
    'item --gap -- Tools',
    'item --key s shell   Shell',
    'item --key r restart Restart the machine',
    'choose --timeout ${menu-timeout} --default entry1 target || goto failed',
    'goto ${target}',
    '',
    ':shell',
    'shell',
    'goto start',
    ':restart',
    'reboot',
    ':failed',
    'echo Boot failed, errno ${errno}: press a key',
    'prompt --timeout 10000 ||',
    'goto start',
  ]
  const entry = (n: number) => [
    '',
    `# Entry ${n}: an installer over the serial console`,
    `:entry${n}`,
    `set release ${n % 40}.04`,
    'set args ip=dhcp console=ttyS0,115200n8 console=tty0',
    'iseq ${platform} efi && set args ${args} initrd=initrd.img ||',
    'echo Booting ${release} from ${base}, mac ${net0/mac:hexhyp}',
    'kernel --timeout 60000 ${base}/${release}/${buildarch}/vmlinuz ${args} inst.repo=${base}/${release}/os/ || goto failed',
    'initrd --name initrd.img ${base}/${release}/${buildarch}/initrd.img || goto failed',
    'boot || goto failed',
    'goto start',
  ]
  // One more line for each entry's item in the menu.
  const perEntry = entry(1).length + 1
  const entries = Math.floor((lines - head.length - tail.length) / perEntry)
  if (entries < 1) throw new RangeError(`a menu has more than ${lines} lines`)
  const numbers = Array.from({ length: entries }, (_, index) => index + 1)
  const script = [
    ...head,
    ...numbers.map((n) => `item entry${n} Install release ${n % 40}.04 over the serial line, variant ${n}`),
    ...tail,
    ...numbers.flatMap(entry),
  ]
  while (script.length < lines) script.push('# end')
  return script.map((line) => `${line}\n`).join('')
}

/** The same script under other names: but for comments and a few commands no line of one is a line of another. */
export function renamed(script: string, n: number): string {
  const names = /(?<![\w-])(menu-timeout|base|start|restart|failed|entry\d+|target|release|args)(?![\w-])/g
  return script.replace(names, `$1-${n}`).replaceAll('boot.example.org', `boot${n}.example.org`)
}

/** A shell script of exactly that many lines; shellcheck and shfmt find nothing in it. */
export function shellScript(lines: number): string {
  const head = [
    '#!/bin/sh',
    '# Copies the images of the lab',
    'set -eu',
    'base=http://boot.example.org/images',
    'failed=0',
    '',
  ]
  const block = (n: number) => [
    `# Release ${n}: kernel and initrd`,
    `fetch_${n}() {`,
    '\ttarget="$1"',
    `\trelease="${n % 40}.04"`,
    '\tif [ ! -d "$target/$release" ]; then',
    '\t\tmkdir -p "$target/$release" || return 1',
    '\tfi',
    '\tfor file in vmlinuz initrd.img; do',
    '\t\tcurl --fail --silent --output "$target/$release/$file" "$base/$release/$file" || return 1',
    '\tdone',
    '\techo "fetched $release into $target, $(du -sk "$target" | cut -f 1) KB"',
    '}',
    `fetch_${n} "\${1:-out}" || failed=$((failed + 1))`,
    '',
  ]
  const script = [...head]
  const last = 'exit "$failed"'
  for (let n = 1; script.length + block(n).length < lines; n++) script.push(...block(n))
  while (script.length < lines - 1) script.push('# end')
  script.push(last)
  return script.map((line) => `${line}\n`).join('')
}
