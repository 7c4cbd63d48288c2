import assert from 'node:assert/strict'
import { walk } from '../catalog/walk.js'
import { type Built, build, withoutSources } from './built.js'

describe('the example, described instead of written', () => {
  let yaml: Built
  let typescript: Built

  before(async () => {
    yaml = await build('menus/example-yaml')
    typescript = await build('menus/example-ts')
  })

  it('has no problem in either spelling', () => {
    assert.deepEqual(yaml.problems, [])
    assert.deepEqual(typescript.problems, [])
  })

  it('is the same tree from YAML and from TypeScript, source comments apart', () => {
    assert.deepEqual([...typescript.files.keys()], [...yaml.files.keys()])
    for (const [path, bytes] of yaml.files) {
      // it holds the scripts, which are compared
      if (path === 'preview/play.html') continue
      assert.equal(withoutSources(typescript.files.get(path)!), withoutSources(bytes), path)
    }
    const scripts = [...yaml.files.keys()].filter((path) => path.endsWith('.ipxe'))
    assert.deepEqual(scripts.sort(), [
      'boot.ipxe',
      'machines/index.ipxe',
      'machines/node1.ipxe',
      'machines/node2.ipxe',
      'menus/coreos.ipxe',
      'menus/tools.ipxe',
    ])
  })

  it('says in each script where its lines come from', () => {
    const text = (built: Built): string => new TextDecoder().decode(built.files.get('menus/coreos.ipxe'))
    assert.match(text(yaml), /^# Written by ipxetool from ipxetool\.yaml: /m)
    assert.match(text(yaml), /^# Fedora CoreOS, live in memory \(ipxetool\.yaml:\d+:\d+\)$/m)
    assert.match(text(typescript), /^# Written by ipxetool from menus\/coreos\.ts: /m)
    assert.match(text(typescript), /^# Fedora CoreOS, live in memory \(menus\/coreos\.ts:\d+:\d+\)$/m)
  })

  for (const name of ['example-yaml', 'example-ts']) {
    it(`${name} gives the same bytes when it is built again`, async () => {
      const again = await build(`menus/${name}`)
      assert.deepEqual(again.files, (name === 'example-yaml' ? yaml : typescript).files)
    })
  }

  const uefi = { platform: 'efi', arch: 'x86_64' } as const
  const bios = { platform: 'pcbios', arch: 'x86_64' } as const
  const texts = (): Map<string, string> =>
    new Map([...yaml.files].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]))
  /** As a machine sees them that the project does not know. */
  const forStrangers = (): Map<string, string> => {
    const boot = texts()
      .get('boot.ipxe')!
      .replace(/^isset \$\{machine\} .*\n/m, '')
    return texts().set('boot.ipxe', boot)
  }

  it('boots the systems of menus/example with its arguments', () => {
    const tail = (...choices: string[]): string =>
      walk(forStrangers(), 'boot.ipxe', bios, choices).kernel!.tail
    const repo = 'http://mirror.stream.centos.org/9-stream/BaseOS/x86_64/os'
    assert.equal(
      tail('centos'),
      `initrd=initrd.img inst.text inst.repo=${repo}/ ip=dhcp console=tty0 console=ttyS0,115200`,
    )
    assert.match(tail('centos7'), /^initrd=initrd\.img text method=\S+\/ ip=dhcp ramdisk_size=8192 /)
    assert.match(tail('coreos', 'install'), / coreos\.inst\.install_dev=\/dev\/sda .*console=ttyS0,115200$/)
    const { url, how } = walk(forStrangers(), 'boot.ipxe', uefi, ['netbootxyz'])
    assert.deepEqual([how, url], ['chain', 'http://boot.netboot.xyz/ipxe/netboot.xyz.efi'])
  })

  it('shows the EFI entry on UEFI only', () => {
    const shown = (machine: typeof uefi | typeof bios): string[] =>
      walk(forStrangers(), 'boot.ipxe', machine, ['centos']).screens[0]!
    assert.ok(shown(uefi).includes('efi-loader'))
    assert.ok(!shown(bios).includes('efi-loader'))
  })

  it('gives a machine its own disk, and the console of its rack', () => {
    const own = texts().get('machines/node1.ipxe')!
    assert.match(own, /\ngoto live\n/)
    assert.match(own, /^set args .*coreos\.inst\.install_dev=\/dev\/nvme0n1 .*console=ttyS1,115200$/m)
    assert.match(texts().get('machines/node2.ipxe')!, /^set args .* console=ttyS1,115200$/m)
    assert.doesNotMatch(texts().get('boot.ipxe')!, /ttyS1/)
  })

  it('puts what the form asked for on the kernel command line', () => {
    const own = texts().get('menus/coreos.ipxe')!
    assert.match(own, /^isset \$\{hostname\} \|\| set hostname node$/m)
    assert.match(own, /^:named\n[^]*?^read hostname \|\| goto menu\n[^]*?^goto live$/m)
    assert.match(own, /^:live\nimgfree\nset args .* systemd\.hostname=\$\{hostname\} /m)
  })
})

describe('the projects in docs/menus.md', () => {
  for (const name of ['lab-yaml', 'lab-ts', 'machines']) {
    it(`${name} has no problem`, async () => {
      assert.deepEqual((await build(`docs/examples/${name}`)).problems, [])
    })
  }

  it('give the same tree from YAML and from TypeScript', async () => {
    const [yaml, typescript] = [await build('docs/examples/lab-yaml'), await build('docs/examples/lab-ts')]
    const shown = ({ files }: Built): [string, string][] =>
      [...files]
        .filter(([path]) => path !== 'preview/play.html')
        .map(([path, bytes]) => [path, withoutSources(bytes)])
    assert.deepEqual(shown(typescript), shown(yaml))
  })
})
