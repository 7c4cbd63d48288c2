/** iPXE's build options: what `#define`s in config/local change. The only table of them in this program. */
import { commands } from './build-options/commands.js'
import { consoles } from './build-options/consoles.js'
import { crypto } from './build-options/crypto.js'
import { images } from './build-options/images.js'
import { others } from './build-options/others.js'
import { protocols } from './build-options/protocols.js'
import type { BuildOptionSpec } from './build-options/rows.js'

export {
  type BuildOptionSpec,
  type OptionHistory,
  type OptionValueKind,
  type SourceEra,
  sourceEras,
} from './build-options/rows.js'

export const buildOptions: readonly BuildOptionSpec[] = [
  ...protocols,
  ...commands,
  ...images,
  ...consoles,
  ...crypto,
  ...others,
]

/** Values of `COMCONSOLE`: names of UARTs in iPXE's ns16550.h. Other processors than x86 have none of them. */
export const serialPorts = ['COM1', 'COM2', 'COM3', 'COM4'] as const
/** What people write instead. */
export const serialPortNicknames: ReadonlyMap<string, string> = new Map(
  [
    ['0x3f8', 'ttyS0'],
    ['0x2f8', 'ttyS1'],
    ['0x3e8', 'ttyS2'],
    ['0x2e8', 'ttyS3'],
  ].flatMap(([port, tty], index) =>
    [port!, tty!.toLowerCase(), `/dev/${tty!.toLowerCase()}`, String(index), `com${index + 1}`].map(
      (name): [string, string] => [name, serialPorts[index]!],
    ),
  ),
)
/** A 16550 divides 115200. */
export const serialSpeeds = [1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] as const

/** Values of `KEYBOARD_MAP` (hci/keymap), beside `dynamic`, which iPXE has since 2.0.0+; in C with `_` for `-`. */
export const keyboardMaps =
  'al by cf cz de dk es et fi fr gr hu il it lt mk mt nl no no-latin1 pl pt ro ru se sg sr-latin ua uk us'.split(
    ' ',
  )
/** Values of `LOG_LEVEL` (include/syslog.h). */
export const logLevels = [
  'LOG_NONE',
  'LOG_EMERG',
  'LOG_ALERT',
  'LOG_CRIT',
  'LOG_ERR',
  'LOG_WARNING',
  'LOG_NOTICE',
  'LOG_INFO',
  'LOG_DEBUG',
  'LOG_ALL',
] as const
/** Values of `TLS_VERSION_MIN` and `TLS_VERSION_MAX`, oldest first (include/ipxe/tls.h). There is no TLS 1.3. */
export const tlsVersions = ['TLS_VERSION_TLS_1_1', 'TLS_VERSION_TLS_1_2'] as const

export interface OptionConflict {
  readonly options: readonly [string, string]
  readonly why: string
  /** Also when one of them is there by default. */
  readonly always?: true
}

/** Pairs that must not both be in a loader. */
export const optionConflicts: readonly OptionConflict[] = [
  {
    options: ['CONSOLE_SERIAL', 'GDBSERIAL'],
    why: 'the debugger needs the serial port for itself',
    always: true,
  },
  {
    options: ['CONSOLE_DIRECT_VGA', 'CONSOLE_FRAMEBUFFER'],
    why: 'both draw on the same screen',
    always: true,
  },
  {
    options: ['COMPRESERVE', 'COMSPEED'],
    why: 'COMPRESERVE leaves the speed as the firmware set it',
  },
]

/** Options that do nothing, or do not link, without another one. */
export const optionNeeds: readonly (readonly [option: string, needs: string, why: string])[] = [
  ['DOWNLOAD_PROTO_HTTPS', 'DOWNLOAD_PROTO_HTTP', 'https is http over TLS'],
  ['CONSOLE_CMD', 'CONSOLE_FRAMEBUFFER', 'without it `console --picture` has nothing to draw on'],
  ['IMAGE_ARCHIVE_CMD', 'IMAGE_CMD', 'it works on images'],
  ['IMAGE_TRUST_CMD', 'IMAGE_CMD', 'it works on images'],
]

const byName = new Map(buildOptions.map((spec) => [spec.name, spec]))

/** Names are case-sensitive: they are C macros. */
export function findBuildOption(name: string): BuildOptionSpec | undefined {
  return byName.get(name)
}
