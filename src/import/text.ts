/** Names and texts from elsewhere, made such that a script can hold them. */
import { checkUrlForm } from '../analysis/boot-url.js'
import { idPattern } from '../model/schema.js'
import { reservedIds } from '../model/problems.js'

/** An operator of iPXE where it is a word of its own, and a plain character in its place. */
const operators = new Map([
  ['||', '|'],
  ['&&', '&'],
  [';', ','],
])

/** For menus: one line without what iPXE would act on. Empty when nothing is left. */
export function plainText(text: string): string {
  return text
    .slice(0, 1000)
    .replace(/\$(?=[{<])/g, '')
    .split(/[\0-\x20\x7f-\x9f\u2028\u2029\ufeff]+/)
    .map((word) => operators.get(word) ?? word.replace(/^#+/, ''))
    .filter((word) => word !== '')
    .join(' ')
    .replace(/\\+$/, '')
    .replace(/^ipxetool\b/, 'Ipxetool') // a comment that begins so would be a directive
    .trim()
}

/** What is wrong with one word of a kernel's arguments; `undefined` when it can stay as it is. */
export function wordProblem(word: string): string | undefined {
  if (operators.has(word)) return 'is an operator of iPXE when it stands alone'
  if (word.startsWith('#')) return 'would begin a comment'
  if (word.endsWith('\\')) return 'ends in a backslash, which would join the next line'
  if (/\$[{<]/.test(word)) return 'looks like a setting or a variable, which would be replaced'
  if (/[\0-\x20\x7f]/.test(word)) return 'holds a control character'
  return undefined
}

/** Ids that are unique in one menu, or among menus. */
export class IdPool {
  readonly #taken: Set<string>
  /** The last number that was given to a base. */
  readonly #counts = new Map<string, number>()

  constructor(taken: Iterable<string> = reservedIds) {
    this.#taken = new Set(taken)
  }

  /** An id that is like `wanted`; `fallback` where nothing of it can be kept. */
  take(wanted: string, fallback: string): string {
    const base = slug(wanted) || fallback
    let id = base
    for (let count = this.#counts.get(base) ?? 2; this.#taken.has(id); count++) {
      this.#counts.set(base, count + 1)
      const end = `-${count}`
      id = `${base.slice(0, 40 - end.length).replace(/-+$/, '')}${end}`
    }
    this.#taken.add(id)
    if (!idPattern.test(id)) throw new TypeError(`${id} is no id`)
    return id
  }
}

/** Small letters, digits and hyphens, at most 40, a letter or digit first; may be empty. */
export function slug(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\+/g, 'plus')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 40)
    .replace(/-+$/, '')
}

/** A path as it stands in a URL: what has a meaning there is encoded, `.` and `..` are resolved. */
export function urlPath(path: string): string {
  const parts: string[] = []
  for (const part of path.replaceAll('\\', '/').split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts
    .join('/')
    .replace(/[^A-Za-z0-9\-._~!'()*+,:=@/]/gu, (character) =>
      Array.from(
        new TextEncoder().encode(character),
        (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
      ).join(''),
    )
}

/** What is wrong with an absolute URL that came as text; `undefined` when it can be used. */
export function urlProblem(url: string): string | undefined {
  if (/\$[{<]/.test(url)) return 'it holds a reference'
  return wordProblem(url) ?? checkUrlForm(url)[0]?.problem
}
