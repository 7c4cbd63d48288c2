/** iPXE by git, at one commit: kept in a bare repository in the cache, so that the network is needed once. */
import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { IpxetoolError } from '../../diagnostics/error.js'
import { type Finished, runProcess } from '../process.js'
import { tarEntries, unpackTar } from './tar.js'
import { noSource, versionOf } from './tree-facts.js'
import type { PreparedSource, SourceContext } from './types.js'

/** @param ref a commit, a tag or a branch; undefined: what the repository has as HEAD */
export async function gitSource(
  url: string,
  ref: string | undefined,
  context: SourceContext,
): Promise<PreparedSource> {
  if (url.startsWith('-') || ref?.startsWith('-') === true)
    throw unknownRef(ref ?? url, url, 'it begins with -')
  const { cache, signal, onNote } = context
  const repository = join(cache, 'sources', `git-${createHash('sha256').update(url).digest('hex')}`)
  const git = (...args: string[]): Promise<Finished> =>
    runProcess(
      {
        command: 'git',
        args: ['-c', 'safe.directory=*', '-c', 'gc.auto=0', '-C', repository, ...args],
        env: { ...withoutGit(context.env), GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
      },
      { signal },
    )
  await mkdir(repository, { recursive: true })
  const init = await git('init', '--bare', '--quiet')
  if (init.failure === 'ENOENT') {
    throw new IpxetoolError('no-git', 'git is not installed, and the source of iPXE is fetched by git', {
      hint: 'install git, or give --source with a folder or an archive of iPXE',
    })
  }
  const commit = await resolveCommit()
  const makefile = await git('show', `${commit}:src/Makefile`)
  if (makefile.code !== 0) throw noSource(`${url} at ${commit}`, 'there is no src/Makefile in it')
  const time = Number((await git('show', '-s', '--format=%ct', commit)).stdout.trim())
  const version = versionOf(makefile.stdout, { commit, time, name: ref })
  if (version === undefined) throw noSource(`${url} at ${commit}`, 'src/Makefile names no version')
  return {
    identity: { id: `git:${commit}`, version, commit, time },
    name: `${url} at ${commit.slice(0, 12)}`,
    notes: [],
    unpack: async (folder) => {
      const child = spawn(
        'git',
        ['-c', 'safe.directory=*', '-C', repository, 'archive', '--format=tar', commit],
        { stdio: ['ignore', 'pipe', 'ignore'], env: withoutGit(context.env) },
      )
      await unpackTar(tarEntries(child.stdout, url), url, folder, '', signal)
    },
  }

  async function resolveCommit(): Promise<string> {
    const isFull = ref !== undefined && /^[0-9a-f]{40}$/.test(ref)
    if (isFull && (await git('cat-file', '-e', `${ref}^{commit}`)).code === 0) return ref
    onNote?.(`fetching iPXE ${ref ?? 'HEAD'} from ${url}`)
    const fetched = await git('fetch', '--quiet', '--no-tags', '--depth=1', url, ref ?? 'HEAD')
    signal?.throwIfAborted()
    if (fetched.code === 0) {
      const { stdout } = await git('rev-parse', 'FETCH_HEAD^{commit}')
      if (/^[0-9a-f]{40}$/.test(stdout.trim())) return stdout.trim()
    }
    // an abbreviated commit, or a server that gives no single commits: all branches and tags
    if (isFull || /^[0-9a-f]{7,39}$/.test(ref ?? '')) {
      const all = await git('fetch', '--quiet', url, '+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*')
      const found = await git('rev-parse', '--verify', '--quiet', `${ref ?? ''}^{commit}`)
      if (found.code === 0) return found.stdout.trim()
      if (all.code !== 0) throw unreachable(url, all.stderr)
      throw unknownRef(ref ?? '', url, 'the repository has no such commit')
    }
    if (/couldn't find remote ref|not our ref/i.test(fetched.stderr))
      throw unknownRef(ref ?? 'HEAD', url, 'the repository has no such branch, tag or commit')
    throw unreachable(url, fetched.stderr)
  }
}

/** A hook of git that calls us would otherwise make us work on its repository. */
function withoutGit(env: SourceContext['env']): SourceContext['env'] {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^GIT_(?:DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|PREFIX)$/.test(name),
    ),
  )
}

function unknownRef(ref: string, url: string, why: string): IpxetoolError {
  return new IpxetoolError('unknown-ref', `there is no ${JSON.stringify(ref)} in ${url}: ${why}`, {
    hint: '--ref takes a tag such as v2.0.0, a branch such as master, or a commit',
  })
}

function unreachable(url: string, stderr: string): IpxetoolError {
  const said = stderr.trim().split('\n').at(-1) ?? ''
  return new IpxetoolError(
    'source-unreachable',
    `the source of iPXE cannot be fetched from ${url}: ${said}`,
    {
      hint: 'give --source with a clone or an archive that you have; what was fetched once is used again without network',
    },
  )
}
