/** Exchanges the embedded script of an EFI loader without make. */
import { IpxetoolError } from '../diagnostics/error.js'
import { inspectLoader } from './inspect.js'
import { parsePe } from './pe.js'
import { fillSlot, findSlot, slotWord } from './slot.js'
import { bytesToText } from '../syntax/bytes.js'

/**
 * A copy of the image with another script, read back and compared.
 *
 * @param image an EFI loader that was linked with a slot
 * @param script as `prepareEmbed` returns it
 * @throws IpxetoolError `not-patchable`, `signed-loader`, `bad-slot`, `bad-script`, `script-too-long`
 */
export function patchEmbed(image: Uint8Array, script: Uint8Array): Uint8Array {
  const pe = parsePe(image)
  if (!pe) throw notPatchable(image)
  if (pe.signed) {
    throw new IpxetoolError(
      'signed-loader',
      'the loader is signed, and the signature covers the embedded script',
      {
        hint: 'Patch an unsigned loader and sign the result, or put the script beside it as autoexec.ipxe.',
      },
    )
  }
  const slot = findSlot(image)
  if (!slot) {
    throw new IpxetoolError('not-patchable', 'the loader has no slot for a script', {
      hint: 'Compile it with ipxetool compile --embed.',
    })
  }
  checkScript(script)
  const patched = Uint8Array.from(image)
  patched.set(fillSlot(script, slot.size), slot.offset)
  const back = findSlot(patched)
  const same = back?.offset === slot.offset && back.size === slot.size && equal(back.script, script)
  if (!same) throw new TypeError('the patched script does not read back')
  return patched
}

function checkScript(script: Uint8Array): void {
  const text = bytesToText(script)
  const wrong = !/^#!(?:ipxe|gpxe)\s/.test(text)
    ? 'it does not begin with #!ipxe'
    : text.includes('\0')
      ? 'it holds a NUL byte'
      : text.includes(slotWord)
        ? `it holds the word ${slotWord}, by which the slot is found`
        : !text.endsWith('\n')
          ? 'its last line has no end'
          : undefined
  if (wrong !== undefined) throw new IpxetoolError('bad-script', `the script cannot be embedded: ${wrong}`)
}

function notPatchable(image: Uint8Array): IpxetoolError {
  const { kind } = inspectLoader(image)
  const bios = kind === 'nbp' || kind === 'lkrn' || kind === 'disk' || kind === 'rom'
  return new IpxetoolError(
    'not-patchable',
    bios
      ? 'a BIOS loader is compressed, so the script in it cannot be exchanged'
      : 'this is no EFI loader, so no script in it can be exchanged',
    { hint: bios ? 'Compile it again: only the linking is done anew.' : 'Only .efi files can be patched.' },
  )
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
