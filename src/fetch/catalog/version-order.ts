/** Order of versions, as rpm compares them: runs of digits as numbers, runs of letters as text. */

/**
 * `44.20260707.3.1`, `4593.2.5`, `20250803+deb13u1`, `2026.07.01`, `9.6`. What has more parts is newer (`9.6.1`),
 * `~` is older than nothing (`2.0~rc1`), a number is newer than a word.
 *
 * @param prerelease a word of a pre-release (`-rc1`, `_alpha2`, `beta`) is older than nothing, as in semantic versions
 * @returns negative when `a` is older, 0 when equal, positive when newer
 */
export function compareVersions(a: string, b: string, { prerelease = false } = {}): number {
  const left = parts(a)
  const right = parts(b)
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const x = left[index]
    const y = right[index]
    if (x === y) continue
    const rank = rankOf(x, prerelease) - rankOf(y, prerelease)
    if (rank !== 0) return rank
    if (/^\d/.test(x!)) {
      const numbers = compareNumbers(x!, y!)
      if (numbers !== 0) return numbers
    } else if (x! !== y!) return x! < y! ? -1 : 1
  }
  return 0
}

function parts(version: string): string[] {
  return version.match(/\d+|[A-Za-z]+|~/g) ?? []
}

/** Lowest first: `~`, pre-release, the end, a word, a number. */
function rankOf(part: string | undefined, prerelease: boolean): number {
  if (part === undefined) return 2
  if (part === '~') return 0
  if (/^\d/.test(part)) return 4
  return prerelease && /^(alpha|a|beta|b|pre|rc|dev)$/i.test(part) ? 1 : 3
}

/** Digits of any length. */
function compareNumbers(a: string, b: string): number {
  const x = a.replace(/^0+(?=\d)/, '')
  const y = b.replace(/^0+(?=\d)/, '')
  if (x.length !== y.length) return x.length - y.length
  return x < y ? -1 : x > y ? 1 : 0
}
