/** Commands that every iPXE has (`core/exec.c`), and those of scripts. */
import { parseInteger } from '../options.js'
import { ask, type Command } from '../run.js'
import { Ended } from '../run.js'
import { readLine } from '../readline.js'
import { splitCommand } from '../script.js'

export const basicCommands: Readonly<Record<string, Command>> = {
  echo(run, { words, options }) {
    run.print(words.join(' ') + (options.has('n') ? '' : '\n'))
    return 0
  },
  exit(run, { words: [text] }) {
    const status = text === undefined ? 0 : parseInteger(run, text)
    if (status === undefined) return run.fail('EINVAL', 'parseopt', 1)
    run.stopScript()
    return status
  },
  isset(run, { words: [text] }) {
    return text ? 0 : run.fail('ENOENT', 'exec')
  },
  iseq(run, { words: [a, b] }) {
    return a === b ? 0 : run.fail('ERANGE', 'exec')
  },
  *sleep(run, { words: [text] }) {
    const seconds = parseInteger(run, text!)
    if (seconds === undefined) return run.fail('EINVAL', 'parseopt', 1)
    run.pass(seconds * 1000)
    yield* ask({ type: 'wait', time: seconds * 1000 })
    return 0
  },
  goto(run, { words: [label] }) {
    if (!run.isInScript()) {
      const status = run.fail('ENOTTY', 'script')
      run.print(`Not in a script: ${run.errorText(status)}\n`)
      return status
    }
    if (run.jump(label!)) return 0
    return run.fail(run.unfinished ? 'EINVAL' : 'ENOENT', 'script')
  },
  *prompt(run, { words, numbers }) {
    const text = words.join(' ')
    run.print(text)
    const timeout = numbers.get('timeout') ?? 0
    const key = yield* ask({ type: 'key', for: 'prompt', timeout, text, script: run.place })
    if (key === 'none') {
      if (timeout === 0) throw new Ended({ kind: 'waiting', for: 'key', what: text })
      run.pass(timeout)
    }
    run.print('\b \b'.repeat(text.length))
    if (key === 'none') return run.fail('ETIMEDOUT', 'prompt')
    const wanted = numbers.get('key') ?? 0
    return wanted && wanted !== key ? run.fail('ECANCELED', 'prompt') : 0
  },
  *shell(run) {
    for (;;) {
      const line = yield* readLine(run, { for: 'shell', name: 'iPXE> ', value: '', timeout: 0 })
      if (typeof line === 'number') continue
      const status = yield* run.line(splitCommand(line))
      if (run.takeExit()) return status
    }
  },
  help(run) {
    run.print('\nAvailable commands:\n\n')
    run.print(`${run.commandNames().join(' ')}\n`)
    run.print('\nType "<command> --help" for further information\n\n')
    return 0
  },
}
