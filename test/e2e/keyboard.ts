import { pause } from './processes.js'

/** What a terminal sends for a key. */
export const KEYS = {
  up: '\u001B[A',
  down: '\u001B[B',
  enter: '\r',
  controlU: '\u0015',
  end: '\u0005',
} as const

/** One key sequence at a time, slowly: firmware polls a UART with a few bytes of buffer. */
export class Keyboard {
  readonly #write: (bytes: string) => void

  constructor(write: (bytes: string) => void) {
    this.#write = write
  }

  async press(key: keyof typeof KEYS): Promise<void> {
    this.#write(KEYS[key])
    await pause(50)
  }

  async type(text: string): Promise<void> {
    for (const character of text) {
      this.#write(character)
      await pause(60)
    }
  }
}
