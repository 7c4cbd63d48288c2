/** Files of the tree that are not what the command that loads them needs. */
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { quote } from '../rules/message.js'
import { encodeText } from '../syntax/bytes.js'
import { type FileFacts, fileFacts, kindNames, kindProblem } from './kinds.js'
import type { CheckedLink, Report } from './resolve.js'
import { headOf, type Tree } from './tree.js'

export const wrongKind = 'wrong-kind'

/** Facts about files, each read once. */
export class KnownKinds {
  readonly #tree: Tree
  readonly #known = new Map<string, FileFacts | undefined>()

  constructor(tree: Tree) {
    this.#tree = tree
  }

  sizeOf(path: string): number | undefined {
    return this.#tree.files.get(path)?.size
  }

  of(path: string): FileFacts | undefined {
    if (this.#known.has(path)) return this.#known.get(path)
    const file = this.#tree.files.get(path)
    const head = headOf(file)
    const facts = file && head && fileFacts(head, Math.max(file.size, head.length))
    this.#known.set(path, facts)
    return facts
  }
}

/** Programs that look like kernels and take anything as an initrd. */
const notLinux = /wimboot|memdisk|memtest|\.0$|\.kpxe$|\.c32$|\.efi$/i

/** @param found of one script */
export function checkKinds(
  found: readonly CheckedLink[],
  tree: Tree,
  kinds: KnownKinds,
  report: Report,
): void {
  const kernels = new Map<string, boolean>()
  const groupOf = ({ link }: CheckedLink): string => link.label ?? ''
  for (const checked of found) {
    const { link } = checked
    if (link.role !== 'kernel' && link.role !== 'chain') continue
    const path = pathOf(checked)
    const kind = path === undefined ? undefined : kinds.of(path)?.kind
    const isLinux =
      !notLinux.test(link.text) && (kind === undefined || kind === 'bzimage' || kind === 'arm64-image')
    const key = groupOf(checked)
    kernels.set(key, (kernels.get(key) ?? true) && isLinux && link.role === 'kernel')
  }
  for (const checked of found) {
    const path = pathOf(checked)
    const { link, uri } = checked
    if (path === undefined || link.role === 'argument' || link.role === 'disk') continue
    // scripts of the project have rules of their own
    if (link.from === path || tree.files.get(path)?.origin === 'build') {
      if (link.role !== 'kernel' && link.role !== 'initrd') continue
    }
    const facts = kinds.of(path)
    if (!facts) continue
    const problem = kindProblem(link.role, facts, {
      name: path,
      isScriptName: path.endsWith('.ipxe'),
      linuxKernel: kernels.get(groupOf(checked)) ?? false,
      hasPath: uri.hasPath,
    })
    if (problem) {
      report(checked, (file, place) => {
        const reason = `${shown(path)} is ${kindNames[facts.kind]}, not ${problem.wanted}`
        const { severity, note } = problem
        return new Diagnostic({ ruleId: wrongKind, severity, file, reason, note, ...(place && { place }) })
      })
    } else checkArchitecture(checked, path, facts, report)
  }
}

const wanted = /(?:^|[-_])(x86_64|i386|arm64)$/

/** An entry for several processors has a label for each: `fcos-arm64`. */
function checkArchitecture(checked: CheckedLink, path: string, facts: FileFacts, report: Report): void {
  const { link } = checked
  const machine = wanted.exec(link.label ?? '')?.[1]
  const isStarted = link.role === 'kernel' || link.role === 'chain'
  if (machine === undefined || facts.architecture === undefined || !isStarted) return
  // an x86_64 machine with a BIOS starts either
  const family = (name: string): string => (name === 'x86_64' || name === 'i386' ? 'x86' : name)
  if (family(machine) === family(facts.architecture)) return
  report(
    checked,
    (file, place) =>
      new Diagnostic({
        ruleId: wrongKind,
        severity: 'error',
        file,
        ...(place && { place }),
        reason: `${shown(path)} is for ${facts.architecture!}, and \`:${link.label!}\` is for ${machine}`,
        note: 'The machine would refuse it ("Exec format error").',
      }),
  )
}

/** The file of the tree that is loaded, when there is only one that it can be. */
export function pathOf({ link: { target } }: CheckedLink): string | undefined {
  if (target.kind === 'inside' && target.found === 'file') return target.path
  if (target.kind === 'dynamic' && target.matches.length === 1) return target.matches[0]
  return undefined
}

function shown(path: string): string {
  return quote(encodeText(path))
}
