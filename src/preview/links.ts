/** From a URL in a script to a file of the output tree. */

/**
 * The path below the tree that a URL in a script leads to, if `has` knows it. A URL on a host that only the machine
 * knows (`http://${next-server}/…`) is taken for this tree's own server; one on a named host is not.
 *
 * @param url settings expanded as far as known
 * @param script path of the script that says it
 */
export function treePath(url: string, script: string, has: (path: string) => boolean): string | undefined {
  const plain = url.replace(/[?#].*$/s, '')
  if (plain === '') return undefined
  const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/]*)\/(.*)$/s.exec(plain)
  if (absolute) return absolute[1]!.includes('$') ? withoutPrefix(absolute[2]!, has) : undefined
  const open = /^\$\{[^}]*\}\/*(.*)$/s.exec(plain)
  if (open) return withoutPrefix(open[1]!, has)
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(plain)) return undefined
  const from = plain.startsWith('/') ? [] : script.split('/').slice(0, -1)
  const path = normalize([...from, ...plain.split('/')])
  return path !== undefined && has(path) ? path : undefined
}

/** The server may publish the tree in a folder: try the path without its first parts too. */
function withoutPrefix(path: string, has: (path: string) => boolean): string | undefined {
  const parts = path.split('/')
  for (let start = 0; start < Math.min(parts.length, 8); start++) {
    const candidate = normalize(parts.slice(start))
    if (candidate !== undefined && has(candidate)) return candidate
  }
  return undefined
}

function normalize(parts: readonly string[]): string | undefined {
  const result: string[] = []
  for (const part of parts) {
    if (part === '' || part === '.') continue
    if (part !== '..') result.push(decoded(part))
    else if (result.pop() === undefined) return undefined
  }
  return result.length === 0 ? undefined : result.join('/')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** What iPXE calls an image without a name of its own: the last part of its URL (`core/image.c`). */
export function imageName(url: string): string {
  return url
    .replace(/[?#].*$/s, '')
    .split('/')
    .at(-1)!
}
