import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareSource, type PreparedSource } from '../../../src/loader/source/index.js'
import { isIpxetoolError } from '../../../src/diagnostics/error.js'
import { makeStandIn } from '../stand-in.js'

const isError = (code: string, text: RegExp) => (error: unknown) => {
  assert.ok(isIpxetoolError(error), String(error))
  assert.equal(error.code, code)
  assert.match(error.message, text)
  assert.ok(error.hint !== undefined && error.hint !== '')
  return true
}

/** Nothing of the user's git, and a clock that does not run. */
const gitEnv = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.org',
  GIT_AUTHOR_DATE: '1780000000 +0000',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.org',
  GIT_COMMITTER_DATE: '1780000000 +0000',
}

describe('source by git', function () {
  this.timeout(60_000)
  let folder: string
  let bare: string
  let first: string
  let second: string
  let notes: string[]

  const git = (...args: string[]): string =>
    execFileSync('git', args, { env: gitEnv, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()

  beforeEach(() => {
    notes = []
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-git-'))
    const work = makeStandIn(join(folder, 'work'))
    bare = join(folder, 'a bare one.git')
    const at = (...args: string[]): string => git('-C', work, ...args)
    git('init', '--quiet', '--initial-branch=master', work)
    at('add', '--all')
    at('commit', '--quiet', '--message=one')
    at('tag', 'v2.0.0')
    first = at('rev-parse', 'HEAD')
    writeFileSync(join(work, 'src/core/second.c'), 'int second;\n')
    at('add', '--all')
    at('commit', '--quiet', '--message=two')
    second = at('rev-parse', 'HEAD')
    git('clone', '--quiet', '--bare', work, bare)
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const prepare = (ref?: string, source = bare): Promise<PreparedSource> =>
    prepareSource(
      { source, ref, cwd: folder },
      { cache: join(folder, 'cache'), env: process.env, onNote: (text) => notes.push(text) },
    )
  async function unpacked(source: PreparedSource): Promise<string> {
    const target = join(folder, 'unpacked')
    mkdirSync(target)
    await source.unpack(target)
    return target
  }

  it('takes what the repository has as HEAD', async () => {
    const source = await prepare()
    assert.deepEqual(source.identity, {
      id: `git:${second}`,
      version: '2.0.0+',
      commit: second,
      time: 1_780_000_000,
    })
    const tree = await unpacked(source)
    assert.ok(existsSync(join(tree, 'src/core/second.c')))
    assert.ok(existsSync(join(tree, 'src/Makefile')))
    assert.ok(!existsSync(join(tree, '.git')))
  })

  it('takes a pinned commit, and needs the repository only once', async () => {
    const tree = await unpacked(await prepare(first, `file://${bare}`))
    assert.ok(!existsSync(join(tree, 'src/core/second.c')))
    assert.equal(notes.length, 1)
    rmSync(bare, { recursive: true })
    const again = await prepare(first, `file://${bare}`)
    assert.equal(again.identity.commit, first)
    assert.equal(notes.length, 1, 'nothing was fetched')
  })

  for (const [what, ref] of [
    ['branch', 'master'],
    ['tag', 'v2.0.0'],
    ['short commit', ''],
  ] as const) {
    it(`takes a ${what}`, async () => {
      const source = await prepare(ref === '' ? first.slice(0, 10) : ref)
      assert.equal(source.identity.commit, what === 'branch' ? second : first)
    })
  }

  it('follows a branch that has moved', async () => {
    await prepare('master')
    git('-C', bare, 'update-ref', 'refs/heads/master', first)
    assert.equal((await prepare('master')).identity.commit, first)
  })

  it('refuses a branch or commit that is not there', async () => {
    await assert.rejects(prepare('no-such-branch'), isError('unknown-ref', /no-such-branch/))
    await assert.rejects(prepare('0123456789'.repeat(4)), isError('unknown-ref', /no such commit/))
    await assert.rejects(prepare('deadbeef'), isError('unknown-ref', /no such commit/))
    await assert.rejects(prepare('--upload-pack=touch x'), isError('unknown-ref', /begins with -/))
  })

  it('refuses a repository that cannot be reached, or is of something else', async () => {
    const gone = `file://${join(folder, 'gone.git')}`
    await assert.rejects(prepare(undefined, gone), isError('source-unreachable', /gone\.git/))
    const other = join(folder, 'other')
    git('init', '--quiet', '--initial-branch=master', other)
    git('-C', other, 'commit', '--quiet', '--allow-empty', '--message=nothing')
    await assert.rejects(prepare(undefined, `file://${other}`), isError('not-ipxe', /no src\/Makefile/))
  })

  it('wants no --ref where there is no history', async () => {
    makeStandIn(join(folder, 'plain'))
    await assert.rejects(prepare('master', 'plain'), isError('bad-ref', /plain has none/))
    const { identity } = await prepare(undefined, 'plain')
    assert.equal(identity.commit, undefined)
    assert.equal(identity.time, 1_700_000_000, 'of the newest file')
    assert.match(identity.id, /^sha256:[0-9a-f]{64}$/)
  })

  it('reads the commit of a clone, and takes its files as they are', async () => {
    const work = join(folder, 'work')
    writeFileSync(join(work, 'src/core/mine.c'), 'int mine;\n')
    const source = await prepare(undefined, 'work')
    assert.equal(source.identity.commit, second)
    assert.equal(source.identity.time, 1_780_000_000)
    const tree = await unpacked(source)
    assert.equal(readFileSync(join(tree, 'src/core/mine.c'), 'utf8'), 'int mine;\n')
    // a ref asks for what was committed
    const committed = await prepare('v2.0.0', 'work')
    assert.equal(committed.identity.id, `git:${first}`)
  })

  it('reads the commit of an archive that git has made', async () => {
    const archive = join(folder, 'ipxe.tar.gz')
    git('-C', bare, 'archive', '--prefix=ipxe-2/', `--output=${archive}`, 'master')
    const source = await prepare(undefined, archive)
    assert.equal(source.identity.commit, second)
    assert.ok(existsSync(join(await unpacked(source), 'src/core/second.c')))
    await assert.rejects(prepare('master', archive), isError('bad-ref', /needs a source with history/))
  })

  it('does not work on the repository of a git that calls it', async () => {
    const other = join(folder, 'caller')
    git('init', '--quiet', other)
    const source = await prepareSource(
      { source: bare, ref: first, cwd: folder },
      { cache: join(folder, 'cache'), env: { ...process.env, GIT_DIR: join(other, '.git') } },
    )
    assert.ok(existsSync(join(await unpacked(source), 'src/Makefile')))
    assert.deepEqual(readdirSync(join(other, '.git/refs/heads')), [])
  })
})
