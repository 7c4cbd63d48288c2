/** A host whose network is an output tree, and whose keyboard is a list of answers. Answers at once. */
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import { decodeText, encodeText } from '../syntax/bytes.js'
import { defaultServer } from './machine.js'
import type { FetchAnswer, FetchRequest, Host, KeyAnswer, LineAnswer, MenuAnswer } from './types.js'
import { parseUri } from './uri.js'

export interface SimulatedFile {
  /** the beginning at least; all of it for scripts */
  readonly data: Uint8Array
  readonly size?: number
}

export type FileLookup = (path: string) => SimulatedFile | undefined

export interface TreeHostOptions {
  /** by path in the tree, without a leading slash */
  readonly files: FileLookup
  /** where the tree is served; default {@link treeBase} */
  readonly base?: string
  /** other addresses: `offline` nobody answers, `assume` they are taken to be there */
  readonly others?: 'offline' | 'assume'
  /** other addresses that are answered, by prefix */
  readonly answers?: Answers
}

export const treeBase = `http://${defaultServer}:8080/`

/** What somebody does, in order. A text picks an entry of a menu, or is typed into a line. */
export type Answer =
  | string
  | { readonly pick: string }
  | { readonly line: string }
  /** one key: a character, or a code */
  | { readonly key: string | number }
  /** Esc, Ctrl-C */
  | { readonly cancel: true }
  /** nobody does anything: the timeout decides */
  | { readonly wait: true }

export class Answers {
  private readonly left: Answer[]

  private readonly atEnd: 'wait' | 'stop'

  /** @param atEnd when there are no more answers: nobody does anything, or the run ends at the next menu */
  constructor(list: readonly Answer[], atEnd: 'wait' | 'stop' = 'wait') {
    this.left = [...list]
    this.atEnd = atEnd
  }

  get unused(): readonly Answer[] {
    return this.left
  }

  menu(title: string): MenuAnswer {
    const answer = this.left.shift()
    if (answer === undefined) return this.atEnd === 'stop' ? { stop: true } : { wait: true }
    if (typeof answer === 'string') return { pick: encodeText(answer) }
    if ('pick' in answer) return { pick: encodeText(answer.pick) }
    if ('cancel' in answer || 'wait' in answer) return answer
    throw mismatch(`the menu "${visible(decodeText(title))}"`, answer)
  }

  line(name: string): LineAnswer {
    const answer = this.left.shift()
    if (answer === undefined) return { wait: true }
    if (typeof answer === 'string') return { line: encodeText(answer) }
    if ('line' in answer) return { line: encodeText(answer.line) }
    if ('cancel' in answer || 'wait' in answer) return answer
    throw mismatch(`the input of ${visible(decodeText(name))}`, answer)
  }

  /** A key is only taken from an answer that is one: `--choose` may pass prompts by. */
  key(): KeyAnswer {
    const [answer] = this.left
    if (typeof answer !== 'object') return 'none'
    if ('wait' in answer) {
      this.left.shift()
      return 'none'
    }
    if ('cancel' in answer) {
      this.left.shift()
      return 3
    }
    if (!('key' in answer)) return 'none'
    this.left.shift()
    return typeof answer.key === 'number' ? answer.key : encodeText(answer.key).charCodeAt(0) || 13
  }
}

function mismatch(asked: string, answer: Answer): IpxetoolError {
  return new IpxetoolError('wrong-answer', `${asked} comes when the answer is ${JSON.stringify(answer)}`, {
    hint: 'the answers must be in the order in which the script asks',
  })
}

export function treeHost({
  files,
  base = treeBase,
  others = 'assume',
  answers = new Answers([]),
}: TreeHostOptions): Host {
  const root = parseUri(base).uri
  return {
    fetch: (request) => fromTree(request, files, root) ?? (others === 'assume' ? assumed : offline(request)),
    menu: ({ title }) => answers.menu(title),
    line: ({ name }) => answers.line(name),
    key: () => answers.key(),
    dhcp: () => undefined,
    resolve: () => undefined,
  }
}

const assumed: FetchAnswer = { data: new Uint8Array(), assumed: true }

function offline({ uri }: FetchRequest): FetchAnswer {
  return {
    error: 'unreachable',
    reason: `${decodeText(uri)} is not in the tree, and there is no other network (offline)`,
  }
}

/** Undefined for what other servers have. */
export function fromTree(
  { uri: text }: Pick<FetchRequest, 'uri'>,
  files: FileLookup,
  root: ReturnType<typeof parseUri>['uri'],
): FetchAnswer | undefined {
  const { uri } = parseUri(text)
  if (uri.host !== root.host) return undefined
  const tftp = uri.scheme === 'tftp'
  // another port of the same host is another server
  if (!tftp && (uri.scheme !== root.scheme || uri.port !== root.port)) return undefined
  const folder = tftp ? '/' : (root.path ?? '/')
  const path = uri.path ?? '/'
  if (!path.startsWith(folder))
    return { error: 'not-found', reason: `${decodeText(path)} is outside of the tree` }
  const inTree = decodeText(path.slice(folder.length).replace(/^\/+/, ''))
  const file = files(inTree)
  return file ?? { error: 'not-found', reason: `there is no ${inTree} in the tree` }
}
