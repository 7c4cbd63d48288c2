import assert from 'node:assert/strict'
import { simulate, type FetchRequest } from '../../src/simulate/index.js'
import { bios, host, kernel, mac, run, says, uefi } from './support.js'

const files = {
  'http://10.0.0.1/menus/vmlinuz': kernel(100),
  'http://10.0.0.1/menus/initrd.img': 'cpio',
  'http://10.0.0.1/menus/key': 'k',
  'http://10.0.0.1/menus/b.ipxe': '#!ipxe\necho child ${cwuri}\nset from child\nexit ${code}',
  'http://10.0.0.1/menus/c.ipxe': '#!ipxe\necho replaced',
  'http://10.0.0.1/big': new Uint8Array(1_000_000),
}

describe('booting in the simulator', () => {
  it('ends with the kernel, its initrds and its command line', () => {
    for (const machine of [bios, uefi]) {
      const { ending, fetched } = run(
        'initrd initrd.img\ninitrd key /etc/key mode=600\nkernel vmlinuz a=${hostname} initrd=initrd.img\nboot\necho no',
        machine,
        host(files),
      )
      assert.ok(ending.kind === 'boot')
      assert.equal(ending.format, machine.platform === 'efi' ? 'efi' : 'linux')
      assert.deepEqual(ending.kernel, {
        name: 'vmlinuz',
        uri: 'http://10.0.0.1/menus/vmlinuz',
        size: 0x400,
        arguments: 'a=box initrd=initrd.img',
      })
      assert.deepEqual(
        ending.initrds.map(({ name, path }) => [name, path]),
        [
          ['initrd.img', undefined],
          ['key', '/etc/key'],
        ],
      )
      assert.deepEqual(ending.warnings, [])
      assert.deepEqual(
        fetched.map(({ ok }) => ok),
        [true, true, true],
      )
    }
  })

  it('says what speaks against the kernel', () => {
    const long = run(`kernel vmlinuz ${'x'.repeat(101)} initrd=none.img\nboot`, bios, host(files)).ending
    assert.ok(long.kind === 'boot')
    assert.match(
      long.warnings.join('\n'),
      /117 bytes, and this kernel reads 100[\s\S]*`initrd=none.img` names no image/,
    )
    const arm = run('kernel vmlinuz\nboot', { ...uefi, arch: 'arm64' }, host(files)).ending
    assert.ok(arm.kind === 'boot')
    assert.match(arm.warnings.join(), /the kernel is for x86_64, and the machine is arm64/)
  })

  it('nests, replaces and returns', () => {
    const nested = (code: string, line: string) => says(`set code ${code}\n${line}`, bios, host(files))
    assert.equal(
      nested('0', 'chain b.ipxe && echo ${from}'),
      'b.ipxe... ok\nchild http://10.0.0.1/menus/b.ipxe\nchild\n',
    )
    assert.match(
      nested('1', 'chain b.ipxe || echo failed'),
      /Could not boot: Error 0x00000001 \(https:\/\/ipxe.org\/00000001\)\nfailed\n$/,
    )
    assert.equal(nested('0', 'chain --replace c.ipxe\necho no'), 'c.ipxe... ok\nreplaced\n')
    assert.equal(nested('0', 'chain --autofree c.ipxe ; chain c.ipxe'), 'c.ipxe... ok\nreplaced\n'.repeat(2))
    assert.equal(nested('0', 'chain c.ipxe ; chain c.ipxe'), 'c.ipxe... ok\nreplaced\nreplaced\n')
  })

  it('knows what is executable where', () => {
    assert.match(says('kernel initrd.img', uefi, host(files)), /Could not select: Exec format error/)
    assert.match(says('kernel /big', bios, host(files)), /Could not select: Exec format error/)
    assert.match(
      says('kernel initrd.img && imgstat', bios, host(files)),
      /initrd.img : 4 bytes \[PXE-NBP\] \[SELECTED\]\n/,
    )
    assert.equal(says('boot && echo went on'), 'No image selected\nwent on\n')
  })

  it('has no network before dhcp', () => {
    const cold = { ...bios, booted: false }
    assert.match(says('imgfetch http://10.0.0.1/big', cold, host(files)), /Network unreachable/)
    const lease = { yiaddr: Uint8Array.of(10, 0, 0, 9), options: new Map() }
    const answering = host(files, { dhcp: ({ mac: from }) => (assert.deepEqual(from, mac), lease) })
    assert.equal(
      says('dhcp && imgfetch http://10.0.0.1/big && echo ${ip}', cold, answering),
      'Configuring (net0 52:54:00:12:34:56)...... ok\nhttp://10.0.0.1/big... ok\n10.0.0.9\n',
    )
    assert.match(says('dhcp || echo no', cold), /Connection timed out .*\nno\n$/)
  })

  it('sends a parameter list once', () => {
    const requests: FetchRequest[] = []
    const listening = host({}, { fetch: (request) => (requests.push(request), { data: new Uint8Array(1) }) })
    run(
      'params\nparam mac ${mac}\nparam --header X-A b\nimgfetch x##params\nimgfetch y##params',
      uefi,
      listening,
    )
    assert.deepEqual(
      requests.map(({ uri, method, body, headers }) => [uri, method, body, headers]),
      [
        ['http://10.0.0.1/menus/x', 'POST', 'mac=52%3A54%3A00%3A12%3A34%3A56', [['X-A', 'b']]],
        ['http://10.0.0.1/menus/y', 'GET', undefined, []],
      ],
    )
  })

  it('ends with reboot, poweroff, sanboot, and what it waits for', () => {
    const ending = (script: string) => run(script).ending
    assert.deepEqual(ending('reboot'), { kind: 'reboot' })
    assert.deepEqual(ending('sanboot --no-describe --drive 0x80'), {
      kind: 'sanboot',
      drive: 0x80,
      uris: [],
      filename: undefined,
    })
    assert.deepEqual(ending('prompt Press a key'), { kind: 'waiting', for: 'key', what: 'Press a key' })
    assert.deepEqual(ending('read x'), { kind: 'waiting', for: 'line', what: 'x' })
    assert.deepEqual(ending('shell'), { kind: 'shell' })
    assert.deepEqual(ending('menu T\nitem a A\nchoose x'), { kind: 'waiting', for: 'menu', what: 'T' })
    assert.deepEqual(ending('form F\nitem x X\npresent'), { kind: 'waiting', for: 'form', what: 'F' })
  })

  it('takes answers, at once or later', async () => {
    const script =
      'menu T\nitem a A\nitem b B\nchoose c && read l\nform F\nitem u/x X\npresent\necho ${c} ${l} ${u/x}\nshell\necho after'
    const lines = ['one', 'two', 'echo in the shell', 'exit 0']
    const report = await simulate({
      machine: bios,
      script: `#!ipxe\n${script}`,
      host: host(
        {},
        { menu: () => Promise.resolve({ pick: 'b' }), line: () => Promise.resolve({ line: lines.shift()! }) },
      ),
    })
    assert.equal(
      report.output,
      'one\nb one two\niPXE> echo in the shell\nin the shell\niPXE> exit 0\nafter\n',
    )
    assert.deepEqual(
      report.menus.map(({ title, picked }) => [title, picked]),
      [['T', 'b']],
    )
  })
})
