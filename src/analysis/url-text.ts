/** What the checks of URLs share. */

/** Offsets `[start, end)` count characters of the URL as it was given. */
export interface UrlProblem {
  /** What is wrong, a sentence without its full stop. */
  problem: string
  expected?: string[]
  /** What it leads to and what to do. */
  note: string
  start?: number
  end?: number
  /** Put in place of `[start, end)` it is certain to be what was meant. */
  replacement?: string
}

/** Stands for every character of `${…}` and `$<…>`; in no byte string, and in no URL worth booting. */
export const hidden = '\ue000'

/** `${…}` and `$<…>` blotted out, the length kept. What an open `${` hides is unknown: all of the rest. */
export function hideReferences(url: string): string {
  if (!url.includes('$')) return url
  let result = ''
  let depth = 0
  for (let index = 0; index < url.length; index++) {
    if (url.startsWith('${', index)) {
      depth++
      result += hidden + hidden
      index++
    } else if (depth > 0) {
      if (url[index] === '}') depth--
      result += hidden
    } else result += url[index]!
  }
  return result.replace(/\$<[\w.-]+>/g, (variable) => hidden.repeat(variable.length))
}
