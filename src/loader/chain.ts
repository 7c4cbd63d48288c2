/** Fills in the head of the shipped embed/chain.ipxe. */

export interface ChainSettings {
  /** DHCP options that name the target, in order: `224`, `175.201`. */
  readonly options?: readonly string[] | undefined
  /** Boot files that are this loader, never chained to. */
  readonly ownNames?: readonly string[] | undefined
  /** Run only what is signed. */
  readonly verify?: boolean | undefined
}

/**
 * The script with its declared lines (`set option-N`, `set own-N`, `clear signed`) rewritten; what is undefined stays.
 *
 * @throws IpxetoolError `bad-chain-option` (exit code 2) or `not-the-chain-script`
 */
export function configureChain(script: Uint8Array, settings: ChainSettings): Uint8Array {
  throw new TypeError(`not written yet: ${script.length} ${settings.verify}`)
}
