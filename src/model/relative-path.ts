/** The way from one file of the output tree to another. */
export function relativePath(from: string, to: string): string {
  const fromParts = from.split('/').slice(0, -1)
  const toParts = to.split('/')
  let shared = 0
  while (shared < fromParts.length && fromParts[shared] === toParts[shared]) shared++
  return [...fromParts.slice(shared).map(() => '..'), ...toParts.slice(shared)].join('/')
}
