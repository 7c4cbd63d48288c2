/** SAN disks and the machine's own (`hci/commands/sanboot_cmd.c`, `uriboot` of `usr/autoboot.c`, `core/sanboot.c`). */
import { findUriScheme } from '../../data/lookup.js'
import type { Arguments } from '../options.js'
import { Ended, type Command, type Run } from '../run.js'
import { parseUri } from '../uri.js'

/** A number of a setting, however its type prints it; 0 where it is unset. */
const number = (run: Run, setting: string): number => Number(run.settings.expand(setting)) || 0
const shown = (drive: number): string => `0x${drive.toString(16)}`

/** `san_default_drive` */
function driveOf(run: Run, { numbers }: Arguments): number {
  return numbers.get('drive') ?? (number(run, 'san-drive') || 0x80)
}

/** Why the drive cannot be had, or 0. */
function problem(run: Run, drive: number, uris: readonly string[]): number {
  if (run.drives.has(drive)) return run.fail('EADDRINUSE', 'sanboot')
  for (const text of uris) {
    const scheme = parseUri(text).uri.scheme?.toLowerCase()
    const spec = scheme === undefined ? undefined : findUriScheme(scheme)
    if (!spec?.uses.includes('san')) return run.fail('ENOTSUP', 'open')
  }
  return run.online ? 0 : run.fail('ENETUNREACH', 'ipv4')
}

function hook(run: Run, drive: number, uris: readonly string[]): number {
  const status = problem(run, drive, uris)
  if (status !== 0) {
    run.print(`Could not open SAN device: ${run.errorText(status)}\n`)
    return status
  }
  for (const uri of uris) run.fetched.push({ uri, ok: true, size: undefined, reason: undefined })
  run.assume('SAN targets are not asked: the disk is taken to be there')
  run.drives.set(drive, uris)
  run.print(`Registered SAN device ${shown(drive)}\n`)
  return 0
}

function unhook(run: Run, drive: number): void {
  if (number(run, 'keep-san') !== 0) {
    run.print(`Preserving SAN device ${shown(drive)}\n`)
    return
  }
  run.drives.delete(drive)
  run.print(`Unregistered SAN device ${shown(drive)}\n`)
}

export const diskCommands: Readonly<Record<string, Command>> = {
  sanhook: (run, args) => hook(run, driveOf(run, args), args.words),
  sanunhook(run, args) {
    unhook(run, driveOf(run, args))
    return 0
  },
  sanboot(run, args) {
    const { words, options, numbers } = args
    const drive = driveOf(run, args)
    if (words.length > 0) {
      const status = hook(run, drive, words)
      if (status !== 0) return status
    }
    const filename = options.get('filename')
    if (number(run, 'skip-san-boot') === 0) {
      run.print(`Booting${filename === undefined ? '' : ` ${filename}`} from SAN device ${shown(drive)}\n`)
      throw new Ended({
        kind: 'sanboot',
        drive: numbers.get('drive'),
        uris: run.drives.get(drive) ?? [],
        filename,
      })
    }
    run.print(`Skipping boot from SAN device ${shown(drive)}\n`)
    if (words.length > 0 && !options.has('keep')) unhook(run, drive)
    return 0
  },
}
