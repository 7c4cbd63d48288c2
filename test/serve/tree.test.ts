import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { IpxetoolError } from '../../src/diagnostics/error.js'
import { checkRoot, openInTree } from '../../src/serve/tree.js'
import { needs, Scratch, write } from './support.js'

describe('the served tree', () => {
  const scratch = new Scratch()
  afterEach(() => scratch.clean())

  /** What a name leads to: the content, or the refusal. */
  async function look(root: string, ...segments: string[]): Promise<string> {
    const opened = await openInTree(root, segments)
    if (!opened.ok) return `refused: ${opened.refusal}`
    try {
      return await opened.file.handle.readFile('utf8')
    } finally {
      await opened.file.handle.close()
    }
  }

  it('opens regular files, and knows them by their name in the tree', async () => {
    const root = await scratch.folder({ 'menus/main.ipxe': 'menu' })
    assert.equal(await look(root, 'menus', 'main.ipxe'), 'menu')
    const opened = await openInTree(root, ['menus', 'main.ipxe'])
    assert.ok(opened.ok)
    await opened.file.handle.close()
    assert.equal(opened.file.name, 'menus/main.ipxe')
    assert.equal(opened.file.size, 4)
  })

  it('refuses directories, missing files and files used as directories', async () => {
    const root = await scratch.folder({ 'menus/main.ipxe': 'menu' })
    assert.equal(await look(root), 'refused: directory')
    assert.equal(await look(root, 'menus'), 'refused: directory')
    assert.equal(await look(root, 'nothing'), 'refused: not-found')
    assert.equal(await look(root, 'menus', 'main.ipxe', 'x'), 'refused: not-found')
    assert.equal(await look(root, 'x'.repeat(300)), 'refused: not-found')
  })

  it('follows links inside the tree and no others', async () => {
    const outside = await scratch.folder({ secret: 'secret', 'folder/secret': 'secret' })
    const root = await scratch.folder({ 'a/real': 'content', '.hidden/key': 'key' })
    await symlink('a/real', join(root, 'inside'))
    await symlink(join(root, 'a'), join(root, 'b'))
    await symlink(join(outside, 'secret'), join(root, 'out'))
    await symlink(outside, join(root, 'outdir'))
    await symlink('../../../../../../../etc/passwd', join(root, 'passwd'))
    await symlink('loop', join(root, 'loop'))
    await symlink('.hidden/key', join(root, 'key'))
    assert.equal(await look(root, 'inside'), 'content')
    assert.equal(await look(root, 'b', 'real'), 'content')
    assert.equal(await look(root, 'out'), 'refused: outside')
    assert.equal(await look(root, 'outdir', 'folder', 'secret'), 'refused: outside')
    assert.equal(await look(root, 'passwd'), 'refused: outside')
    assert.equal(await look(root, 'loop'), 'refused: not-found')
    assert.equal(await look(root, 'key'), 'refused: hidden')
  })

  it('does not take a sibling whose name begins like the root for a part of it', async () => {
    const root = await scratch.folder({ file: 'x' })
    const sibling = `${root}-private`
    await mkdir(sibling)
    try {
      await writeFile(join(sibling, 'secret'), 'secret')
      await symlink(`../${basename(sibling)}/secret`, join(root, 'link'))
      assert.equal(await look(root, 'link'), 'refused: outside')
      // Should a caller ever hand dots on, they do not help either.
      assert.equal(await look(root, '..', basename(sibling), 'secret'), 'refused: outside')
    } finally {
      await rename(sibling, join(root, 'private'))
    }
  })

  it('refuses FIFOs and devices without waiting for them', async function () {
    needs(this, 'mkfifo', 'coreutils')
    const root = await scratch.folder({ file: 'x' })
    await execa('mkfifo', [join(root, 'fifo')])
    assert.equal(await look(root, 'fifo'), 'refused: special')
    assert.equal(await look('/dev', 'null'), 'refused: special')
  })

  it('serves a tree whose root is a link, also after the link has been switched', async () => {
    const parent = await scratch.folder({ 'one/boot.ipxe': '1', 'two/boot.ipxe': '2' })
    await symlink('one', join(parent, 'out'))
    assert.equal(await look(join(parent, 'out'), 'boot.ipxe'), '1')
    await symlink('two', join(parent, 'next'))
    await rename(join(parent, 'next'), join(parent, 'out'))
    assert.equal(await look(join(parent, 'out'), 'boot.ipxe'), '2')
  })

  it('keeps the version that was opened when a file is replaced by rename', async () => {
    const root = await scratch.folder({ file: 'old' })
    const opened = await openInTree(root, ['file'])
    assert.ok(opened.ok)
    await write(root, { next: 'new' })
    await rename(join(root, 'next'), join(root, 'file'))
    assert.equal(await opened.file.handle.readFile('utf8'), 'old')
    await opened.file.handle.close()
    assert.equal(await readFile(join(root, 'file'), 'utf8'), 'new')
  })

  it('names a file it may not read', async () => {
    const root = await scratch.folder({ file: 'x' })
    await chmod(root, 0o755)
    await chmod(join(root, 'file'), 0)
    // Root reads everything, so it steps down for the moment.
    const isRoot = process.geteuid?.() === 0
    if (isRoot) process.seteuid?.(65534)
    try {
      assert.equal(await look(root, 'file'), 'refused: forbidden')
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
  })

  it('must exist, be a folder and hold something', async () => {
    const root = await scratch.folder({ file: 'x' })
    await checkRoot(root)
    const refused = async (path: string): Promise<string> => {
      const error = await checkRoot(path).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      assert.ok(error instanceof IpxetoolError)
      assert.match(error.hint ?? '', /ipxetool build/)
      assert.ok(error.message.includes(path))
      return error.code
    }
    assert.equal(await refused(join(root, 'none')), 'tree-missing')
    assert.equal(await refused(join(root, 'file')), 'tree-not-a-directory')
    const empty = await scratch.folder()
    assert.equal(await refused(empty), 'tree-empty')
    await write(empty, { '.ipxetool/lock': '' })
    assert.equal(await refused(empty), 'tree-empty')
  })
})
