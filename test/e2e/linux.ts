import assert from 'node:assert/strict'
import { INIT_END_MARKER, INIT_MARKER } from './initrd.js'
import type { Machine } from './qemu.js'

export interface Booted {
  /** The kernel's own line, e.g. "[    0.000000] Kernel command line: …". */
  readonly line: string
  /** The arguments, split. */
  readonly args: readonly string[]
}

/**
 * Follows a real kernel from its banner to power off. The command line is seen twice, by two witnesses: the kernel
 * prints it on its console, and init reads it back from /proc.
 *
 * @param firstWait seconds until the kernel speaks
 */
export async function watchLinux(machine: Machine, firstWait = 60): Promise<Booted> {
  await machine.waitForLine(/\[ *\d+\.\d+\] Linux version \d/u, firstWait)
  const line = await machine.waitForLine(/\[ *\d+\.\d+\] Kernel command line: /u, 20)
  await machine.waitForLine(INIT_END_MARKER, 60)
  await machine.waitForPowerOff(20)
  const commandLine = line.slice(line.indexOf(':') + 1).trim()
  const history = machine.history()
  const told = history.slice(
    history.indexOf(INIT_MARKER) + INIT_MARKER.length,
    history.indexOf(INIT_END_MARKER),
  )
  // The kernel may put a line of its own between the two of init.
  assert.ok(
    told.split('\n').some((line) => line.trim() === commandLine),
    `init saw another command line than the kernel:\n${told}`,
  )
  return { line, args: commandLine.split(' ') }
}
