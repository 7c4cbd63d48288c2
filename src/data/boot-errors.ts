/**
 * What goes wrong while a machine boots, as people see it: iPXE's numbers and texts, PXE-E codes, what UEFI firmware prints,
 * and kernels that stop; and where the server saw a boot stop. One table for `ipxetool explain`, its documentation, and the trace. Facts
 * from iPXE's source (file and error of each row), the PXE specification 2.1, the UEFI specification and Linux
 * (`init/do_mounts.c`, dracut).
 */
import { consoleRows } from './boot-errors/kernel.js'
import { firmwareRows } from './boot-errors/firmware.js'
import { ipxeRows } from './boot-errors/ipxe.js'
import { traceRows } from './boot-errors/trace.js'

export interface BootError {
  readonly id: string
  readonly from: 'ipxe' | 'pxe' | 'uefi' | 'kernel' | 'trace'
  /** An iPXE error: its POSIX name, the file that raised it, and which of that file's reasons. Absent parts fit all. */
  readonly code?: { readonly posix: string; readonly file?: string; readonly point?: number }
  /** What is on the screen. Absent: only the number tells. */
  readonly text?: RegExp
  /** In a few words. */
  readonly title: string
  /** What happened, one or two sentences. */
  readonly cause: string
  readonly check: readonly string[]
  /** What is different in some versions. */
  readonly versions?: string
}

/** The more particular row of a code stands before the general one. */
export const bootErrors: readonly BootError[] = [...ipxeRows, ...firmwareRows, ...consoleRows, ...traceRows]
