/** Fills in the head of the shipped embed/chain.ipxe. */
import type { Command, Line, Script } from '../ast/nodes.js'
import { command, line } from '../ast/build.js'
import { commandsOf, literalText, wordsOf } from '../ast/walk.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import { parse } from '../syntax/parse.js'
import { stringify } from '../syntax/stringify.js'

export interface ChainSettings {
  /** DHCP options that name the target, in order: `224`, `175.201`. */
  readonly options?: readonly string[] | undefined
  /** Boot files that are this loader, never chained to. */
  readonly ownNames?: readonly string[] | undefined
  /** Run only what is signed. */
  readonly verify?: boolean | undefined
}

/**
 * The script with its declared lines (`set option-N`, `set own-N`, `clear signed`) rewritten; what is undefined stays.
 *
 * @throws IpxetoolError `bad-chain-option` (exit code 2) or `not-the-chain-script`
 */
export function configureChain(bytes: Uint8Array, settings: ChainSettings): Uint8Array {
  const script = parse(bytes)
  const options = settings.options?.map(dhcpOption)
  const ownNames = settings.ownNames?.map(ownName)
  if (options) replaceList(script, 'option', options)
  if (ownNames) replaceList(script, 'own', ownNames)
  if (settings.verify !== undefined) replaceSigned(script, settings.verify)
  return stringify(script)
}

/** Numbers that iPXE reads by rules of C: a leading zero would be octal. */
function dhcpOption(text: string): string {
  const parts = /^([1-9]\d{0,2})(?:\.([1-9]\d{0,2}))?$/.exec(text.trim())
  const numbers = parts ? [parts[1], parts[2] ?? '1'].map(Number) : []
  if (!parts || numbers.some((number) => number > 254)) {
    throw new IpxetoolError('bad-chain-option', `"${visible(text)}" is no DHCP option`, {
      exitCode: 2,
      hint: 'It is a number from 1 to 254, as 224, or one inside of another, as 175.201.',
    })
  }
  return text.trim()
}

function ownName(text: string): string {
  if (/^[A-Za-z0-9._/-]{1,128}$/.test(text)) return text
  throw new IpxetoolError('bad-chain-option', `"${visible(text)}" cannot be the name of a boot file here`, {
    exitCode: 2,
    hint: 'It is made of letters, digits, dots, slashes, dashes and underscores.',
  })
}

/** `set NAME-0 …`, `set NAME-1 …`: the first block of them gives its place to the new ones. */
function replaceList(script: Script, name: string, values: readonly string[]): void {
  const isOld = (child: Script['children'][number]): boolean => {
    const set = child.type === 'line' ? onlyCommand(child, 'set') : undefined
    return set !== undefined && new RegExp(`^${name}-\\d+$`).test(nameSetBy(set))
  }
  const first = script.children.findIndex(isOld)
  if (first < 0) throw notChain(`set ${name}-0`)
  const rest = script.children.slice(first).filter((child) => !isOld(child))
  const lines = values.map((value, index) => line(command('set', `${name}-${index}`, value)))
  script.children = [...script.children.slice(0, first), ...lines, ...rest]
}

function replaceSigned(script: Script, verify: boolean): void {
  const index = script.children.findIndex((child) => {
    if (child.type !== 'line') return false
    const found = onlyCommand(child, 'clear') ?? onlyCommand(child, 'set')
    return found !== undefined && nameSetBy(found) === 'signed'
  })
  if (index < 0) throw notChain('clear signed')
  script.children[index] = line(verify ? command('set', 'signed', '1') : command('clear', 'signed'))
}

/** The command of a line that holds nothing else. */
function onlyCommand(child: Line, name: string): Command | undefined {
  const commands = commandsOf(child)
  const alone =
    commands.length === 1 && !child.children.some(({ type }) => type === 'operator' || type === 'label')
  const [word] = alone ? wordsOf(commands[0]!) : []
  return word && literalText(word) === name ? commands[0] : undefined
}

function nameSetBy(set: Command): string {
  const word = wordsOf(set)[1]
  return (word && literalText(word)) ?? ''
}

function notChain(wanted: string): IpxetoolError {
  return new IpxetoolError('not-the-chain-script', `the script has no line "${wanted}" to fill in`, {
    hint: 'Options and own names belong to the shipped embed/chain.ipxe and to copies of it.',
  })
}
