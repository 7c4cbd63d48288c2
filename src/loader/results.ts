/** Compiled loaders by what they follow from: the same inputs are never compiled twice. */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** `<folder>/<key>`: the file, with its sha256 in front so that a damaged one is noticed. */
export class ResultStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Undefined: not there, or damaged. */
  async get(key: string): Promise<Uint8Array | undefined> {
    const file = await readFile(join(this.#folder, key)).catch(() => undefined)
    if (file === undefined || file.length < 64) return undefined
    const bytes = file.subarray(64)
    return file.toString('latin1', 0, 64) === sha256(bytes) ? bytes : undefined
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    const temporary = join(this.#folder, `.${randomUUID()}`)
    try {
      await writeFile(temporary, Buffer.concat([Buffer.from(sha256(bytes), 'latin1'), bytes]))
      await rename(temporary, join(this.#folder, key))
    } finally {
      await rm(temporary, { force: true })
    }
  }
}
