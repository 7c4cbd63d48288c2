/** `ipxetool explain CODE|TEXT…`. */
import { IpxetoolError } from '../diagnostics/error.js'
import { explainBootText, type ExplainedError } from '../diagnostics/boot-error.js'
import { visible } from '../diagnostics/visible.js'
import { findExplanation } from '../rules/explanations.js'
import { findRule } from '../rules/index.js'
import { bytesToText, decodeText } from '../syntax/bytes.js'
import { ExitCode } from './exit-codes.js'
import { explainRule } from './explain.js'
import type { Io } from './io.js'
import { useColor } from './output.js'
import { readStdin } from './stdin.js'

export interface ExplainOptions {
  json?: boolean
  color?: boolean
}

/**
 * Explains an error number of iPXE, a PXE code, or a line of the screen; `-` reads a log from standard input. The name of a
 * rule or diagnostic of `check` is explained, too.
 *
 * @returns 0: something in it is known; 1: nothing is
 * @throws IpxetoolError (exit code 2) without a text
 */
export async function runExplain(words: readonly string[], options: ExplainOptions, io: Io): Promise<number> {
  const isStdin = words.length === 1 && words[0] === '-'
  const text = isStdin ? decodeText(bytesToText(await readStdin(io.stdin))) : words.join(' ')
  if (text.trim() === '') {
    throw new IpxetoolError('nothing-to-explain', 'there is nothing to explain', {
      exitCode: 2,
      hint: 'give a number (0x3c092083), a code (PXE-E53) or what stands on the screen, or - for standard input',
    })
  }
  if (options.json !== true && (findRule(text) ?? findExplanation(text))) {
    const look = { color: useColor(options, io, io.stdout), width: io.stdout.columns ?? 100 }
    io.stdout.write(explainRule(text, look))
    return ExitCode.ok
  }
  const explained = explainBootText(text)
  const isKnown = explained.some(({ error }) => error)
  if (options.json === true)
    io.stdout.write(`${JSON.stringify({ explained: explained.map(asJson) }, null, 2)}\n`)
  else if (explained.length > 0) io.stdout.write(explained.map(block).join('\n'))
  else io.stderr.write(`ipxetool: nothing in this text is known\n  ${advice}\n`)
  return isKnown ? ExitCode.ok : ExitCode.problems
}

const advice =
  'The number in brackets behind an iPXE error says most: https://ipxe.org/XXXXXXXX. `ipxetool doctor` looks from the server.'

function asJson({ found, decoded, error }: ExplainedError): object {
  if (!error) return { found, ...(decoded && { decoded }) }
  const { id, from, title, cause, check, versions } = error
  return {
    found,
    ...(decoded && { decoded }),
    id,
    from,
    title,
    cause,
    check,
    ...(versions !== undefined && { versions }),
  }
}

function block({ found, decoded, error }: ExplainedError): string {
  const lines = [`${visible(found)}${error ? `: ${error.title}` : ''}`]
  if (decoded) {
    const { posix, file, point, platform } = decoded
    const where = file === undefined ? 'a file that is not known here' : `${file}.c`
    lines.push(`  ${posix ?? 'an unknown error'} from ${where}, reason ${point}; ${platform}`)
  }
  if (error) {
    lines.push(`  ${error.cause}`, ...error.check.map((line) => `  - ${line}`))
    if (error.versions !== undefined) lines.push(`  Versions: ${error.versions}`)
  } else lines.push('  What it means depends on what was done just before.')
  return `${lines.join('\n')}\n`
}
