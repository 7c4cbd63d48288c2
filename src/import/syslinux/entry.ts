/** One LABEL as an entry of the model. */
import type { Entry, EntryOf } from '../../model/schema.js'
import type { At, Report } from '../result.js'
import { wordProblem } from '../text.js'
import { type Config, type Label, menuModules } from './config.js'
import { adviceFor, kindOfFile, powerOff } from './modules.js'
import { type Statement, wordsOf } from './parse.js'
import { systemWords } from './sysappend.js'
import { urlOf } from './urls.js'

export type Converted =
  | { kind: 'entry'; entry: Entry }
  /** A menu from these configuration files; `isMenu`: shown by a menu module, whatever the files say. */
  | { kind: 'config'; files: string[]; isMenu: boolean; at: At }
  | { kind: 'goto'; tag: string; at: At }
  /** Text that cannot be picked. */
  | { kind: 'heading' }
  /** The way back, which every menu has by itself. */
  | { kind: 'back' }

/** The id and the label of an entry are for the menu to give. */
const unnamed = { id: 'x', label: 'x' }

/** `undefined`: it could not be carried over, and that has been told. */
export function convertLabel(label: Label, config: Config, report: Report): Converted | undefined {
  return new LabelConverter(label, config, report).convert()
}

class LabelConverter {
  readonly #label: Label
  readonly #config: Config
  readonly #report: Report

  constructor(label: Label, config: Config, report: Report) {
    this.#label = label
    this.#config = config
    this.#report = report
  }

  convert(): Converted | undefined {
    const { leads, action, append, initrd, isDisabled, at, name } = this.#label
    if (isDisabled) return { kind: 'heading' }
    if (leads?.keyword === 'menu exit') return { kind: 'back' }
    if (leads?.keyword === 'menu goto') return { kind: 'goto', tag: leads.value, at: leads }
    if (leads) return entry({ kind: 'shell', ...unnamed })
    if (!action) {
      if (!append && !initrd) return { kind: 'heading' }
      // SYSLINUX takes the name of the label as that of the kernel
      return this.#linux(name, this.#appended(), at)
    }
    if (action.keyword === 'localboot') return this.#localBoot(action)
    const [file, ...words] = wordsOf(action.value)
    if (file === undefined) {
      this.#unsupported(action, 'It names no file', 'The entry is left out.')
      return undefined
    }
    if (action.keyword === 'config') return { kind: 'config', files: [file], isMenu: false, at: action }
    return this.#file(action, file, [...words, ...this.#appended()])
  }

  /** APPEND of the label, or the one for all; `-` means none. */
  #appended(): string[] {
    const value = (this.#label.append ?? this.#config.append)?.value ?? ''
    return value === '-' ? [] : wordsOf(value)
  }

