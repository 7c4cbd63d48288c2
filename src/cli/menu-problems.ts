/** Why a menu file gave no menus, in words. */
import { readFileSync } from 'node:fs'
import { sep } from 'node:path'
import { suggest } from '../data/suggest.js'
import type { MenuFileProblem } from '../project/host-menus.js'
import type { Frame, MenuFailure } from './menu-worker.js'

/** MiB by which the process may grow while a menu file runs; what lists of bytes take counts too. */
export const memoryLimit = 512

export const memoryProblem: MenuFileProblem = {
  ruleId: 'menu-error',
  reason: `The menu file takes more than ${memoryLimit} MiB of memory`,
  note: 'Does a list grow without end?',
  line: 1,
  column: 1,
}

/** What ended the whole thread. */
export function brokenProblem(error: unknown, file: string): MenuFileProblem {
  const isMemory = (error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY'
  if (isMemory) return memoryProblem
  const { name = '', message = String(error), stack = '' } = error instanceof Error ? error : {}
  const [, line = 1, column = 1] = stack.split(`(${file}:`)[1]?.match(/^(\d+):(\d+)\)/) ?? []
  return {
    ruleId: 'menu-error',
    reason: `The menu file fails: ${name === '' ? '' : `${name}: `}${message.split('\n')[0]!}`,
    note: background,
    line: Number(line),
    column: Number(column),
  }
}

const background = 'It happened in the background, where nothing catches it.'

/** @param at what the thread was doing; undefined: it waits */
export function timeoutProblem(
  limit: number,
  at: { file: string; line: number; column: number } | undefined,
  file: string,
): MenuFileProblem {
  return {
    ruleId: 'menu-timeout',
    reason: `The menu file did not finish within ${limit >= 1000 ? `${limit / 1000} s` : `${limit} ms`}`,
    note: at
      ? 'This is what it was doing. Does a loop never end?'
      : 'It waits for something: a server that does not answer, a timer that repeats?',
    ...(at ?? placeOfWaiting(file)),
  }
}

export function waitingProblem(file: string): MenuFileProblem {
  return {
    ruleId: 'menu-timeout',
    reason: 'The menu file waits for a promise that nothing can settle',
    note: 'No timer, request or file is open any more, so that it would wait for ever.',
    ...placeOfWaiting(file),
  }
}

export function exitProblem(code: number): MenuFileProblem {
  return {
    ruleId: 'menu-error',
    reason: `The menu file ends the process (exit code ${code})`,
    note: 'It is loaded into ipxetool: export menus, or throw an error.',
    line: 1,
    column: 1,
  }
}

/** The first column of each line that shows a pattern, comments aside. */
function linesWith(file: string, pattern: RegExp): { line: number; column: number }[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((text, index) => {
    const column = text.search(pattern)
    return column < 0 || /^\s*(\/\/|\*)/.test(text) ? [] : [{ line: index + 1, column: column + 1 }]
  })
}

function placeOfExport(file: string): { line: number; column: number } {
  return linesWith(file, /\bexport default\b/)[0] ?? { line: 1, column: 1 }
}

/** The only `await`, else the export. */
function placeOfWaiting(file: string): { line: number; column: number } {
  const [waiting, ...others] = linesWith(file, /\bawait\b|\bnew Promise\b/)
  return waiting && others.length === 0 ? waiting : placeOfExport(file)
}

export function placeOf({ file, line, column }: Frame): { file: string; line: number; column: number } {
  return { file: file.split(sep).join('/'), line, column }
}

export async function problemOf(failure: MenuFailure, file: string, path: string): Promise<MenuFileProblem> {
  const { kind, name, message, at } = failure
  const place = at ? placeOf(at) : { line: 1, column: 1 }
  if (kind === 'exit') return { ...exitProblem(Number(message)), ...place }
  if (kind === 'data') {
    return {
      ruleId: 'menu-file',
      reason: `\`${path}\` exports something that is no plain data: ${message}`,
      note: 'Menus are objects, lists, texts, numbers and true or false.',
      ...placeOfExport(file),
    }
  }
  if (kind === 'syntax') {
    const note = templateNote(kind, message, at ?? { file, line: 0 })
    return {
      ruleId: 'menu-syntax',
      reason: `This is not TypeScript: ${message.charAt(0).toLowerCase()}${message.slice(1)}`,
      ...(note !== undefined && { note }),
      ...place,
    }
  }
  const note =
    templateNote(kind, message, at ?? { file, line: 0 }) ??
    (await helperNote(message)) ??
    importNote(message) ??
    (kind === 'background' ? background : undefined)
  return {
    ruleId: 'menu-error',
    reason: `The menu file fails: ${name === '' || name === 'Error' ? '' : `${name}: `}${message}`,
    ...(note !== undefined && { note }),
    ...place,
  }
}

/** A misspelt name in the import from `ipxetool/menu` is `undefined` until it is called. */
async function helperNote(message: string): Promise<string | undefined> {
  const name = /^(\w+) is not a function$/.exec(message)?.[1]
  if (name === undefined) return undefined
  const near = suggest(name, Object.keys(await import('../model/dsl.js')))
  return near === undefined ? undefined : `\`ipxetool/menu\` has a \`${near}\`. Was that meant?`
}

function importNote(message: string): string | undefined {
  const name = /Cannot find (?:module|package) '([^']+)'/.exec(message)?.[1]
  if (name === undefined) return undefined
  return /^[./]/.test(name)
    ? 'There is no such file, not as .ts either. Paths begin at the file that imports.'
    : `Install the package in the project: npm install ${name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/')}`
}

/** `${net0/mac}` between backquotes is JavaScript, which a person who thinks of iPXE does not expect. */
function templateNote(
  kind: MenuFailure['kind'],
  message: string,
  { file, line }: { file: string; line: number },
): string | undefined {
  const text = readFileSync(file, 'utf8')
  const name = /^(\S+) is not defined$/.exec(message)?.[1]
  const here = text.split('\n')[line - 1] ?? ''
  const isTemplate =
    name === undefined
      ? kind === 'syntax' && here.includes('`') && here.includes('${')
      : new RegExp(`\\$\\{\\s*${name.replace(/[$]/g, '\\$&')}\\b`).test(text)
  if (!isTemplate) return undefined
  return (
    'Between backquotes `${…}` is JavaScript. For a setting that the machine reads write ordinary quotes, ' +
    "'http://${next-server}/x', or \\${…}."
  )
}
