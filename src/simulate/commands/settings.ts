/** `set`, `clear`, `read`, `inc`, `show` and `login` (`hci/commands/nvo_cmd.c`). */
import { FormatError } from '../formats.js'
import { parseInteger } from '../options.js'
import { readLine } from '../readline.js'
import type { Command, Run, Steps } from '../run.js'
import type { NamedSetting } from '../settings.js'

/** Prints the complaint; a status when there is no such scope or type. */
export function namedSetting(run: Run, text: string, create: boolean): NamedSetting | number {
  const named = run.settings.parseName(text, create)
  if (!(named instanceof FormatError)) return named
  run.print(`"${text}": invalid setting\n`)
  return run.failWith(named)
}

export function storeText(run: Run, named: NamedSetting, text: string | undefined): number {
  return stored(run, named, run.settings.storeText(named, text))
}

function stored(run: Run, named: NamedSetting, error: FormatError | undefined): number {
  if (!error) return 0
  const status = run.failWith(error)
  run.print(`Could not store "${named.setting.name}": ${run.errorText(status)}\n`)
  return status
}

export const settingCommands: Readonly<Record<string, Command>> = {
  set(run, { words: [name, ...values] }) {
    const named = namedSetting(run, name!, true)
    return typeof named === 'number' ? named : storeText(run, named, values.join(' '))
  },
  clear(run, { words: [name] }) {
    const named = namedSetting(run, name!, true)
    return typeof named === 'number' ? named : storeText(run, named, undefined)
  },
  inc(run, { words: [name, text] }) {
    const named = namedSetting(run, name!, false)
    if (typeof named === 'number') return named
    const by = text === undefined ? 1 : parseInteger(run, text)
    if (by === undefined) return run.fail('EINVAL', 'parseopt', 1)
    return stored(run, named, run.settings.increment(named, by))
  },
  show(run, { words: [name], options }) {
    const named = namedSetting(run, name!, false)
    if (typeof named === 'number') return named
    const value = run.settings.fetchText(named.block, named.setting)
    if (value instanceof FormatError) {
      const status = run.failWith(value)
      run.print(`Could not find "${named.setting.name}": ${run.errorText(status)}\n`)
      return status
    }
    const { origin, setting, type } = value.found
    const path = origin.path
    const full = `${path}${path ? '/' : ''}${setting.name}:${type}`
    run.print(options.has('quiet') ? `${value.text}\n` : `${full} = ${value.text}\n`)
    return 0
  },
  *read(run, { words: [name], numbers }): Steps<number> {
    const named = namedSetting(run, name!, true)
    if (typeof named === 'number') return named
    const existing = run.settings.fetchText(named.block, named.setting)
    const found = existing instanceof FormatError ? undefined : existing
    const type = named.setting.type ?? found?.found.type
    const line = yield* readLine(run, {
      for: 'read',
      name: name!,
      value: found?.text ?? '',
      timeout: numbers.get('timeout') ?? 0,
    })
    if (typeof line === 'number') return line
    return storeText(run, { ...named, setting: { ...named.setting, type } }, line)
  },
  *login(run): Steps<number> {
    for (const name of ['username', 'password']) {
      const named = namedSetting(run, name, true)
      if (typeof named === 'number') return named
      const existing = run.settings.fetchText(named.block, named.setting)
      const value = existing instanceof FormatError ? '' : existing.text
      const line = yield* readLine(run, {
        for: 'field',
        name,
        value,
        timeout: 0,
        secret: name === 'password',
      })
      if (typeof line === 'number') return line
      const status = storeText(run, named, line)
      if (status) return status
    }
    return 0
  },
}