  #file(action: Statement, file: string, words: string[]): Converted | undefined {
    const name = file
      .toLowerCase()
      .split(/[/\\:]/)
      .at(-1)!
    const { keyword } = action
    if (menuModules.has(name)) return { kind: 'config', files: words, isMenu: true, at: action }
    const kind = keyword === 'com32' ? 'module' : keyword === 'pxe' ? 'nbp' : kindOfFile(name)
    if (powerOff.has(name)) return entry({ kind: 'poweroff', ...unnamed })
    if (keyword === 'linux' && kind !== 'memdisk' && kind !== 'memtest' && kind !== 'ipxe') {
      return this.#linux(file, words, action)
    }
    switch (kind) {
      case 'module':
        return this.#module(action, name, words)
      case 'nbp':
        return this.#chain(action, file, 'bios')
      case 'efi':
        return this.#chain(action, file, 'uefi')
      case 'memdisk':
        return this.#memdisk(action, file, words)
      case 'memtest':
        return this.#memtest(action, file, words)
      case 'ipxe':
        this.#unsupported(
          action,
          `\`${name}\` is iPXE, which runs already`,
          'Write a `chain` entry with the address of the script that it should run.',
        )
        return undefined
      case 'sector':
        this.#unsupported(
          action,
          `\`${name}\` is a boot sector or a floppy image`,
          'Boot an image through memdisk: KERNEL memdisk, INITRD IMAGE. Only on BIOS.',
        )
        return undefined
      case 'linux':
        if (['boot', 'bss', 'fdimage', 'comboot'].includes(keyword)) {
          this.#unsupported(
            action,
            `\`${keyword.toUpperCase()}\` has no counterpart`,
            'Boot an image through memdisk, only on BIOS.',
          )
          return undefined
        }
        return this.#linux(file, words, action)
    }
  }

  #module(action: Statement, name: string, words: string[]): Converted | undefined {
    switch (name) {
      case 'reboot.c32':
        return entry({ kind: 'reboot', ...unnamed })
      case 'chain.c32':
        return this.#chainDisk(action, words)
      case 'pxechn.c32': {
        const file = words.find((word) => !word.startsWith('-'))
        if (words.some((word) => word.startsWith('-'))) {
          this.#unsupported(
            action,
            'The options of pxechn.c32 are not carried over',
            'The file is started as it is.',
          )
        }
        if (file !== undefined) return this.#chain(action, file, 'bios')
        break
      }
      case 'linux.c32': {
        const [file, ...rest] = words.filter((word, index) => index > 0 || !word.startsWith('-'))
        if (file !== undefined) return this.#linux(file, rest, action)
      }
    }
    this.#unsupported(action, `The module \`${name}\` has no counterpart`, adviceFor(name))
    return undefined
  }

  #linux(file: string, words: string[], at: At): Converted | undefined {
    const kernel = urlOf(file, at, this.#report)
    const initrd = this.#initrds(words)
    if (kernel === undefined || !initrd) return undefined
    const kept = this.#arguments(words)
    const console = kept.some((word) => word.startsWith('console='))
    const made: EntryOf<'linux'> = { kind: 'linux', ...unnamed, kernel }
    if (initrd.length > 0) made.initrd = initrd
    if (kept.length > 0) made.args = kept
    if (console) made.console = false
    if (this.#config.noOptions) made.editArgs = false
    return entry(made)
  }

  /** The last initrd= counts, as for SYSLINUX; INITRD where there is none. */
  #initrds(words: readonly string[]): string[] | undefined {
    const last = words.findLast((word) => /^initrd(file)?=/i.test(word))
    const at = last === undefined ? this.#label.initrd : (this.#label.append ?? this.#label.action)
    const list = last?.replace(/^[^=]*=/, '') ?? this.#label.initrd?.value ?? ''
    const urls: string[] = []
    for (const name of list.split(',')) {
      if (name.trim() === '') continue
      const url = urlOf(name.trim(), at ?? this.#label.at, this.#report)
      if (url === undefined) return undefined
      urls.push(url)
    }
    return urls
  }

  /** What the kernel gets, without what is told to it in another way. */
  #arguments(words: readonly string[]): string[] {
    const kept: string[] = []
    const at = this.#label.append ?? this.#label.action ?? this.#label.at
    for (const word of words) {
      if (/^(initrd(file)?|BOOT_IMAGE)=/i.test(word)) continue
      const problem = wordProblem(word)
      if (problem === undefined) kept.push(word)
      else {
        this.#report.warn(
          'import-text',
          at,
          `The argument \`${word.slice(0, 60)}\` is left out: it ${problem}`,
          'iPXE has no quotes. See whether the system boots without it.',
        )
      }
    }
    const flags = this.#label.sysappend ?? this.#config.sysappend
    if (flags) {
      for (const word of systemWords(flags, this.#report)) {
        const name = word.slice(0, word.indexOf('=') + 1)
        if (!kept.some((other) => other.startsWith(name))) kept.push(word)
      }
    }
    return kept
  }

  #memdisk(action: Statement, file: string, words: string[]): Converted | undefined {
    const converted = this.#linux(file, words, action)
    if (converted?.kind !== 'entry' || converted.entry.kind !== 'linux') return converted
    if (converted.entry.initrd === undefined) {
      this.#unsupported(action, 'memdisk is given no image', adviceFor('memdisk'))
      return undefined
    }
    return entry({ ...converted.entry, console: false, needs: { firmware: 'bios' } })
  }

  #memtest(action: Statement, file: string, words: string[]): Converted | undefined {
    const converted = this.#linux(file, words, action)
    if (converted?.kind !== 'entry' || converted.entry.kind !== 'linux') return converted
    const { kernel, args, initrd } = converted.entry
    if (args !== undefined || initrd !== undefined) return entry({ ...converted.entry, console: false })
    return entry({ kind: 'memtest', ...unnamed, image: kernel })
  }

  #chain(action: Statement, file: string, firmware: 'bios' | 'uefi'): Converted | undefined {
    const url = urlOf(file, action, this.#report)
    return url === undefined ? undefined : entry({ kind: 'chain', ...unnamed, url, needs: { firmware } })
  }

  /** `chain.c32 hd0`, `hd1 2`, `hd0,1`. */
  #chainDisk(action: Statement, words: string[]): Converted | undefined {
    const at = this.#label.append ?? action
    const [first = 'boot', second] = words.flatMap((word) => word.split(','))
    const disk = /^(?:hd(\d)|boot)$/.exec(first)
    if (!disk) {
      this.#unsupported(
        at,
        `chain.c32 cannot be told \`${first.slice(0, 60)}\` here`,
        'A `local` entry starts a whole disk: `drive: "0x80"` is the first. On UEFI: `method: efi-file` with the file of the loader.',
      )
      return undefined
    }
    const partition = second !== undefined && /^[1-9]\d*$/.test(second)
    const options = words.filter((word) => /^[a-z]+(=|$)/i.test(word) && word !== 'boot')
    if (partition || options.length > 0) {
      this.#unsupported(
        at,
        `Of \`${words.join(' ').slice(0, 60)}\` only the disk is carried over`,
        'The entry starts what the master boot record of that disk starts.',
      )
    }
    return entry({ kind: 'local', ...unnamed, ...(disk[1] !== undefined && { drive: `0x8${disk[1]}` }) })
  }

  #localBoot({ value }: Statement): Converted {
    if (value === '-1') return entry({ kind: 'local', ...unnamed, method: 'exit' })
    const drive = /^0x8[0-9a-f]$/i.test(value) ? value.toLowerCase() : undefined
    return entry({ kind: 'local', ...unnamed, ...(drive !== undefined && { drive }) })
  }

  #unsupported(at: At, reason: string, note: string): void {
    const name = this.#label.text ?? this.#label.name
    this.#report.warn('import-unsupported', at, `\`${name.slice(0, 60)}\`: ${reason}`, note)
  }
}

function entry(made: Entry): Converted {
  return { kind: 'entry', entry: made }
}
