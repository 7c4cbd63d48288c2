/** The preflight of what an entry boots. */
import type { CheckedBoot } from '../links/preflight-boots.js'
import { machines } from './machines.js'
import type { Variant } from './variants.js'

export class BootIndex {
  readonly #byLabel = new Map<string, CheckedBoot>()

  constructor(boots: readonly CheckedBoot[]) {
    for (const checked of boots) {
      const { from, label } = checked.boot
      if (label !== undefined) this.#byLabel.set(`${from}\n${label}`, checked)
    }
  }

  /**
   * @param path of the script
   * @param name of the entry, which is the label of its lines; files that differ by processor have `NAME-PROCESSOR`
   */
  find(path: string, name: string, { machines: set, args }: Variant): CheckedBoot | undefined {
    // without arguments no kernel is started
    if (args === undefined) return undefined
    const processors = machines.flatMap(({ processor }, index) =>
      (set & (1 << index)) === 0 ? [] : processor,
    )
    const labels = [...new Set(processors)].map((processor) => `${name}-${processor}`)
    for (const label of [name, ...labels]) {
      const found = this.#byLabel.get(`${path}\n${label}`)
      if (found) return found
    }
    return undefined
  }
}
