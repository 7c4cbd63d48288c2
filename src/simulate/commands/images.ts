/** Downloads and images (`usr/imgmgmt.c`, `hci/commands/image_cmd.c`, `image_set_cmd.c`, `digest_cmd.c`). */
import { findUriScheme } from '../../data/lookup.js'
import { bytesToText, textToBytes } from '../../syntax/bytes.js'
import { decodeBase64, FormatError } from '../formats.js'
import { executable, type Image } from '../images.js'
import type { Arguments } from '../options.js'
import { ask, type Command, type Run, type Steps } from '../run.js'
import type { FetchAnswer, FetchError } from '../types.js'
import { decodeUri, encodeUri, formatUri, parseUri, resolveUri, uriName, without, type Uri } from '../uri.js'
import { namedSetting } from './settings.js'

/** Whether this iPXE can download by a scheme. */
function knowsScheme({ machine }: Run, scheme: string): boolean {
  const spec = findUriScheme(scheme)
  if (machine.without?.has(scheme)) return false
  if (machine.with?.has(scheme)) return true
  return (
    spec !== undefined &&
    spec.uses.includes('download') &&
    spec.defaultByPlatform?.[machine.platform] !== false
  )
}

/** What a failed download is to iPXE. */
function fetchStatus(run: Run, error: FetchError): number {
  switch (error) {
    case 'not-found':
      return run.fail('ENOENT', 'httpcore', 1)
    case 'forbidden':
      return run.fail('EPERM', 'httpcore', 1)
    case 'status':
      return run.fail('EIO', 'httpcore', 5)
    case 'unreachable':
      return run.fail('ENETUNREACH', 'ipv4')
    case 'refused':
      return run.fail('ECONNREFUSED', 'unknown')
    case 'reset':
      return run.fail('ECONNRESET', 'unknown')
    case 'timeout':
      return run.fail('ETIMEDOUT', 'unknown')
    case 'unsupported':
      return run.fail('ENOTSUP', 'open')
  }
}

/** Always downloads (`imgdownload_string`). */
export function* download(
  run: Run,
  text: string,
  args: Pick<Arguments, 'options' | 'numbers'>,
): Steps<Image | number> {
  const { uri: written, params: list } = parseUri(text)
  const params = list === undefined ? undefined : run.params.get(list)
  // used once, whether the download works or not
  if (list !== undefined) run.params.delete(list)
  const uri = resolveUri(run.cwuri, written)
  const shown = without(written, 'user', 'password', 'query', 'fragment')
  const quiet = args.options.has('quiet')
  const begin = () => {
    if (!quiet) run.print(`${formatUri(shown, run.signedChars)}...`)
  }
  const end = (status: number) => {
    if (!quiet) run.print(status ? ` ${run.errorText(status)}\n` : ' ok\n')
    return status
  }
  let answer: FetchAnswer
  if (uri.scheme?.toLowerCase() === 'data') {
    begin()
    const data = dataOf(uri)
    if (data === undefined) return end(run.fail('EINVAL', 'base64'))
    answer = { data: textToBytes(data) }
  } else {
    if (uri.scheme === undefined || !knowsScheme(run, uri.scheme.toLowerCase())) {
      const status = run.fail('ENOTSUP', 'open')
      run.print(`Could not start download: ${run.errorText(status)}\n`)
      return status
    }
    begin()
    const address = formatUri(without(uri, 'fragment'), run.signedChars)
    const form = params?.entries.filter(({ header }) => !header) ?? []
    const body = form
      .map(
        ({ key, value }) =>
          `${encodeUri(key, 'component', run.signedChars)}=${encodeUri(value, 'component', run.signedChars)}`,
      )
      .join('&')
    const method = params?.method ?? (form.length ? 'POST' : 'GET')
    answer = !run.online
      ? {
          error: 'unreachable',
          reason: 'no interface has an address: `dhcp` (or `ifopen` and `set net0/ip …`) comes first',
        }
      : yield* ask({
          type: 'fetch',
          uri: address,
          method: method === 'POST' || method === 'HEAD' ? method : 'GET',
          headers:
            params?.entries.filter(({ header }) => header).map(({ key, value }) => [key, value] as const) ??
            [],
          body: form.length ? body : undefined,
          timeout: args.numbers.get('timeout') ?? 0,
        })
    const ok = !('error' in answer)
    run.fetched.push({
      uri: address,
      ok,
      size: 'error' in answer ? undefined : answer.assumed ? undefined : (answer.size ?? answer.data.length),
      reason: 'error' in answer ? answer.reason : undefined,
    })
  }
  if ('error' in answer) return end(fetchStatus(run, answer.error))
  end(0)
  const name = args.options.get('name') ?? uriName(uri)
  const image: Image = {
    name: name ?? `img${run.imageCount++}`,
    uri,
    data: answer.data,
    size: answer.assumed ? undefined : (answer.size ?? answer.data.length),
    assumed: answer.assumed ?? false,
    format: undefined,
    cmdline: undefined,
    autofree: false,
    trusted: false,
    replacement: undefined,
  }
  run.register(image)
  return image
}

/** `data:[type][;base64],…` (`core/datauri.c`). */
function dataOf({ opaque = '' }: Uri): string | undefined {
  const comma = opaque.indexOf(',')
  if (comma < 0) return undefined
  const content = opaque.slice(comma + 1)
  if (!opaque.slice(0, comma).endsWith(';base64')) return decodeUri(content)
  const raw = decodeBase64(content)
  return raw instanceof FormatError ? undefined : raw
}

