/** The spelling of the processor architecture in the path of a package tree. */
import { hideReferences, type UrlProblem } from './url-text.js'

interface Misspelling {
  expected: string
  /** Never a name of its own: wrong wherever it stands. */
  always: boolean
}

const misspellings = new Map<string, Misspelling>([
  ...['x86_', 'x86_6', 'x86__64'].map((word) => [word, { expected: 'x86_64', always: true }] as const),
  ...['x86', 'x86-64', 'x86-6', 'x8664', 'x64_86', 'x86_46', '86_64', 'x84_64', 'x86.64', 'x64_64'].map(
    (word) => [word, { expected: 'x86_64', always: false }] as const,
  ),
  ...['aarch', 'aarch6', 'arch64', 'aarch_64', 'aarch46'].map(
    (word) => [word, { expected: 'aarch64', always: false }] as const,
  ),
])
const quick = /x8|x64_|86_|aarch|arch64/i

/** Folders above an architecture in the trees of the Red Hat family … */
const above = new Set(['os', 'baseos', 'appstream', 'everything', 'server', 'workstation', 'minimal'])
/** … and below it. */
const below = new Set([
  'os',
  'images',
  'isolinux',
  'liveos',
  'repodata',
  'packages',
  'pxeboot',
  '.treeinfo',
  'treeinfo',
])

/**
 * Path segments that are a cut or misspelt `x86_64` or `aarch64`: a paste that lost its end, `…/os/x86/`. A lone
 * `x86` has to stand where a package tree has its architecture, because Alpine and Tiny Core do call theirs so.
 */
export function architectureProblems(url: string): UrlProblem[] {
  if (!quick.test(url)) return []
  const path = /^[^?#]*/.exec(hideReferences(url))![0]
  const problems: UrlProblem[] = []
  const segments = path.split('/')
  const isAlpine = /alpine/i.test(path)
  let start = 0
  for (const [index, segment] of segments.entries()) {
    const spelling = misspellings.get(segment.toLowerCase()) ?? wrongCase(segment)
    if (spelling && !isAlpine && index > 0 && (spelling.always || isPlaceOfArchitecture(segments, index))) {
      problems.push({
        problem: `\`${segment}\` in the path is not an architecture of this tree; did you mean \`${spelling.expected}\`?`,
        expected: [spelling.expected],
        note: 'The server answers "not found" for it. Was the end lost in a paste?',
        start,
        end: start + segment.length,
        ...(spelling.always ? { replacement: spelling.expected } : {}),
      })
    }
    start += segment.length + 1
  }
  return problems
}

function wrongCase(segment: string): Misspelling | undefined {
  const lower = segment.toLowerCase()
  if (lower === segment || (lower !== 'x86_64' && lower !== 'aarch64')) return undefined
  return { expected: lower, always: false }
}

function isPlaceOfArchitecture(segments: readonly string[], index: number): boolean {
  const before = segments[index - 1]!.toLowerCase()
  const after = segments[index + 1]?.toLowerCase() ?? ''
  // a file right below (`/os/x86/vmlinuz`) is somebody's own layout, not a package tree
  return below.has(after) || (above.has(before) && after === '')
}
