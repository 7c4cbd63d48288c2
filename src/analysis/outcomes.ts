/** What can come of a command: `core/exec.c`, and the column "exit status" of the command table. */
import type { ParsedCommand } from './commands.js'
import { hole } from './text.js'

/** The next command sees success. */
export const succeeds = 1
/** The next command sees a failure. */
export const fails = 2
/** It leads to a label: {@link Flow} knows to which. */
export const jumps = 4
/** The script ends here, whatever follows. */
export const ends = 8

const always = new Set(['echo', 'menu', 'form', 'clear', 'help', 'colour', 'cpair', 'params'])

/** `1`: longer names of the empty text are not worth a table. */
const maxStatus = /^[+-]?(0[xX][\da-fA-F]*|\d+)$/

/**
 * A set of {@link succeeds}, {@link fails}, {@link jumps} and {@link ends}. Where it is not certain, more: what seems
 * possible may turn out not to be, what is left out cannot happen.
 */
export function outcomesOf(command: ParsedCommand): number {
  const { spec, problem, positionals, certain, inner } = command
  if (!spec) return succeeds | fails
  if (inner) return outcomesOf(inner)
  // it fails, and that is said where it stands: what follows is not to be blamed
  if (problem) return succeeds | fails
  const count = positionals.length
  if (certain && (count < spec.minArgs || (spec.maxArgs !== null && count > spec.maxArgs)))
    return succeeds | fails
  switch (spec.name) {
    case 'goto':
      return certain ? jumps : jumps | succeeds | fails
    case 'exit':
      return exitOutcome(positionals[0]?.text)
    case 'item':
      return succeeds | fails
    case 'set':
      return isPlainSet(command) ? succeeds : succeeds | fails
    case 'isset':
      // a text is set, `${x}` may be
      return positionals[0]?.text.replaceAll(hole, '') === '' ? succeeds | fails : succeeds
    case 'imgfree':
      return positionals.length === 0 ? succeeds : succeeds | fails
    case 'imgexec':
      return has(command, 'replace') ? fails | ends : succeeds | fails
    default:
      return always.has(spec.name) ? succeeds : succeeds | fails
  }
}

function exitOutcome(status: string | undefined): number {
  if (status === undefined) return ends
  if (status.includes(hole)) return ends | fails
  return maxStatus.test(status) ? ends : fails
}

/** `set NAME …` of a name without a type: as a string it cannot fail, but a predefined one has a type of its own. */
function isPlainSet({ positionals }: ParsedCommand): boolean {
  const name = positionals[0]?.text ?? ''
  return !name.includes(':') && !name.includes('/') && !name.includes(hole)
}

/** Whether an option is given, by its long name. */
export function has({ options }: ParsedCommand, long: string): boolean {
  return options.some(({ spec }) => spec.long === long)
}

/** The value of an option, text with holes; the last one counts. */
export function optionValue({ options }: ParsedCommand, long: string): string | undefined {
  let value: string | undefined
  for (const option of options) if (option.spec.long === long) value = option.value
  return value
}

/** The command that really runs: that of `time`. */
export function innermost(command: ParsedCommand): ParsedCommand {
  let inner = command
  while (inner.inner) inner = inner.inner
  return inner
}

/** Files that are no scripts, whatever the rest of the name. */
const noScript =
  /(^|\/)(memdisk|wimboot|bootmgr|vmlinu[xz][\w.-]*|linux|bzImage|undionly[\w.-]*)$|\.(efi|0|[kp]+xe|img|iso|c32|com|bin|krn|lkrn|n12|gz|xz|wim|dsk|zip|bs|pxe)$/i

/** Whether other scripts or a person may have set anything when it is over: they come back, or change what is set. */
export function mayRunOther(command: ParsedCommand): boolean {
  const { spec, positionals } = innermost(command)
  if (!spec) return false
  if (spec.name === 'shell' || spec.name === 'config') return true
  if (spec.name !== 'imgexec' || positionals.length === 0 || has(command, 'replace')) return false
  return !noScript.test(positionals[0]!.text.replace(/[?#].*$/, ''))
}
