/** Whether a tree has what machines ask for first. */
import { statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { IpxetoolError } from '../../diagnostics/error.js'
import { loadersFor } from '../dhcp/policy.js'
import { checkRoot, errorCode } from '../tree.js'
import type { Finding } from './findings.js'
import { kinds } from './packets.js'

/** For the policy. */
export function treeHas(root: string): (file: string) => boolean {
  return (file) => {
    try {
      return statSync(join(root, file), { throwIfNoEntry: false })?.isFile() ?? false
    } catch {
      return false
    }
  }
}

/** @param script what iPXE runs first, below the root; a URL is not looked at */
export async function inspectTree(root: string, script: string): Promise<Finding[]> {
  try {
    await checkRoot(root)
  } catch (error) {
    if (!(error instanceof IpxetoolError)) throw error
    return [{ area: 'tree', level: 'problem', what: error.message, fix: error.hint }]
  }
  const findings: Finding[] = []
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(script)) findings.push(await inspectScript(root, script))
  const has = treeHas(root)
  for (const kind of kinds.filter(({ runs }) => runs === 'pxe' || runs === 'http')) {
    const wanted = loadersFor(kind.architecture)
    const there = wanted.filter(has)
    const isCommon = ['bios', 'uefi-x64'].includes(kind.id)
    if (there.length > 0)
      findings.push({ area: 'tree', level: 'ok', what: `${kind.name}: ${there.join(', ')}` })
    else if (isCommon) {
      findings.push({
        area: 'tree',
        level: 'warning',
        what: `${kind.name}: no loader (${wanted.join(' or ')})`,
        fix: `ipxetool compile --target ${wanted[0] ?? ''}`,
      })
    }
  }
  return findings
}

async function inspectScript(root: string, script: string): Promise<Finding> {
  const build = 'run `ipxetool build`, or name the script: --script FILE'
  try {
    const handle = await open(join(root, script))
    try {
      const start = Buffer.alloc(6)
      await handle.read(start, 0, 6, 0)
      if (start.toString('latin1') === '#!ipxe' || start.toString('latin1').startsWith('#!gpx')) {
        return { area: 'tree', level: 'ok', what: `the first script is ${script}` }
      }
      const what = `${script} is no script: it does not begin with #!ipxe, and iPXE will not run it`
      return { area: 'tree', level: 'problem', what, fix: build }
    } finally {
      await handle.close()
    }
  } catch (error) {
    const why = errorCode(error) === 'ENOENT' ? 'is not there' : `cannot be read (${errorCode(error)})`
    return { area: 'tree', level: 'problem', what: `the first script, ${script}, ${why}`, fix: build }
  }
}