/** A registered image of that very name, or a download (`imgacquire`). */
export function* acquire(
  run: Run,
  text: string,
  args: Pick<Arguments, 'options' | 'numbers'>,
): Steps<Image | number> {
  const known = run.findImage(text)
  return known ?? (yield* download(run, text, args))
}

interface Kind {
  readonly always?: boolean
  readonly verb?: string
  readonly clears?: boolean
  readonly action?: (run: Run, image: Image, args: Arguments) => number | Steps<number>
}

/** `imgsingle_exec`: what the image commands have in common. */
function single({ always, verb, clears, action }: Kind): Command {
  return function* (run, args) {
    const [text, ...words] = args.words
    let image: Image
    if (text === undefined) {
      if (!run.selected || !run.images.includes(run.selected)) {
        run.print('No image selected\n')
        return 0
      }
      image = run.selected
    } else {
      const found = yield* always ? download(run, text, args) : acquire(run, text, args)
      if (typeof found === 'number') return found
      image = found
    }
    if (clears) image.cmdline = undefined
    const name = args.options.get('name')
    if (name !== undefined) image.name = name
    if (words.length) image.cmdline = words.join(' ')
    if (args.options.has('autofree')) image.autofree = true
    if (!action) return 0
    const result = action(run, image, args)
    const status = typeof result === 'number' ? result : yield* result
    if (status) run.print(`Could not ${verb}: ${run.errorText(status)}\n`)
    return status
  }
}

const fetchImage = single({ always: true })
const select = single({
  verb: 'select',
  action(run, image) {
    if (!executable(image)) return run.fail('ENOEXEC', 'image')
    run.selected = image
    return 0
  },
})
const execute = single({
  verb: 'boot',
  action(run, image, { options }) {
    if (!options.has('replace')) return run.exec(image)
    if (!run.current) return run.fail('ENOTTY', 'image')
    if (!executable(image)) return run.fail('ENOEXEC', 'image')
    run.current.replacement = image
    run.stopScript()
    return 0
  },
})

function several(payload: (run: Run, image: Image) => void): Command {
  return (run, { words }) => {
    if (!words.length) {
      for (const image of [...run.images]) payload(run, image)
      return 0
    }
    for (const name of words) {
      const image = run.findImage(name)
      if (!image) {
        run.print(`"${name}": no such image\n`)
        return run.fail('ENOENT', 'imageCommand')
      }
      payload(run, image)
    }
    return 0
  }
}

/** The name in brackets that `imgstat` prints. */
function described(run: Run, image: Image): string {
  const type = image.format === 'none' || image.format === undefined ? '' : ` [${image.format}]`
  const selected = image === run.selected ? ' [SELECTED]' : ''
  const auto = image.autofree ? ' [AUTOFREE]' : ''
  const cmdline = image.cmdline === undefined ? '' : ` "${image.cmdline}"`
  return `${image.name} : ${image.size ?? '?'} bytes${type}${selected}${auto}${cmdline}\n`
}

export const imageCommands: Readonly<Record<string, Command>> = {
  imgfetch: fetchImage,
  module: fetchImage,
  initrd: fetchImage,
  imgselect: select,
  imgload: select,
  kernel: select,
  imgexec: execute,
  chain: execute,
  boot: execute,
  imgargs: single({ clears: true }),
  imgstat: several((run, image) => {
    run.print(described(run, image))
  }),
  imgfree: several((run, image) => {
    run.unregister(image)
  }),
  *imgset(run, args) {
    const [name, text] = args.words
    const named = namedSetting(run, name!, true)
    if (typeof named === 'number') return named
    const image = yield* acquire(run, text!, args)
    if (typeof image === 'number') return image
    const error = run.settings.store(named, bytesToText(image.data))
    if (!args.options.has('keep')) run.unregister(image)
    if (!error) return 0
    const status = run.failWith(error)
    run.print(`Could not store "${named.setting.name}": ${run.errorText(status)}\n`)
    return status
  },
  *imgextract(run, args) {
    const image = yield* acquire(run, args.words[0]!, args)
    if (typeof image === 'number') return image
    if (!image.assumed && image.format !== 'gzip') {
      const status = run.fail('ENOTSUP', 'image')
      run.print(`Could not extract: ${run.errorText(status)}\n`)
      return status
    }
    run.assume(`${image.name} is not unpacked: what is in it is taken to be what the script wants`)
    const name = args.options.get('name') ?? image.name.replace(/\.[^.]*$/, '')
    run.register({
      ...image,
      name,
      format: undefined,
      assumed: true,
      size: undefined,
      replacement: undefined,
    })
    if (!args.options.has('keep')) run.unregister(image)
    return 0
  },
  *shim(run, args) {
    return yield* hidden(run, args)
  },
  *fdt(run, args) {
    return yield* hidden(run, args)
  },
}

/** An image that is no initrd. */
function* hidden(run: Run, args: Arguments): Steps<number> {
  const text = args.words[0]
  if (text === undefined) return 0
  const image = yield* acquire(run, text, args)
  if (typeof image === 'number') return image
  run.unregister(image)
  return 0
}
