/** The example project that ships in menus/, built for a test's server by `ipxetool build`. */
import { join } from 'node:path'
import { cliArguments, REPOSITORY } from './cli.js'
import { pick } from './menu.js'
import { run } from './processes.js'
import type { Machine } from './qemu.js'

const PROJECT = join(REPOSITORY, 'menus/example')

/** Labels on the screen. The first is in the main menu, the others in the menu that it opens. */
export const CENTOS = 'CentOS Stream: text install over serial'
const START = 'Start the installer'
const EDIT = 'Edit the kernel arguments first'
const PROMPT = 'Kernel arguments:'
/** What the main menu shows after something has failed; the rest of the line says what. */
const FAILED = 'Failed: '

/** Values of the project's build-time variables. */
export interface Values {
  /** Where menus and scripts are fetched from. */
  readonly base: string
  /** The installation tree of CentOS, without a slash at the end. */
  readonly repo: string
  readonly console: string
}

/** Builds the project and returns its output tree. */
export async function buildExample(directory: string, values: Values): Promise<string> {
  const tree = join(directory, 'out')
  const variables = Object.entries({ ...values, timeout: '600000' }).flatMap(([name, value]) => [
    '--var',
    `${name}=${value}`,
  ])
  await run(
    process.execPath,
    cliArguments(['build', 'menus', '--project', PROJECT, '--out', tree, ...variables]),
  )
  return tree
}

/** Waits for the main menu; long, because the firmware and all its network stages come first. */
export async function mainMenu(machine: Machine, seconds: number): Promise<void> {
  await machine.waitForScreen(CENTOS, seconds)
}

/** From the main menu to the kernel. */
export async function startCentos(machine: Machine): Promise<void> {
  await pick(machine, CENTOS)
  await pick(machine, START)
}

/** From the main menu to the kernel, with `more` typed at the end of the kernel's arguments. */
export async function startCentosWith(machine: Machine, more: string): Promise<void> {
  await pick(machine, CENTOS)
  await pick(machine, EDIT)
  await machine.waitForScreen(PROMPT, 20)
  await machine.type(more)
  await machine.press('enter')
  await pick(machine, START)
}

/** Waits for the main menu with a reason in it; returns its lines: what failed, from where, the error. */
export async function failure(machine: Machine, seconds: number): Promise<string> {
  return machine.waitFor(`the main menu with "${FAILED}…" in it`, seconds, (screen) => {
    const rows = screen.rows()
    if (!rows.some((row) => row.text.includes(CENTOS))) return undefined
    const first = rows.findIndex((row) => row.text.includes(FAILED))
    if (first < 0) return undefined
    return rows
      .slice(first, first + 3)
      .map((row) => row.text.trim())
      .join('; ')
  })
}
