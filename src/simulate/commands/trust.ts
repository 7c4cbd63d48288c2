/** Sums, signatures and certificates of images (`digest_cmd.c`, `image_trust_cmd.c`, `image_crypt_cmd.c`, `cert_cmd.c`). */
import { encodeHex } from '../formats.js'
import { probe } from '../images.js'
import type { Command } from '../run.js'
import { acquire } from './images.js'
import { namedSetting } from './settings.js'

/** `md5sum` and the others: the digest itself is the host's business, and nothing asks for it but the user's eyes. */
const digest: Command = function* (run, args) {
  const target = args.options.get('set')
  const named = target === undefined ? undefined : namedSetting(run, target, true)
  if (typeof named === 'number') return named
  for (const text of args.words) {
    const image = yield* acquire(run, text, { options: new Map(), numbers: new Map() })
    if (typeof image === 'number') return image
    const sum = run.digest(args.name.replace(/sum$/, ''), image)
    if (named) {
      const error = run.settings.store(
        { ...named, setting: { ...named.setting, type: named.setting.type ?? 'hex' } },
        sum,
      )
      if (error) {
        const status = run.failWith(error)
        run.print(`Could not store "${named.setting.name}": ${run.errorText(status)}\n`)
        return status
      }
    } else run.print(`${encodeHex(sum, '')}  ${image.name}\n`)
  }
  return 0
}

export const trustCommands: Readonly<Record<string, Command>> = {
  *imgverify(run, args) {
    const [first, second] = args.words
    const image = yield* acquire(run, first!, args)
    if (typeof image === 'number') return image
    const signature = yield* acquire(run, second!, args)
    if (typeof signature === 'number') return signature
    run.assume(`signatures are not checked: that of ${image.name} is taken to be right`)
    image.trusted = true
    if (!args.options.has('keep')) run.unregister(signature)
    return 0
  },
  *imgdecrypt(run, args) {
    const [first, second] = args.words
    const image = yield* acquire(run, first!, args)
    if (typeof image === 'number') return image
    const envelope = yield* acquire(run, second!, args)
    if (typeof envelope === 'number') return envelope
    run.assume(`images are not decrypted: what is in ${image.name} is taken to be what the script wants`)
    if (!args.options.has('keep')) run.unregister(envelope)
    image.name = args.options.get('name') ?? image.name
    image.assumed = true
    image.size = undefined
    image.format = undefined
    image.format = probe(image, run.machine.platform)
    return 0
  },
  imgtrust(run, { options }) {
    const required = !options.has('allow')
    const { trust } = run
    if (!trust.permanent) {
      trust.required = required
      trust.permanent = options.has('permanent')
    }
    if (trust.required === required) return 0
    const status = run.fail('EACCES', 'image', 2)
    run.print(`Could not set image trust requirement: ${run.errorText(status)}\n`)
    return status
  },
  *certstore(run, args) {
    const text = args.words[0]
    run.assume('certificates are not simulated: none is stored')
    if (text === undefined) return 0
    const image = yield* acquire(run, text, args)
    return typeof image === 'number' ? image : 0
  },
  md4sum: digest,
  md5sum: digest,
  sha1sum: digest,
  sha224sum: digest,
  sha256sum: digest,
  sha384sum: digest,
  sha512sum: digest,
}
