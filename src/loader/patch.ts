/** Exchanges the embedded script of an EFI loader without make. */

/**
 * A copy of the image with another script, read back and compared.
 *
 * @param image an EFI loader that was linked with a slot
 * @param script as `prepareEmbed` returns it
 * @throws IpxetoolError when the image has no slot or more than one, is signed, or the script does not fit
 */
export function patchEmbed(image: Uint8Array, script: Uint8Array): Uint8Array {
  throw new TypeError(`not written yet: ${image.length} ${script.length}`)
}
