/** What is known of the files that a menu makes a machine fetch. */
import { decodeText } from '../syntax/bytes.js'
import type { Fetch } from './follow.js'
import { treePath } from './links.js'

export interface FileInfo {
  size: number
  sha256: string
  origin: string
  trust?: string
}

export interface FetchedFile {
  role: 'kernel' | 'initrd' | 'argument'
  url: string
  /** Tried when the one before cannot be fetched. */
  isFallback: boolean
  /** Path in the output tree when it is of this tree. */
  path: string | undefined
  info: FileInfo | undefined
  /** Name of the image, and where it goes in the initrd. */
  name: string | undefined
  note: string | undefined
}

export class FileFacts {
  readonly #files: ReadonlyMap<string, FileInfo>

  constructor(files: ReadonlyMap<string, FileInfo>) {
    this.#files = files
  }

  /** The files of one download, in the order in which they are tried. */
  ofFetch(role: 'kernel' | 'initrd', { urls, name, args, script }: Fetch): FetchedFile[] {
    return urls.map((url, index) => ({
      role,
      ...this.#find(url, script),
      isFallback: index > 0,
      name: decodeText(name),
      note: role === 'initrd' && args !== '' ? decodeText(args) : undefined,
    }))
  }

  /** Files of this tree that the arguments of a kernel name: a root file system, an answer file. */
  ofArguments(args: string, script: string): FetchedFile[] {
    return args.split(' ').flatMap((word) => {
      const url = /=(?:\w+=)?((?:[a-z]+:\/\/|\$\{).*)$/.exec(word)?.[1]
      const found = url === undefined ? undefined : this.#find(url, script)
      if (found?.info === undefined) return []
      return [{ role: 'argument' as const, ...found, isFallback: false, name: undefined, note: undefined }]
    })
  }

  #find(url: string, script: string): Pick<FetchedFile, 'url' | 'path' | 'info'> {
    const path = treePath(url, script, (candidate) => this.#files.has(candidate))
    return { url: decodeText(url), path, info: path === undefined ? undefined : this.#files.get(path) }
  }
}

/** `812.3 MiB` */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = -1
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(1)} ${units[unit]!}`
}
